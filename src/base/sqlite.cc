#include "base/sqlite.h"

#include "base/check.h"

#include <fmt/core.h>
#include <sqlite3.h>

#include <chrono>
#include <thread>
#include <utility>

namespace clickmill::sqlite {
namespace {

ErrorCode code_of(int result) {
    switch (result & 0xff) {
        case SQLITE_FULL:
        case SQLITE_BUSY:
        case SQLITE_LOCKED:
        case SQLITE_IOERR:
        case SQLITE_READONLY:
        case SQLITE_CANTOPEN:
        case SQLITE_PROTOCOL:
        case SQLITE_NOMEM:
            return ErrorCode::Unavailable;
        case SQLITE_CORRUPT:
        case SQLITE_NOTADB:
            return ErrorCode::Corrupt;
        case SQLITE_TOOBIG:
            return ErrorCode::TooMuch;
        case SQLITE_CONSTRAINT:
            return ErrorCode::Conflict;
        default:
            return ErrorCode::Internal;
    }
}

Result<void> require_pragma(Connection& connection, const std::string& pragma,
                            const std::string& wanted) {
    ASSIGN_OR_RETURN(Statement statement, connection.prepare("PRAGMA " + pragma));
    ASSIGN_OR_RETURN(const bool has_row, statement.step());
    const std::string got{has_row ? statement.text(0) : ""};
    if (got == wanted) return {};
    return fail(
        ErrorCode::Unavailable, "cannot open database safely", "PRAGMA " + pragma,
        fmt::format("SQLite says '{}' where '{}' is needed; use a local file system", got, wanted));
}

// A new file becomes one with a write-ahead log. Who writes it meanwhile is in the way, and SQLite
// then says BUSY without having waited: it reads the file already, and two readers that both want
// to write would wait for each other. So the waiting is done here, where nothing is held.
Result<void> turn_on_wal(Connection& connection, std::chrono::milliseconds patience) {
    constexpr std::chrono::milliseconds kPause{5};
    const auto deadline = std::chrono::steady_clock::now() + patience;
    const auto is_busy = [&] {
        return (sqlite3_exec(connection.handle(), "PRAGMA journal_mode=WAL", nullptr, nullptr,
                             nullptr) &
                0xff) == SQLITE_BUSY;
    };
    while (is_busy() && std::chrono::steady_clock::now() < deadline)
        std::this_thread::sleep_for(kPause);
    return require_pragma(connection, "journal_mode=WAL", "wal");
}

}  // namespace

Error error_of(sqlite3* database, std::string what) {
    const int result = database ? sqlite3_extended_errcode(database) : SQLITE_NOMEM;
    const char* path = database ? sqlite3_db_filename(database, "main") : nullptr;
    return Error{code_of(result), std::move(what), path ? path : "",
                 fmt::format("{} (SQLite code {})",
                             database ? sqlite3_errmsg(database) : "out of memory", result)};
}

Statement::Statement(Statement&& other) noexcept
    : statement_(std::exchange(other.statement_, nullptr)) {}
Statement& Statement::operator=(Statement&& other) noexcept {
    std::swap(statement_, other.statement_);
    return *this;
}
Statement::~Statement() {
    sqlite3_finalize(statement_);
}

// A bind fails only for a wrong index, a statement that was not reset or no memory: our own
// mistakes.
Statement& Statement::bind(int index, int64_t number) {
    CHECK(sqlite3_bind_int64(statement_, index, number) == SQLITE_OK);
    return *this;
}

Statement& Statement::bind(int index, std::string_view text) {
    const char* data = text.data() ? text.data() : "";
    CHECK(sqlite3_bind_text64(statement_, index, data, text.size(), SQLITE_TRANSIENT,
                              SQLITE_UTF8) == SQLITE_OK);
    return *this;
}

Statement& Statement::bind_blob(int index, std::string_view bytes) {
    const char* data = bytes.data() ? bytes.data() : "";
    CHECK(sqlite3_bind_blob64(statement_, index, data, bytes.size(), SQLITE_TRANSIENT) ==
          SQLITE_OK);
    return *this;
}

Statement& Statement::bind_null(int index) {
    CHECK(sqlite3_bind_null(statement_, index) == SQLITE_OK);
    return *this;
}

Result<bool> Statement::step() {
    const int result = sqlite3_step(statement_);
    if (result == SQLITE_ROW) return true;
    if (result == SQLITE_DONE) {
        sqlite3_reset(statement_);
        return false;
    }
    Error error = error_of(sqlite3_db_handle(statement_), "database statement failed");
    sqlite3_reset(statement_);
    return std::unexpected(std::move(error));
}

Result<void> Statement::run() {
    for (;;) {
        ASSIGN_OR_RETURN(const bool has_row, step());
        if (!has_row) return {};
    }
}

void Statement::reset() {
    sqlite3_reset(statement_);
}

int64_t Statement::integer(int column) const {
    return sqlite3_column_int64(statement_, column);
}
std::string_view Statement::text(int column) const {
    const auto* data = reinterpret_cast<const char*>(sqlite3_column_text(statement_, column));
    return data ? std::string_view(data,
                                   static_cast<size_t>(sqlite3_column_bytes(statement_, column)))
                : std::string_view();
}

std::string_view Statement::blob(int column) const {
    const auto* data = static_cast<const char*>(sqlite3_column_blob(statement_, column));
    return data ? std::string_view(data,
                                   static_cast<size_t>(sqlite3_column_bytes(statement_, column)))
                : std::string_view();
}

bool Statement::is_null(int column) const {
    return sqlite3_column_type(statement_, column) == SQLITE_NULL;
}

Result<Connection> Connection::open(const OpenOptions& options) {
    // Statistics of memory cost a lock, shared by all threads, at each allocation. Whoever used
    // SQLite before us keeps them: no harm.
    [[maybe_unused]] static const int kIgnored = sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0);
    sqlite3* database = nullptr;
    const int flags =
        (options.read_only ? SQLITE_OPEN_READONLY : SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE) |
        SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE;
    const int opened = sqlite3_open_v2(options.path.c_str(), &database, flags,
                                       options.vfs.empty() ? nullptr : options.vfs.c_str());
    Connection connection(database);
    if (opened != SQLITE_OK) {
        Error error = error_of(database, "cannot open database");
        error.where = options.path;
        return std::unexpected(std::move(error));
    }
    sqlite3_busy_timeout(database, static_cast<int>(options.busy_timeout.count()));
    if (!options.read_only) RETURN_IF_ERROR(turn_on_wal(connection, options.busy_timeout));
    RETURN_IF_ERROR(connection.execute(fmt::format(
        "PRAGMA synchronous=FULL; PRAGMA foreign_keys=ON; PRAGMA mmap_size={}; PRAGMA "
        "cache_size=-{}; "
        "PRAGMA wal_autocheckpoint={}; PRAGMA trusted_schema=OFF;",
        options.mmap_bytes, options.cache_kib, options.automatic_checkpoint ? 1000 : 0)));
    RETURN_IF_ERROR(require_pragma(connection, "synchronous", "2"));
    return connection;
}

