#include "metrics_store/postgres/schema.h"

#include "metrics_store/schema_version.h"
#include "metrics_store/sql/catalog.h"
#include "metrics_store/sql/tables.h"

#include <fmt/core.h>

namespace clickmill::metrics_store {
namespace {

// Stored: count up with every change of tables. 2: the indexes of settled rows (decision 0019).
// 3: states of views.
constexpr int64_t kSchemaVersion = 3;

// 0: there are no tables.
Result<int64_t> version_of(sql::PgSession& session) {
    // to_regclass() would answer from a cache that may be older than the lock that was waited for.
    ASSIGN_OR_RETURN(const int64_t tables,
                     sql::integer_of(session, {"SELECT count(*) FROM pg_class WHERE relname = "
                                               "'clickmill_schema' AND relnamespace = "
                                               "current_schema()::regnamespace",
                                               {}}));
    if (tables == 0) return 0;
    return sql::integer_of(session, {"SELECT version FROM clickmill_schema", {}});
}

Result<void> check(int64_t version) {
    return check_version(version, kSchemaVersion, "PostgreSQL");
}

Result<void> set_version(sql::PgSession& session) {
    return session.execute(fmt::format("UPDATE clickmill_schema SET version = {}", kSchemaVersion));
}

// The name that the server gave to the key of a table.
Result<std::string> key_of(sql::PgSession& session, const std::string& table) {
    ASSIGN_OR_RETURN(sql::Statement * find,
                     session.statement("SELECT conname::text FROM pg_constraint WHERE conrelid = "
                                       "?1::regclass AND contype = 'p'"));
    sql::Binder(*find).text(table);
    ASSIGN_OR_RETURN(const bool has_row, find->step());
    const std::string name(has_row ? find->text(0) : "");
    find->reset();
    return sql::quoted(name);
}

// From version 1, whose two indexes repeated every column.
Result<void> rebuild_indexes(sql::PgSession& session, const sql::RollupTables& tables) {
    ASSIGN_OR_RETURN(const std::string key, key_of(session, tables.settled));
    std::vector<std::string> statements = {
        fmt::format("ALTER TABLE {} DROP CONSTRAINT {}", tables.settled, key),
        fmt::format("ALTER TABLE {} ADD {}", tables.settled,
                    sql::settled_clicks_key(sql::kPostgres, tables)),
        "DROP INDEX " + tables.settled_by_bucket,
        "DROP INDEX " + tables.settled_users_by_bucket,
    };
    for (const std::string& create : sql::create_bucket_indexes(sql::kPostgres, tables))
        statements.push_back(create);
    for (const std::string& statement : statements) RETURN_IF_ERROR(session.execute(statement));
    return {};
}

Result<void> upgrade(sql::PgSession& session, int64_t version) {
    ASSIGN_OR_RETURN(const auto rollups, load_rollup_tables(session));
    if (version < 2) {
        for (const auto& tables : rollups) RETURN_IF_ERROR(rebuild_indexes(session, *tables));
    }
    for (const std::string& statement : sql::add_view_states(sql::kPostgres, rollups))
        RETURN_IF_ERROR(session.execute(statement));
    return set_version(session);
}

Result<void> create(sql::PgSession& session) {
    std::vector<std::string> statements = sql::create_tables(sql::kPostgres);
    statements.emplace_back("CREATE TABLE clickmill_schema (version BIGINT NOT NULL)");
    statements.push_back(
        fmt::format("INSERT INTO clickmill_schema (version) VALUES ({})", kSchemaVersion));
    for (const std::string& statement : statements) RETURN_IF_ERROR(session.execute(statement));
    return {};
}

}  // namespace

Result<void> prepare_schema(sql::PgSession& session) {
    ASSIGN_OR_RETURN(const int64_t found, version_of(session));
    if (found >= kSchemaVersion) return check(found);
    ASSIGN_OR_RETURN(sql::Transaction transaction, sql::Transaction::begin(session, {}));
    ASSIGN_OR_RETURN(const int64_t version, version_of(session));  // another may have been quicker
    if (version >= kSchemaVersion) return check(version);
    RETURN_IF_ERROR(version == 0 ? create(session) : upgrade(session, version));
    return transaction.commit();
}

Result<void> check_schema(sql::PgSession& session) {
    ASSIGN_OR_RETURN(const int64_t version, version_of(session));
    return check(version);
}

}  // namespace clickmill::metrics_store
