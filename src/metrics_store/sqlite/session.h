// A connection to metrics.db for what the SQL stores share.
#pragma once

#include "base/sqlite.h"
#include "metrics_store/sql/session.h"

#include <map>
#include <memory>
#include <string>

namespace clickmill::metrics_store {

// One thread at a time.
class SqliteSession final : public sql::Session {
public:
    static Result<std::unique_ptr<SqliteSession>> open(const sqlite::OpenOptions& options);

    sqlite::Connection& connection() { return connection_; }

    const sql::Dialect& dialect() const override { return sql::kSqlite; }
    Result<sql::Statement*> statement(const std::string& text) override;
    Result<std::unique_ptr<sql::Statement>> prepare(const sql::Query& query) override;
    Result<void> execute(const std::string& text) override { return connection_.execute(text); }
    int64_t changes() const override { return connection_.changes(); }
    // SQLite lets one connection write at a time, whatever it changes.
    Result<void> begin(const sql::Change& change) override;
    Result<void> commit() override { return connection_.execute("COMMIT"); }
    void roll_back() override;

private:
    explicit SqliteSession(sqlite::Connection connection) : connection_(std::move(connection)) {}

    sqlite::Connection connection_;
    std::map<std::string, std::unique_ptr<sql::Statement>> statements_;
};

}  // namespace clickmill::metrics_store
