# Every library that Clickmill stands on, found once. All are packages of Debian 12 but librdkafka,
# which script/librdkafka builds.
find_package(PkgConfig REQUIRED)
find_package(Threads REQUIRED)
find_package(Boost 1.81 REQUIRED)
find_package(fmt REQUIRED)
find_package(simdjson REQUIRED)
find_package(OpenSSL REQUIRED)
find_package(ZLIB REQUIRED)
find_package(SQLite3 REQUIRED)
find_package(date REQUIRED)
find_package(CLI11 REQUIRED)
find_package(CURL 7.84 REQUIRED)
find_library(CSV_LIBRARY csv REQUIRED)  # libcsv says nothing to pkg-config
pkg_check_modules(ZSTD REQUIRED IMPORTED_TARGET libzstd)
pkg_check_modules(XXHASH REQUIRED IMPORTED_TARGET libxxhash)
pkg_check_modules(PQ REQUIRED IMPORTED_TARGET libpq)
find_package(pugixml REQUIRED)
pkg_check_modules(RE2 REQUIRED IMPORTED_TARGET re2)
pkg_check_modules(MAXMINDDB REQUIRED IMPORTED_TARGET libmaxminddb)
pkg_check_modules(TOMLPLUSPLUS REQUIRED IMPORTED_TARGET tomlplusplus)
set(CLICKMILL_LIBRDKAFKA ${PROJECT_SOURCE_DIR}/build/tools/librdkafka CACHE PATH
    "where librdkafka 2.15 or newer is, as a static library")
if(NOT EXISTS ${CLICKMILL_LIBRDKAFKA}/lib/librdkafka.a)
    message(FATAL_ERROR "no librdkafka in ${CLICKMILL_LIBRDKAFKA}: run script/librdkafka")
endif()
add_library(librdkafka STATIC IMPORTED)
set_target_properties(librdkafka PROPERTIES
    IMPORTED_LOCATION ${CLICKMILL_LIBRDKAFKA}/lib/librdkafka.a
    INTERFACE_INCLUDE_DIRECTORIES ${CLICKMILL_LIBRDKAFKA}/include)
target_link_libraries(librdkafka INTERFACE OpenSSL::SSL OpenSSL::Crypto ZLIB::ZLIB PkgConfig::ZSTD
                      Threads::Threads m dl rt)
if(CLICKMILL_TESTS)
    find_package(GTest REQUIRED)
endif()
if(CLICKMILL_BENCHMARKS)
    find_package(benchmark REQUIRED)
endif()
set(CLICKMILL_DUCKDB ${PROJECT_SOURCE_DIR}/build/tools/duckdb/libduckdb.so CACHE FILEPATH
    "DuckDB's library, loaded when the archive is used")
if(NOT EXISTS ${CLICKMILL_DUCKDB})
    message(FATAL_ERROR "no DuckDB in ${CLICKMILL_DUCKDB}: run script/duckdb")
endif()
