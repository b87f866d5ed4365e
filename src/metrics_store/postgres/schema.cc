#include "metrics_store/postgres/schema.h"

#include "metrics_store/sql/tables.h"

#include <fmt/core.h>

namespace clickmill::metrics_store {
namespace {

constexpr int64_t kSchemaVersion = 1;  // Stored: count up with every change of tables.

// 0: there are no tables.
Result<int64_t> version_of(PgSession& session) {
    // to_regclass() would answer from a cache that may be older than the lock that was waited for.
    ASSIGN_OR_RETURN(sql::Statement * found,
                     session.statement("SELECT count(*) FROM pg_class WHERE relname = "
                                       "'clickmill_schema' AND relnamespace = "
                                       "current_schema()::regnamespace"));
    ASSIGN_OR_RETURN(const bool has_row, found->step());
    const bool is_there = has_row && found->integer(0) != 0;
    found->reset();
    if (!is_there) return 0;
    ASSIGN_OR_RETURN(sql::Statement * version,
                     session.statement("SELECT version FROM clickmill_schema"));
    ASSIGN_OR_RETURN(const bool has_version, version->step());
    const int64_t number = has_version ? version->integer(0) : 0;
    version->reset();
    return number;
}

Result<void> check(int64_t version) {
    if (version == kSchemaVersion) return {};
    if (version == 0) {
        return fail(ErrorCode::Unavailable, "cannot read metrics", "PostgreSQL",
                    "no aggregator has made the tables yet");
    }
    return fail(ErrorCode::InvalidInput, "cannot use metrics store", "PostgreSQL",
                fmt::format("its schema has version {} and this program knows {}; run the program "
                            "that wrote it",
                            version, kSchemaVersion));
}

Result<void> create(PgSession& session) {
    std::vector<std::string> statements = sql::create_tables(sql::kPostgres);
    statements.emplace_back("CREATE TABLE clickmill_schema (version BIGINT NOT NULL)");
    statements.push_back(
        fmt::format("INSERT INTO clickmill_schema (version) VALUES ({})", kSchemaVersion));
    for (const std::string& statement : statements) RETURN_IF_ERROR(session.execute(statement));
    return {};
}

}  // namespace

Result<void> prepare_schema(PgSession& session) {
    ASSIGN_OR_RETURN(const int64_t found, version_of(session));
    if (found != 0) return check(found);
    ASSIGN_OR_RETURN(sql::Transaction transaction, sql::Transaction::begin(session, {}));
    ASSIGN_OR_RETURN(const int64_t version, version_of(session));  // another may have been quicker
    if (version != 0) return check(version);
    RETURN_IF_ERROR(create(session));
    return transaction.commit();
}

Result<void> check_schema(PgSession& session) {
    ASSIGN_OR_RETURN(const int64_t version, version_of(session));
    return check(version);
}

}  // namespace clickmill::metrics_store
