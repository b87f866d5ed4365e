# Warnings, sanitizers, coverage and the compiler cache: the same for every target.
find_program(CCACHE ccache)
if(CCACHE)
    set(CMAKE_C_COMPILER_LAUNCHER ${CCACHE})
    set(CMAKE_CXX_COMPILER_LAUNCHER ${CCACHE})
endif()

add_compile_options(-Wall -Wextra -Wpedantic -Wshadow -Wnon-virtual-dtor -Wold-style-cast
                    -Woverloaded-virtual -Wnull-dereference -Wno-missing-field-initializers -Werror)
if(CMAKE_CXX_COMPILER_ID STREQUAL "Clang")
    add_compile_options(-Wthread-safety)
else()
    # GCC 12 reports these inside its own <string> and <vector> when optimising; clang-tidy covers them.
    add_compile_options(-Wno-restrict -Wno-stringop-overflow -Wno-array-bounds -Wno-maybe-uninitialized
                        -Wno-null-dereference -Wno-stringop-overread)
endif()

if(CLICKMILL_SANITIZE)
    add_compile_options(-fsanitize=${CLICKMILL_SANITIZE} -fno-omit-frame-pointer
                        -fno-sanitize-recover=all)
    if(CLICKMILL_SANITIZE MATCHES "address,undefined")
        # AddressSanitizer sees these too, when it happens; the checks before each use are a third of the build's time.
        add_compile_options(-fno-sanitize=null,object-size,vptr)
    endif()
    add_link_options(-fsanitize=${CLICKMILL_SANITIZE})
endif()
if(CLICKMILL_COVERAGE)
    add_compile_options(--coverage -fprofile-update=atomic)
    add_link_options(--coverage)
endif()
