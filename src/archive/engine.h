// DuckDB as we use it: a database in memory that reads and writes Parquet files and answers SQL. It
// reaches no file but those it is shown, loads no extension and speaks to no network.
#pragma once

#include "archive/answer_rows.h"
#include "base/result.h"

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace clickmill::archive {

namespace duckdb {
struct Api;
}

enum class ColumnType { Bool, Int32, Int64, Moment, Text, Bytes, TextMap };

struct Column {
    const char* name;
    ColumnType type;
    const char* meaning = "";  // for people
};

// As SQL calls it: "BIGINT".
std::string_view name_of(ColumnType type);

// The next rows of a source, as DuckDB takes them: a few thousand at once. A cell that is not set
// is NULL.
class RowChunk {
public:
    virtual ~RowChunk() = default;
    virtual size_t capacity() const = 0;  // rows
    virtual void set(size_t row, size_t column, bool value) = 0;
    virtual void set(size_t row, size_t column, int32_t value) = 0;
    virtual void set(size_t row, size_t column, int64_t value) = 0;  // Moment: microseconds
    virtual void set(size_t row, size_t column, std::string_view value) = 0;
    // Of one row after the other.
    virtual void set(size_t row, size_t column,
                     std::span<const std::pair<std::string_view, std::string_view>> value) = 0;
};

// Rows that are made while DuckDB asks for them. One thread at a time.
class RowSource {
public:
    virtual ~RowSource() = default;
    // How many rows were set; 0: no more.
    virtual Result<size_t> fill(RowChunk& chunk) = 0;
};

struct EngineOptions {
    std::string library;  // libduckdb.so; empty: where it is usually found
    int64_t memory_mib = 256;
    int threads = 1;
    std::string scratch_folder;        // what memory does not hold goes there; empty: fails instead
    std::vector<std::string> folders;  // readable and writable, with what is below them
    std::vector<std::string> files;    // the same for single ones, whether they are there or not
};

// One thread; interrupt() and progress() any.
class Engine {
public:
    // Unavailable: there is no library.
    static Result<std::unique_ptr<Engine>> open(const EngineOptions& options);
    virtual ~Engine() = default;

    // `name()` in SQL is a table of these columns; each use makes a source. An error of it is the
    // statement's.
    using MakeSource = std::function<Result<std::unique_ptr<RowSource>>()>;
    virtual Result<void> add_table(const std::string& name, std::span<const Column> columns,
                                   MakeSource make) = 0;

    // One statement of any kind.
    virtual Result<void> run(const std::string& sql) = 0;
    // One SELECT: first the columns' names, when somebody wants them, then each row as texts, where
    // nullopt is NULL. Either may stop it with its error.
    using Cells = std::vector<std::optional<std::string_view>>;
    using OnRow = std::function<Result<void>(const Cells&)>;
    using OnNames = std::function<Result<void>(const std::vector<std::string>&)>;
    virtual Result<void> ask(const std::string& sql, const OnRow& on_row,
                             const OnNames& on_names = {}) = 0;
    // One SELECT whose columns are these, for whoever reads many rows: in their order, some at
    // once.
    using OnRows = std::function<Result<void>(size_t rows, std::span<const AnswerColumn>)>;
    virtual Result<void> scan(const std::string& sql, std::span<const Column> columns,
                              const OnRows& on_rows) = 0;
    // InvalidInput: `sql` is not one statement that only reads.
    virtual Result<void> require_question(const std::string& sql) = 0;

    // The statement that runs ends with an error.
    virtual void interrupt() = 0;
    // Of the statement that runs, 0 to 1; below 0: nobody knows.
    virtual double progress() = 0;
};

// The one number that `sql` asks for; 0 where it is NULL.
Result<int64_t> ask_number(Engine& engine, const std::string& sql);

// For use within another statement: a question may end with a semicolon, and with a comment.
std::string without_semicolon(std::string sql);

// As a text literal of SQL.
std::string literal_of(std::string_view text);

}  // namespace clickmill::archive