Connection::Connection(Connection&& other) noexcept
    : database_(std::exchange(other.database_, nullptr)) {}
Connection& Connection::operator=(Connection&& other) noexcept {
    std::swap(database_, other.database_);
    return *this;
}
Connection::~Connection() {
    sqlite3_close_v2(database_);
}

void Connection::count_wal_pages(int64_t& pages) {
    const auto remember = [](void* counted, sqlite3*, const char*, int count) {
        *static_cast<int64_t*>(counted) = count;
        return SQLITE_OK;
    };
    sqlite3_wal_hook(database_, remember, &pages);
}

Result<void> Connection::checkpoint(int64_t pages, const CheckpointLimits& limits) {
    const auto run = [this](int mode) {
        return sqlite3_wal_checkpoint_v2(database_, nullptr, mode, nullptr, nullptr);
    };
    int result = run(SQLITE_CHECKPOINT_PASSIVE);
    // The passive one has done nearly all, so the writer waits for little.
    if (result == SQLITE_OK && pages >= limits.restart_pages)
        result = run(SQLITE_CHECKPOINT_RESTART);
    if (result == SQLITE_OK || (result & 0xff) == SQLITE_BUSY) return {};
    return std::unexpected(error_of(database_, "cannot checkpoint"));
}

Result<Statement> Connection::prepare(std::string_view sql) {
    sqlite3_stmt* statement = nullptr;
    const int result = sqlite3_prepare_v3(database_, sql.data(), static_cast<int>(sql.size()),
                                          SQLITE_PREPARE_PERSISTENT, &statement, nullptr);
    if (result != SQLITE_OK) {
        Error error = error_of(database_, "cannot prepare statement");
        error.why += fmt::format(" in: {}", sql);
        return std::unexpected(std::move(error));
    }
    return Statement(statement);
}

Result<void> Connection::execute(const std::string& sql) {
    if (sqlite3_exec(database_, sql.c_str(), nullptr, nullptr, nullptr) == SQLITE_OK) return {};
    return std::unexpected(error_of(database_, "database statement failed"));
}

Result<void> Connection::copy_to(const std::string& path) {
    sqlite3* made = nullptr;
    const int opened = sqlite3_open_v2(
        path.c_str(), &made,
        SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE,
        nullptr);
    Connection copy(made);
    if (opened != SQLITE_OK) return std::unexpected(error_of(made, "cannot make a copy"));
    sqlite3_backup* backup = sqlite3_backup_init(made, "main", database_, "main");
    if (backup) sqlite3_backup_step(backup, -1);
    if (backup && sqlite3_backup_finish(backup) == SQLITE_OK) return {};
    return std::unexpected(error_of(made, "cannot copy the database"));
}

Result<int64_t> Connection::number(const std::string& sql) {
    ASSIGN_OR_RETURN(Statement statement, prepare(sql));
    ASSIGN_OR_RETURN(const bool has_row, statement.step());
    return has_row ? statement.integer(0) : 0;
}

bool Connection::is_in_transaction() const {
    return sqlite3_get_autocommit(database_) == 0;
}

int64_t Connection::changes() const {
    return sqlite3_changes64(database_);
}

void Connection::wait_for_locks(std::chrono::milliseconds patience) {
    sqlite3_busy_timeout(database_, static_cast<int>(patience.count()));
}

void Connection::leave_files_alone() {
    int keep = 1;
    sqlite3_file_control(database_, "main", SQLITE_FCNTL_PERSIST_WAL, &keep);
    sqlite3_db_config(database_, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, nullptr);
}

Result<Transaction> Transaction::begin(Connection& connection, bool immediate) {
    RETURN_IF_ERROR(connection.execute(immediate ? "BEGIN IMMEDIATE" : "BEGIN"));
    return Transaction(connection);
}

Transaction::Transaction(Transaction&& other) noexcept
    : connection_(std::exchange(other.connection_, nullptr)) {}

Transaction::~Transaction() {
    // SQLite may have rolled back by itself (full disk); a second rollback is then a harmless
    // error.
    if (connection_ && connection_->is_in_transaction()) {
        std::ignore = connection_->execute("ROLLBACK");
    }
}

Result<void> Transaction::commit() {
    RETURN_IF_ERROR(connection_->execute("COMMIT"));
    connection_ = nullptr;
    return {};
}

}  // namespace clickmill::sqlite
