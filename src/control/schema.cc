#include "control/schema.h"

#include <fmt/format.h>

#include <array>

namespace clickmill::control {
namespace {

// Stored: a step that was released never changes.
constexpr std::array kSteps = {
    R"sql(
CREATE TABLE state (
    name  {text} PRIMARY KEY,
    value {integer} NOT NULL
){clustered};
INSERT INTO state VALUES ('version', 1);

CREATE TABLE projects (
    id         {text} PRIMARY KEY,
    name       {text} NOT NULL,
    zone       {text} NOT NULL,
    week_start {text} NOT NULL,
    is_sample  {integer} NOT NULL,
    secret     {text} NOT NULL,
    created_at {integer} NOT NULL
);

CREATE TABLE keys (
    id                {identity},
    kind              {text} NOT NULL CHECK (kind IN ('write', 'read')),
    project           {text} NOT NULL REFERENCES projects (id),
    hash              {text} NOT NULL UNIQUE,
    hint              {text} NOT NULL,
    origins           {text} NOT NULL, -- one a line
    events_per_second {real} NOT NULL,
    is_disabled       {integer} NOT NULL,
    created_at        {integer} NOT NULL
);

CREATE TABLE people (
    id         {identity},
    name       {text} NOT NULL UNIQUE,
    role       {text} NOT NULL CHECK (role IN ('viewer', 'admin')),
    created_at {integer} NOT NULL
);

CREATE TABLE sign_ins (
    token_hash {text} PRIMARY KEY,
    person     {integer} NOT NULL REFERENCES people (id) ON DELETE CASCADE,
    expires_at {integer} NOT NULL
){clustered};

CREATE TABLE sessions (
    token_hash {text} PRIMARY KEY,
    person     {integer} NOT NULL REFERENCES people (id) ON DELETE CASCADE,
    expires_at {integer} NOT NULL
){clustered};
)sql",
    R"sql(
CREATE TABLE features (
    project     {text} NOT NULL REFERENCES projects (id),
    id          {text} NOT NULL,
    name        {text} NOT NULL,
    description {text} NOT NULL,
    owner       {text} NOT NULL,
    tags        {text} NOT NULL, -- one a line
    state       {text} NOT NULL CHECK (state IN ('planned', 'live', 'deprecated', 'removed')),
    alias_of    {text} NOT NULL, -- empty: none
    changed_at  {integer} NOT NULL,
    PRIMARY KEY (project, id)
){clustered};
)sql",
};

std::string step_for(const sql::Dialect& dialect, std::string_view step) {
    return fmt::format(fmt::runtime(step), fmt::arg("integer", dialect.integer),
                       fmt::arg("text", dialect.text), fmt::arg("real", dialect.real),
                       fmt::arg("identity", dialect.lasting_identity),
                       fmt::arg("clustered", dialect.clustered));
}

Result<bool> is_kept(sql::Session& session, const Versions& versions) {
    if (versions.is_kept.empty()) return true;
    ASSIGN_OR_RETURN(const int64_t tables,
                     sql::integer_of(session, {std::string(versions.is_kept), {}}));
    return tables > 0;
}

Result<int64_t> schema_version(sql::Session& session, const Versions& versions) {
    return sql::integer_of(session, {std::string(versions.read), {}});
}

}  // namespace

Result<void> upgrade_schema(sql::Session& session, const Versions& versions) {
    const auto newest = static_cast<int64_t>(kSteps.size());
    // Nothing is written where nothing is to be done: it must open on a full disk, too.
    ASSIGN_OR_RETURN(bool is_there, is_kept(session, versions));
    if (is_there) {
        ASSIGN_OR_RETURN(const int64_t found, schema_version(session, versions));
        if (found == newest) return {};
    }
    ASSIGN_OR_RETURN(auto transaction, sql::Transaction::begin(session, kChange));
    ASSIGN_OR_RETURN(is_there, is_kept(session, versions));  // another may have been quicker
    if (!is_there) RETURN_IF_ERROR(session.execute(std::string(versions.begin)));
    ASSIGN_OR_RETURN(const int64_t version, schema_version(session, versions));
    if (version > newest)
        return fail(ErrorCode::Conflict, "cannot open control store",
                    fmt::format("schema version {}", version),
                    fmt::format("this program knows versions up to {}; start the newer Clickmill "
                                "that wrote it",
                                newest));
    for (int64_t step = version; step < newest; ++step)
        RETURN_IF_ERROR(
            session.execute(step_for(session.dialect(), kSteps[static_cast<size_t>(step)])));
    RETURN_IF_ERROR(session.execute(fmt::format(fmt::runtime(versions.write), newest)));
    return transaction.commit();
}

Result<void> commit_change(sql::Session& session, sql::Transaction& transaction) {
    RETURN_IF_ERROR(session.execute("UPDATE state SET value = value + 1 WHERE name = 'version'"));
    return transaction.commit();
}

}  // namespace clickmill::control
