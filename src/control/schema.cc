#include "control/schema.h"

#include <fmt/core.h>

#include <array>

namespace clickmill::control {
namespace {

// Stored: a step that was released never changes.
constexpr std::array kSteps = {
    R"sql(
CREATE TABLE state (
    name  TEXT PRIMARY KEY,
    value INTEGER NOT NULL
) WITHOUT ROWID;
INSERT INTO state VALUES ('version', 1);

CREATE TABLE projects (
    id         TEXT PRIMARY KEY,
    name       TEXT NOT NULL,
    zone       TEXT NOT NULL,
    week_start TEXT NOT NULL,
    is_sample  INTEGER NOT NULL,
    secret     TEXT NOT NULL,
    created_at INTEGER NOT NULL
);

CREATE TABLE keys (
    id                INTEGER PRIMARY KEY AUTOINCREMENT,
    kind              TEXT NOT NULL CHECK (kind IN ('write', 'read')),
    project           TEXT NOT NULL REFERENCES projects (id),
    hash              TEXT NOT NULL UNIQUE,
    hint              TEXT NOT NULL,
    origins           TEXT NOT NULL, -- one a line
    events_per_second REAL NOT NULL,
    is_disabled       INTEGER NOT NULL,
    created_at        INTEGER NOT NULL
);

CREATE TABLE people (
    id         INTEGER PRIMARY KEY AUTOINCREMENT,
    name       TEXT NOT NULL UNIQUE,
    role       TEXT NOT NULL CHECK (role IN ('viewer', 'admin')),
    created_at INTEGER NOT NULL
);

CREATE TABLE sign_ins (
    token_hash TEXT PRIMARY KEY,
    person     INTEGER NOT NULL REFERENCES people (id) ON DELETE CASCADE,
    expires_at INTEGER NOT NULL
) WITHOUT ROWID;

CREATE TABLE sessions (
    token_hash TEXT PRIMARY KEY,
    person     INTEGER NOT NULL REFERENCES people (id) ON DELETE CASCADE,
    expires_at INTEGER NOT NULL
) WITHOUT ROWID;
)sql",
};

Result<int64_t> schema_version(sqlite::Connection& connection) {
    ASSIGN_OR_RETURN(auto statement, connection.prepare("PRAGMA user_version"));
    RETURN_IF_ERROR(statement.step());
    const int64_t version = statement.integer(0);
    statement.reset();
    return version;
}

}  // namespace

Result<void> upgrade_schema(sqlite::Connection& connection) {
    RETURN_IF_ERROR(connection.execute("PRAGMA foreign_keys = ON"));
    const auto newest = static_cast<int64_t>(kSteps.size());
    // Nothing is written where nothing is to be done: it must open on a full disk, too.
    ASSIGN_OR_RETURN(const int64_t found, schema_version(connection));
    if (found == newest) return {};
    ASSIGN_OR_RETURN(auto transaction, sqlite::Transaction::begin(connection));
    ASSIGN_OR_RETURN(const int64_t version, schema_version(connection));
    if (version > newest)
        return fail(ErrorCode::Conflict, "cannot open control store",
                    fmt::format("schema version {}", version),
                    fmt::format("this program knows versions up to {}; start the newer Clickmill "
                                "that wrote it",
                                newest));
    for (int64_t step = version; step < newest; ++step)
        RETURN_IF_ERROR(connection.execute(kSteps[static_cast<size_t>(step)]));
    RETURN_IF_ERROR(connection.execute(fmt::format("PRAGMA user_version = {}", newest)));
    return transaction.commit();
}

}  // namespace clickmill::control
