// A connection to a PostgreSQL server for what the SQL stores share (libpq, binary values).
#pragma once

#include "sql/session.h"

#include <cstdint>
#include <libpq-fe.h>
#include <map>
#include <memory>
#include <string>

namespace clickmill::sql {

struct PgDelete {
    void operator()(PGconn* connection) const { PQfinish(connection); }
    void operator()(PGresult* result) const { PQclear(result); }
};
using PgResult = std::unique_ptr<PGresult, PgDelete>;

// Waits for advisory locks are named by this and a number: see begin(). "CkMl"
inline constexpr int32_t kPgLocks = 0x436b4d6c;

// What a connection is for, in words to people: "metrics store" and "metrics_store.url".
struct PgPurpose {
    std::string_view store;
    std::string_view setting;
};

// One thread at a time.
class PgSession final : public Session {
public:
    // InvalidInput: libpq understands no such url.
    static Result<void> check_url(const std::string& url, PgPurpose purpose);
    // Unavailable: nobody answers, or the server refuses us; its words say why.
    static Result<std::unique_ptr<PgSession>> open(const std::string& url, PgPurpose purpose);
    ~PgSession() override;

    bool is_alive() override;
    // Whether nothing stands in the way of giving it to somebody else.
    bool is_idle() const;

    const Dialect& dialect() const override { return kPostgres; }
    Result<Statement*> statement(const std::string& text) override;
    Result<std::unique_ptr<Statement>> prepare(const Query& query) override;
    Result<void> execute(const std::string& text) override;
    // As arrays, thousands of rows with each statement.
    Result<void> run_all(const std::string& text, size_t count, const BindOne& bind) override;
    // Sends without waiting for each answer (pipeline mode).
    Result<void> find_all(const std::string& text, size_t count, const BindOne& bind,
                          const Found& found) override;
    int64_t changes() const override { return changes_; }
    // Commits of one partition wait for each other, and so do builds; everything waits for all.
    Result<void> begin(const Change& change) override;
    Result<void> commit() override;
    void roll_back() override;

private:
    class PgStatement;
    PgSession(std::unique_ptr<PGconn, PgDelete> connection, PgPurpose purpose);

    // What the server said to `result`, or to the connection where that is null.
    Error error_of(const PGresult* result, std::string what) const;
    Error refusal(const PGresult* result) const;
    Result<PgResult> checked(PGresult* result);
    Result<void> read_answers(PgStatement& of, size_t first, size_t end, const Found& found);

    std::unique_ptr<PGconn, PgDelete> connection_;
    const PgPurpose purpose_;
    std::map<std::string, std::unique_ptr<PgStatement>> statements_;
    int64_t changes_ = 0;
    int64_t prepared_ = 0;  // statements so far: names the next one
};

}  // namespace clickmill::sql
