// A connection to a PostgreSQL server for what the SQL stores share (libpq, binary values).
#pragma once

#include "metrics_store/sql/session.h"

#include <cstdint>
#include <libpq-fe.h>
#include <map>
#include <memory>
#include <string>

namespace clickmill::metrics_store {

struct PgDelete {
    void operator()(PGconn* connection) const { PQfinish(connection); }
    void operator()(PGresult* result) const { PQclear(result); }
};
using PgResult = std::unique_ptr<PGresult, PgDelete>;

// Waits for advisory locks are named by this and a number: see begin(). "CkMl"
inline constexpr int32_t kPgLocks = 0x436b4d6c;

// One thread at a time.
class PgSession final : public sql::Session {
public:
    // Unavailable: nobody answers, or the server refuses us; its words say why.
    static Result<std::unique_ptr<PgSession>> open(const std::string& url);
    ~PgSession() override;

    // Whether the server has not closed the connection, as far as is known without asking it.
    bool is_alive();
    // Whether nothing stands in the way of giving it to somebody else.
    bool is_idle() const;

    const sql::Dialect& dialect() const override { return sql::kPostgres; }
    Result<sql::Statement*> statement(const std::string& text) override;
    Result<std::unique_ptr<sql::Statement>> prepare(const sql::Query& query) override;
    Result<void> execute(const std::string& text) override;
    // Both send without waiting for each answer (pipeline mode).
    Result<void> run_all(const std::string& text, size_t count, const BindOne& bind) override {
        return pipeline(text, count, bind, {});
    }
    Result<void> find_all(const std::string& text, size_t count, const BindOne& bind,
                          const Found& found) override {
        return pipeline(text, count, bind, found);
    }
    int64_t changes() const override { return changes_; }
    // Commits of one partition wait for each other, and so do builds; everything waits for all.
    Result<void> begin(const sql::Change& change) override;
    Result<void> commit() override;
    void roll_back() override;

private:
    class PgStatement;
    explicit PgSession(std::unique_ptr<PGconn, PgDelete> connection);

    // What the server said to `result`, or to the connection where that is null.
    Error error_of(const PGresult* result, std::string what) const;
    Result<PgResult> checked(PGresult* result);
    Result<void> pipeline(const std::string& text, size_t count, const BindOne& bind,
                          const Found& found);
    Result<void> read_answers(PgStatement& of, size_t first, size_t end, const Found& found);

    std::unique_ptr<PGconn, PgDelete> connection_;
    std::map<std::string, std::unique_ptr<PgStatement>> statements_;
    int64_t changes_ = 0;
    int64_t prepared_ = 0;  // statements so far: names the next one
};

}  // namespace clickmill::metrics_store
