// The adapter of SQLite: connections, statements and transactions that speak Result. Used by the
// embedded event log, the SQLite metrics store and the control store. Source of the settings:
// sqlite.org/wal.html.
#pragma once

#include "base/result.h"

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

struct sqlite3;
struct sqlite3_stmt;

namespace clickmill::sqlite {

// One prepared statement. One thread at a time. Bind by index from 1; texts and blobs are copied.
class Statement {
public:
    Statement(Statement&&) noexcept;
    Statement& operator=(Statement&&) noexcept;
    ~Statement();

    Statement& bind(int index, int64_t number);
    Statement& bind(int index, std::string_view text);
    Statement& bind_blob(int index, std::string_view bytes);
    Statement& bind_null(int index);

    // Goes to the next row: true while there is one. After false the statement is reset.
    Result<bool> step();
    // For statements without rows: steps to the end and resets.
    Result<void> run();
    // Back to before the first row; bindings stay.
    void reset();

    int64_t integer(int column) const;        // 0 for NULL
    std::string_view text(int column) const;  // valid until the next step
    std::string_view blob(int column) const;  // valid until the next step
    bool is_null(int column) const;

private:
    friend class Connection;
    explicit Statement(sqlite3_stmt* statement) : statement_(statement) {}
    sqlite3_stmt* statement_;
};

struct OpenOptions {
    std::string path;
    bool read_only = false;
    std::string vfs;  // empty: SQLite's default; tests name their own
    std::chrono::milliseconds busy_timeout{5000};
    int64_t mmap_bytes = 0;
    int cache_kib = 2048;
    bool automatic_checkpoint = true;
};

// Pages of the write-ahead log at which it is copied into the database file.
struct CheckpointLimits {
    int64_t passive_pages = 4096;   // 16 MiB: from here on, beside the writer
    int64_t restart_pages = 32768;  // 128 MiB: from here on the writer may wait for the rest
    // 512 MiB: between two of its transactions the writer copies by itself. Who has long ones, one
    // after the other, leaves no room for a restart beside them.
    int64_t writer_pages = 131072;
};

// One connection. One thread at a time. Opened in WAL mode with synchronous=FULL, both read back:
// Unavailable if SQLite did not take them. Corrupt if the file is not a readable database.
class Connection {
public:
    static Result<Connection> open(const OpenOptions& options);
    Connection(Connection&&) noexcept;
    Connection& operator=(Connection&&) noexcept;
    ~Connection();

    Result<Statement> prepare(std::string_view sql);
    // Runs one or more statements that take no parameters and give no rows that matter.
    Result<void> execute(const std::string& sql);
    // The first column of the first row; 0 where there is none.
    Result<int64_t> number(const std::string& sql);
    bool is_in_transaction() const;
    int64_t changes() const;  // rows changed by the last statement
    // After each commit here `pages`, which outlives the connection, is the length of the
    // write-ahead log.
    void count_wal_pages(int64_t& pages);
    // Copies the write-ahead log, `pages` long, into the file: beside others, and when it is long
    // waits until it can begin anew, as long as busy_timeout. Who is in the way is no error: the
    // next one copies the same pages. Source: sqlite.org/wal.html, "Avoiding Excessively Large WAL
    // Files".
    Result<void> checkpoint(int64_t pages, const CheckpointLimits& limits);
    // A copy of the database in one moment, as a file of its own that was not there. Whoever writes
    // meanwhile is not held up; their write-ahead log grows until it is done.
    Result<void> copy_to(const std::string& path);
    // How long a statement waits for others that hold a lock.
    void wait_for_locks(std::chrono::milliseconds patience);
    // To be asked before the file is renamed under an open connection: closing then neither copies
    // the write-ahead log nor deletes files by their names, which are another database's by then.
    void leave_files_alone();
    sqlite3* handle() const { return database_; }

private:
    explicit Connection(sqlite3* database) : database_(database) {}
    sqlite3* database_;
};

// BEGIN ... COMMIT; rolls back when it goes without commit().
class Transaction {
public:
    // `immediate` takes the write lock at once; else it is a read snapshot until something is
    // written.
    static Result<Transaction> begin(Connection& connection, bool immediate = true);
    Transaction(Transaction&&) noexcept;
    Transaction& operator=(Transaction&&) = delete;
    ~Transaction();
    Result<void> commit();

private:
    explicit Transaction(Connection& connection) : connection_(&connection) {}
    Connection* connection_;
};

// What SQLite said on `database`, as an Error: FULL, BUSY and IOERR are Unavailable, CORRUPT and
// NOTADB Corrupt, the rest Internal.
Error error_of(sqlite3* database, std::string what);

}  // namespace clickmill::sqlite
