// A new file's tables, and the version of those that are there.
#include "metrics_store/sqlite/schema.h"

#include "metrics_store/sql/catalog.h"
#include "metrics_store/sql/tables.h"

#include <fmt/core.h>

namespace clickmill::metrics_store {
namespace {

constexpr int64_t kApplicationId = 0x436C4D6C;  // "ClMl". Stored: never change.
// Stored: count up with every change of tables. 2: repeat_pieces. 3: states of views.
constexpr int64_t kSchemaVersion = 3;

Result<int64_t> number(sql::SqliteSession& session, const std::string& text) {
    ASSIGN_OR_RETURN(sqlite::Statement statement, session.connection().prepare(text));
    ASSIGN_OR_RETURN(const bool has_row, statement.step());
    return has_row ? statement.integer(0) : 0;
}

Result<void> create(sql::SqliteSession& session) {
    ASSIGN_OR_RETURN(sql::Transaction transaction, sql::Transaction::begin(session, {}));
    std::vector<std::string> statements = sql::create_tables(sql::kSqlite);
    statements.push_back(fmt::format("PRAGMA application_id = {}", kApplicationId));
    statements.push_back(fmt::format("PRAGMA user_version = {}", kSchemaVersion));
    for (const std::string& statement : statements) RETURN_IF_ERROR(session.execute(statement));
    return transaction.commit();
}

Result<void> upgrade(sql::SqliteSession& session) {
    ASSIGN_OR_RETURN(sql::Transaction transaction, sql::Transaction::begin(session, {}));
    ASSIGN_OR_RETURN(const int64_t version, number(session, "PRAGMA user_version"));
    if (version == kSchemaVersion) return {};  // another process was quicker
    std::vector<std::string> statements;
    if (version < 2) statements.push_back(sql::create_repeat_pieces(sql::kSqlite));
    ASSIGN_OR_RETURN(const auto rollups, load_rollup_tables(session));
    for (std::string& statement : sql::add_view_states(sql::kSqlite, rollups))
        statements.push_back(std::move(statement));
    for (const std::string& statement : statements) RETURN_IF_ERROR(session.execute(statement));
    RETURN_IF_ERROR(session.execute(fmt::format("PRAGMA user_version = {}", kSchemaVersion)));
    return transaction.commit();
}

}  // namespace

Result<void> prepare_schema(sql::SqliteSession& session, const std::string& path) {
    ASSIGN_OR_RETURN(const int64_t application, number(session, "PRAGMA application_id"));
    ASSIGN_OR_RETURN(const int64_t version, number(session, "PRAGMA user_version"));
    ASSIGN_OR_RETURN(const int64_t tables, number(session, "SELECT count(*) FROM sqlite_master"));
    if (application == 0 && version == 0 && tables == 0) return create(session);
    if (application == kApplicationId && version > 0 && version < kSchemaVersion)
        RETURN_IF_ERROR(upgrade(session));
    return check_schema(session, path);
}

Result<void> check_schema(sql::SqliteSession& session, const std::string& path) {
    ASSIGN_OR_RETURN(const int64_t application, number(session, "PRAGMA application_id"));
    ASSIGN_OR_RETURN(const int64_t version, number(session, "PRAGMA user_version"));
    if (application == 0 && version == 0) {
        return fail(ErrorCode::Unavailable, "cannot use metrics store", path,
                    "it is being made; try again");
    }
    if (application != kApplicationId) {
        return fail(ErrorCode::InvalidInput, "cannot use metrics store", path,
                    "the file belongs to another program; name another data folder, or move the "
                    "file away");
    }
    if (version < kSchemaVersion) {
        return fail(ErrorCode::Unavailable, "cannot use metrics store", path,
                    fmt::format("its schema has version {}; an aggregator brings it to version {} "
                                "when it starts, and `clickmill store migrate` before that",
                                version, kSchemaVersion));
    }
    if (version > kSchemaVersion) {
        return fail(ErrorCode::InvalidInput, "cannot use metrics store", path,
                    fmt::format("its schema has version {} and this program knows {}; run the "
                                "program that wrote it, or move the file away and it is built "
                                "again from the event log",
                                version, kSchemaVersion));
    }
    return {};
}

}  // namespace clickmill::metrics_store
