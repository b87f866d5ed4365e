// A connection to metrics.db for what the SQL stores share.
#pragma once

#include "base/sqlite.h"
#include "sql/session.h"

#include <map>
#include <memory>
#include <string>

namespace clickmill::sql {

// One thread at a time.
class SqliteSession final : public Session {
public:
    static Result<std::unique_ptr<SqliteSession>> open(const sqlite::OpenOptions& options);

    sqlite::Connection& connection() { return connection_; }

    const Dialect& dialect() const override { return kSqlite; }
    Result<Statement*> statement(const std::string& text) override;
    Result<std::unique_ptr<Statement>> prepare(const Query& query) override;
    Result<void> execute(const std::string& text) override { return connection_.execute(text); }
    int64_t changes() const override { return connection_.changes(); }
    // SQLite lets one connection write at a time, whatever it changes.
    Result<void> begin(const Change& change) override;
    Result<void> commit() override { return connection_.execute("COMMIT"); }
    void roll_back() override;

private:
    explicit SqliteSession(sqlite::Connection connection) : connection_(std::move(connection)) {}

    sqlite::Connection connection_;
    std::map<std::string, std::unique_ptr<Statement>> statements_;
};

}  // namespace clickmill::sql
