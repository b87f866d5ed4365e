// The tables of a control store. A new version is a new step in kSteps, run once, in order.
#pragma once

#include "sql/session.h"

#include <string_view>

namespace clickmill::control {

// How a database keeps the version of the tables.
struct Versions {
    std::string_view is_kept;  // a SELECT: 0 where there is nothing yet; empty: always
    std::string_view begin;    // makes the place where it is kept
    std::string_view read;
    std::string_view write;  // "{}" is the number
};

inline constexpr Versions kFileVersions{
    .is_kept = "", .begin = "", .read = "PRAGMA user_version", .write = "PRAGMA user_version = {}"};
// Asks the tables of the catalog: to_regclass() would answer from a cache that may be older than a
// lock that was waited for.
inline constexpr Versions kPostgresVersions{
    .is_kept =
        "SELECT count(*) FROM pg_class JOIN pg_namespace ON pg_namespace.oid = relnamespace WHERE "
        "relname = 'schema_version' AND nspname = 'clickmill_control'",
    .begin =
        "CREATE SCHEMA IF NOT EXISTS clickmill_control; CREATE TABLE schema_version (version "
        "BIGINT NOT NULL); INSERT INTO schema_version VALUES (0)",
    .read = "SELECT version FROM schema_version",
    .write = "UPDATE schema_version SET version = {}"};

// Creates or upgrades the tables. Conflict: a newer Clickmill wrote them.
Result<void> upgrade_schema(sql::Session& session, const Versions& versions);

// Who changes anything waits for whoever changes something else: versions go up one by one.
inline constexpr sql::Change kChange{sql::Change::Kind::Control};

// The last step of every change: counts the version up and commits.
Result<void> commit_change(sql::Session& session, sql::Transaction& transaction);

}  // namespace clickmill::control
