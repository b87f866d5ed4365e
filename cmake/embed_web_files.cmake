# Writes TABLE: a source file that holds every one of FILES and its gzipped form (see embed_web.cmake).
# The bytes come in by the assembler's .incbin: instant, where an array of numbers takes a minute to compile.
set(symbols "")
set(rows "")
set(number 0)
file(MAKE_DIRECTORY ${FOLDER})
foreach(file IN LISTS FILES)
    string(REPLACE "${SOURCE}/web/dashboard/dist/" "/" path "${file}")
    string(REPLACE "${SOURCE}/web/demo/dist/" "/demo/" path "${path}")
    string(REPLACE "${SOURCE}/web/sdk/dist/clickmill.global.js" "/sdk.js" path "${path}")
    set(packed ${FOLDER}/${number}.gz)
    file(ARCHIVE_CREATE OUTPUT ${packed} PATHS ${file} FORMAT raw COMPRESSION GZip COMPRESSION_LEVEL 9)
    foreach(form plain packed)
        set(bytes ${file})
        if(form STREQUAL packed)
            set(bytes ${packed})
        endif()
        set(symbol clickmill_web_${number}_${form})
        string(APPEND symbols "asm(\".pushsection .rodata\\n.global ${symbol}\\n${symbol}:\\n.incbin \\\"${bytes}\\\"\\n\"\n"
                              "    \".global ${symbol}_end\\n${symbol}_end:\\n.byte 0\\n.popsection\\n\");\n"
                              "extern \"C\" const char ${symbol}[];\nextern \"C\" const char ${symbol}_end[];\n")
    endforeach()
    set(symbol clickmill_web_${number})
    string(APPEND rows "        {\"${path}\", {${symbol}_plain, ${symbol}_plain_end}, "
                       "{${symbol}_packed, ${symbol}_packed_end}},\n")
    math(EXPR number "${number} + 1")
endforeach()
file(WRITE ${TABLE} "// Made by cmake/embed_web_files.cmake.
#include \"server/web_files.h\"

${symbols}
namespace clickmill::server {

const std::vector<WebFile>& embedded_web_files() {
    static const std::vector<WebFile> kFiles = {
${rows}    };
    return kFiles;
}

}  // namespace clickmill::server
")
