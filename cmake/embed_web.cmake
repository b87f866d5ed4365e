# clickmill_embed_web(TARGET): puts the built web pages into the library TARGET, as they are and gzipped.
#
# What is not built yet is left out; the program then says how to build it. Looked at again at every build.
function(clickmill_embed_web TARGET)
    file(GLOB_RECURSE files CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/web/dashboard/dist/*
         ${PROJECT_SOURCE_DIR}/web/demo/dist/* ${PROJECT_SOURCE_DIR}/web/sdk/dist/clickmill.global.js)
    list(FILTER files EXCLUDE REGEX "\\.map$")
    set(table ${CMAKE_CURRENT_BINARY_DIR}/web_files.cc)
    set(script ${PROJECT_SOURCE_DIR}/cmake/embed_web_files.cmake)
    add_custom_command(
        OUTPUT ${table}
        COMMAND ${CMAKE_COMMAND} "-DFILES=${files}" -DSOURCE=${PROJECT_SOURCE_DIR}
                -DFOLDER=${CMAKE_CURRENT_BINARY_DIR}/web_files -DTABLE=${table} -P ${script}
        DEPENDS ${files} ${script}
        COMMENT "Embedding the web pages"
        VERBATIM)
    # A library of its own: else every file of TARGET would wait for the pages.
    add_library(clickmill_web_files STATIC ${table})
    target_include_directories(clickmill_web_files PRIVATE ${PROJECT_SOURCE_DIR}/src)
    target_link_libraries(${TARGET} PUBLIC clickmill_web_files)
endfunction()
