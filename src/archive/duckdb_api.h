// The part of DuckDB's C interface that we use, found in its library when it is first needed, so
// that Clickmill builds and serves without it. Source: DuckDB 1.5, duckdb.h; version 1 of the C
// interface stays as it is (duckdb.org/docs/stable/clients/c/overview).
#pragma once

#include "base/result.h"

#include <cstdint>
#include <string>
#include <type_traits>

namespace clickmill::archive::duckdb {

// What DuckDB's functions hand out; only it knows what is in them.
using Database = struct OpaqueDatabase*;
using Connection = struct OpaqueConnection*;
using Config = struct OpaqueConfig*;
using Statements = struct OpaqueStatements*;
using Prepared = struct OpaquePrepared*;
using Pending = struct OpaquePending*;
using Chunk = struct OpaqueChunk*;
using Vector = struct OpaqueVector*;
using LogicalType = struct OpaqueLogicalType*;
using TableFunction = struct OpaqueTableFunction*;
using BindInfo = struct OpaqueBindInfo*;
using InitInfo = struct OpaqueInitInfo*;
using CallInfo = struct OpaqueCallInfo*;
using Delete = void (*)(void*);

// The answer to a statement; passed by value.
struct Answer {
    uint64_t unused[3];
    void* unused_columns;
    char* unused_error;
    void* internal;
};

// A text in a vector: up to 12 bytes lie in it, of longer ones the first four and a pointer.
struct StringCell {
    uint32_t length;
    char start[4];
    union {
        char rest[8];
        const char* bytes;
    };
};

// The texts that a row's map has, in the vectors below.
struct ListEntry {
    uint64_t offset;
    uint64_t length;
};

struct Progress {
    double percentage;  // below 0: nobody knows
    uint64_t rows_done;
    uint64_t rows_in_all;
};

enum class Type : int32_t {
    Boolean = 1,
    Integer = 4,
    BigInt = 5,
    Varchar = 17,
    Blob = 18,
    Map = 26,
    TimestampTz = 31,
};

inline constexpr int32_t kSuccess = 0;          // what functions return that can fail
inline constexpr int32_t kSelectStatement = 1;  // a kind of statement

// name, result and parameters; duckdb_NAME in the library.
#define CLICKMILL_DUCKDB_FUNCTIONS(X)                                                      \
    X(library_version, const char*())                                                      \
    X(open_ext, int32_t(const char* path, Database*, Config, char** error))                \
    X(close, void(Database*))                                                              \
    X(connect, int32_t(Database, Connection*))                                             \
    X(disconnect, void(Connection*))                                                       \
    X(interrupt, void(Connection))                                                         \
    X(query_progress, Progress(Connection))                                                \
    X(create_config, int32_t(Config*))                                                     \
    X(set_config, int32_t(Config, const char* name, const char* value))                    \
    X(destroy_config, void(Config*))                                                       \
    X(free, void(void*))                                                                   \
    X(extract_statements, uint64_t(Connection, const char* sql, Statements*))              \
    X(extract_statements_error, const char*(Statements))                                   \
    X(prepare_extracted_statement, int32_t(Connection, Statements, uint64_t, Prepared*))   \
    X(destroy_extracted, void(Statements*))                                                \
    X(prepare_error, const char*(Prepared))                                                \
    X(prepared_statement_type, int32_t(Prepared))                                          \
    X(destroy_prepare, void(Prepared*))                                                    \
    X(pending_prepared_streaming, int32_t(Prepared, Pending*))                             \
    X(pending_error, const char*(Pending))                                                 \
    X(execute_pending, int32_t(Pending, Answer*))                                          \
    X(destroy_pending, void(Pending*))                                                     \
    X(result_error, const char*(Answer*))                                                  \
    X(destroy_result, void(Answer*))                                                       \
    X(column_count, uint64_t(Answer*))                                                     \
    X(column_name, const char*(Answer*, uint64_t column))                                  \
    X(fetch_chunk, Chunk(Answer))                                                          \
    X(destroy_data_chunk, void(Chunk*))                                                    \
    X(data_chunk_get_size, uint64_t(Chunk))                                                \
    X(data_chunk_set_size, void(Chunk, uint64_t rows))                                     \
    X(data_chunk_get_vector, Vector(Chunk, uint64_t column))                               \
    X(vector_size, uint64_t())                                                             \
    X(vector_get_data, void*(Vector))                                                      \
    X(vector_get_validity, uint64_t*(Vector))                                              \
    X(vector_ensure_validity_writable, void(Vector))                                       \
    X(vector_assign_string_element_len, void(Vector, uint64_t row, const char*, uint64_t)) \
    X(list_vector_get_child, Vector(Vector))                                               \
    X(list_vector_get_size, uint64_t(Vector))                                              \
    X(list_vector_set_size, int32_t(Vector, uint64_t))                                     \
    X(list_vector_reserve, int32_t(Vector, uint64_t))                                      \
    X(struct_vector_get_child, Vector(Vector, uint64_t))                                   \
    X(create_logical_type, LogicalType(Type))                                              \
    X(create_map_type, LogicalType(LogicalType key, LogicalType value))                    \
    X(destroy_logical_type, void(LogicalType*))                                            \
    X(create_table_function, TableFunction())                                              \
    X(destroy_table_function, void(TableFunction*))                                        \
    X(table_function_set_name, void(TableFunction, const char*))                           \
    X(table_function_set_extra_info, void(TableFunction, void*, Delete))                   \
    X(table_function_set_bind, void(TableFunction, void (*)(BindInfo)))                    \
    X(table_function_set_init, void(TableFunction, void (*)(InitInfo)))                    \
    X(table_function_set_function, void(TableFunction, void (*)(CallInfo, Chunk)))         \
    X(register_table_function, int32_t(Connection, TableFunction))                         \
    X(bind_get_extra_info, void*(BindInfo))                                                \
    X(bind_add_result_column, void(BindInfo, const char* name, LogicalType))               \
    X(init_get_extra_info, void*(InitInfo))                                                \
    X(init_set_init_data, void(InitInfo, void*, Delete))                                   \
    X(init_set_max_threads, void(InitInfo, uint64_t))                                      \
    X(init_set_error, void(InitInfo, const char*))                                         \
    X(function_get_init_data, void*(CallInfo))                                             \
    X(function_set_error, void(CallInfo, const char*))

struct Api {
#define CLICKMILL_DECLARE(name, ...) std::add_pointer_t<__VA_ARGS__> name = nullptr;
    CLICKMILL_DUCKDB_FUNCTIONS(CLICKMILL_DECLARE)
#undef CLICKMILL_DECLARE
};

// Loads the library, once for the life of the process; whoever asks later gets the same. `path`: of
// libduckdb.so; empty: beside the program, in ../lib/clickmill from there, or where the system
// looks for libraries. Unavailable: it is not there, or is another version; says where was looked.
Result<void> load(const std::string& path);

// What was loaded. Only after load() has succeeded.
const Api& api();

}  // namespace clickmill::archive::duckdb
