#include "sql/sqlite_session.h"

#include <tuple>

namespace clickmill::sql {
namespace {

class SqliteStatement final : public Statement {
public:
    explicit SqliteStatement(sqlite::Statement statement) : statement_(std::move(statement)) {}

    void bind(int index, int64_t number) override { statement_.bind(index, number); }
    void bind(int index, std::string_view text) override { statement_.bind(index, text); }
    void bind_bytes(int index, std::string_view bytes) override {
        statement_.bind_blob(index, bytes);
    }
    void bind_null(int index) override { statement_.bind_null(index); }
    Result<bool> step() override { return statement_.step(); }
    Result<void> run() override { return statement_.run(); }
    void reset() override { statement_.reset(); }
    int64_t integer(int column) const override { return statement_.integer(column); }
    std::string_view text(int column) const override { return statement_.text(column); }
    std::string_view bytes(int column) const override { return statement_.blob(column); }

private:
    sqlite::Statement statement_;
};

}  // namespace

Result<std::unique_ptr<SqliteSession>> SqliteSession::open(const sqlite::OpenOptions& options) {
    ASSIGN_OR_RETURN(sqlite::Connection connection, sqlite::Connection::open(options));
    // Finds a damaged cell when its page is read, not when it is used.
    RETURN_IF_ERROR(connection.execute("PRAGMA cell_size_check = ON"));
    return std::unique_ptr<SqliteSession>(new SqliteSession(std::move(connection)));
}

Result<Statement*> SqliteSession::statement(const std::string& text) {
    auto found = statements_.find(text);
    if (found == statements_.end()) {
        ASSIGN_OR_RETURN(sqlite::Statement made, connection_.prepare(text));
        found = statements_.emplace(text, std::make_unique<SqliteStatement>(std::move(made))).first;
    }
    found->second->reset();
    return found->second.get();
}

Result<std::unique_ptr<Statement>> SqliteSession::prepare(const Query& query) {
    ASSIGN_OR_RETURN(sqlite::Statement made, connection_.prepare(query.text));
    auto statement = std::make_unique<SqliteStatement>(std::move(made));
    Binder(*statement).values(query);
    return statement;
}

Result<void> SqliteSession::begin(const Change&) {
    return connection_.execute("BEGIN IMMEDIATE");
}

// SQLite may have rolled back by itself (full disk); a second rollback is then a harmless error.
void SqliteSession::roll_back() {
    if (connection_.is_in_transaction()) std::ignore = connection_.execute("ROLLBACK");
}

}  // namespace clickmill::sql
