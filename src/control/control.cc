// Opens the control store, and its projects, keys and people. Sign-ins are in sign_in.cc.
#include "control/control.h"

#include "base/hash.h"
#include "base/lines.h"
#include "control/homes.h"
#include "control/secrets.h"
#include "control/sql_control.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>

namespace clickmill::control {
namespace {

constexpr size_t kMaxProjectIdBytes = 40;
constexpr size_t kMaxNameBytes = 200;
constexpr size_t kMaxOrigins = 100;
constexpr size_t kHintCharacters = 8;
constexpr double kMaxEventsPerSecond = 1e9;

bool is_project_id(std::string_view id) {
    const auto is_word = [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'); };
    return !id.empty() && id.size() <= kMaxProjectIdBytes && is_word(id.front()) &&
           std::ranges::all_of(id, [&](char c) { return is_word(c) || c == '_' || c == '-'; });
}

bool is_name(std::string_view name) {
    return !name.empty() && name.size() <= kMaxNameBytes && std::ranges::none_of(name, [](char c) {
        return static_cast<unsigned char>(c) < 0x20 || c == 0x7f;
    });
}

Result<void> check_project(const Project& project) {
    if (!is_project_id(project.id))
        return fail(ErrorCode::InvalidInput, "cannot add project", "id '" + project.id + "'",
                    "an id is 1 to 40 of a-z, 0-9, _ and -, and starts with a letter or digit");
    if (!is_name(project.name))
        return fail(ErrorCode::InvalidInput, "cannot add project", project.id,
                    "a name is 1 to 200 bytes without control characters");
    if (project.zone.empty())
        return fail(ErrorCode::InvalidInput, "cannot add project", project.id,
                    "a time zone is needed, such as Europe/Berlin");
    if (project.week_start != "monday" && project.week_start != "sunday" &&
        project.week_start != "saturday")
        return fail(ErrorCode::InvalidInput, "cannot add project",
                    "week_start '" + project.week_start + "'", "take monday, sunday or saturday");
    return {};
}

// As browsers send it: small letters, no path, no port that goes without saying. "*." stands for
// every host below. Source: RFC 6454, section 6.2.
bool is_origin(std::string_view text) {
    if (text == "null") return true;  // of pages without one, such as local files
    const size_t scheme_end = text.find("://");
    if (!is_name(text) || scheme_end == 0 || scheme_end == std::string_view::npos) return false;
    const std::string_view scheme = text.substr(0, scheme_end);
    std::string_view host = text.substr(scheme_end + 3);
    if (host.starts_with("*.")) host.remove_prefix(2);
    const bool has_default_port = (scheme == "https" && host.ends_with(":443")) ||
                                  (scheme == "http" && host.ends_with(":80"));
    const auto is_wrong = [](char c) {
        return (c >= 'A' && c <= 'Z') || std::string_view("/\\?#@* ").contains(c);
    };
    return !host.empty() && !has_default_port && std::ranges::none_of(scheme, is_wrong) &&
           std::ranges::none_of(host, is_wrong);
}

Result<void> check_key(const Key& key) {
    if (key.origins.size() > kMaxOrigins)
        return fail(ErrorCode::InvalidInput, "cannot add key", key.project,
                    "give up to 100 origins");
    if (const auto wrong = std::ranges::find_if_not(key.origins, is_origin);
        wrong != key.origins.end())
        return fail(ErrorCode::InvalidInput, "cannot add key", "origin '" + *wrong + "'",
                    "give what browsers send, such as https://shop.example or "
                    "https://*.shop.example: small letters, no path; without an origin any may "
                    "use the key");
    if (!std::isfinite(key.events_per_second) || key.events_per_second < 0 ||
        key.events_per_second > kMaxEventsPerSecond)
        return fail(ErrorCode::InvalidInput, "cannot add key", key.project,
                    "give a rate of 0 (the default) or more events per second");
    return {};
}

double real_of(std::string_view text) {
    double number = 0;
    std::from_chars(text.data(), text.data() + text.size(), number);
    return number;
}

Error said_conflict(Error error, std::string_view what, std::string_view where,
                    std::string_view why) {
    if (error.code != ErrorCode::Conflict) return error;
    return Error{ErrorCode::Conflict, std::string(what), std::string(where), std::string(why)};
}

}  // namespace

Result<std::unique_ptr<Control>> Control::open(const Options& options, Clock& clock) {
    auto control = std::make_unique<SqlControl>(options, clock);
    RETURN_IF_ERROR(control->version());
    return control;
}

std::string hash_of_key(std::string_view key) {
    return sha256_hex(key);
}

Result<sql::Session*> SqlControl::connected() {
    if (!session_ || !session_->is_alive()) {
        session_.reset();
        ASSIGN_OR_RETURN(session_, connect(options_));
    }
    return session_.get();
}

Result<Project> SqlControl::add_project(Project project) {
    if (project.name.empty()) project.name = project.id;
    if (project.secret.empty()) project.secret = random_token(32);
    if (project.created_at == 0) project.created_at = now();
    RETURN_IF_ERROR(check_project(project));

    const std::lock_guard lock(mutex_);
    ASSIGN_OR_RETURN(sql::Session * session, connected());
    ASSIGN_OR_RETURN(auto transaction, sql::Transaction::begin(*session, kChange));
    ASSIGN_OR_RETURN(
        const auto insert,
        session->prepare({"INSERT INTO projects (id, name, zone, week_start, "
                          "is_sample, secret, created_at) VALUES (?1, ?2, ?3, ?4, "
                          "?5, ?6, ?7)",
                          {project.id, project.name, project.zone, project.week_start,
                           int64_t{project.is_sample}, project.secret, project.created_at}}));
    if (auto inserted = insert->run(); !inserted)
        return std::unexpected(said_conflict(std::move(inserted).error(), "cannot add project",
                                             project.id, "the id is taken; choose another"));
    RETURN_IF_ERROR(commit_change(*session, transaction));
    return project;
}

Result<Project> SqlControl::change_project(const Project& project) {
    RETURN_IF_ERROR(check_project(project));
    const std::lock_guard lock(mutex_);
    ASSIGN_OR_RETURN(sql::Session * session, connected());
    ASSIGN_OR_RETURN(auto transaction, sql::Transaction::begin(*session, kChange));
    ASSIGN_OR_RETURN(
        const auto update,
        session->prepare({"UPDATE projects SET name = ?2, zone = ?3, week_start = ?4 WHERE id = ?1",
                          {project.id, project.name, project.zone, project.week_start}}));
    RETURN_IF_ERROR(update->run());
    if (session->changes() == 0) {
        return fail(ErrorCode::NotFound, "cannot change project", project.id,
                    "there is no such project: 'clickmill project list'");
    }
    RETURN_IF_ERROR(commit_change(*session, transaction));
    return project;
}

Result<std::vector<Project>> SqlControl::projects() {
    const std::lock_guard lock(mutex_);
    ASSIGN_OR_RETURN(sql::Session * session, connected());
    ASSIGN_OR_RETURN(const auto select,
                     session->prepare({"SELECT id, name, zone, week_start, is_sample, secret, "
                                       "created_at FROM projects ORDER BY created_at, id",
                                       {}}));
    std::vector<Project> all;
    for (;;) {
        ASSIGN_OR_RETURN(const bool has_row, select->step());
        if (!has_row) return all;
        all.push_back({.id = std::string(select->text(0)),
                       .name = std::string(select->text(1)),
                       .zone = std::string(select->text(2)),
                       .week_start = std::string(select->text(3)),
                       .is_sample = select->integer(4) != 0,
                       .secret = std::string(select->text(5)),
                       .created_at = select->integer(6)});
    }
}

Result<NewKey> SqlControl::add_key(Key key) {
    RETURN_IF_ERROR(check_key(key));
    NewKey made{.key = std::move(key), .text = {}};
    made.text = (made.key.kind == KeyKind::Write ? "wk_" : "rk_") + random_token(16);
    made.key.hash = hash_of_key(made.text);
    made.key.hint = made.text.substr(0, kHintCharacters);
    if (made.key.created_at == 0) made.key.created_at = now();

    const std::lock_guard lock(mutex_);
    ASSIGN_OR_RETURN(sql::Session * session, connected());
    ASSIGN_OR_RETURN(auto transaction, sql::Transaction::begin(*session, kChange));
    ASSIGN_OR_RETURN(
        const auto insert,
        session->prepare(
            {"INSERT INTO keys (kind, project, hash, hint, origins, events_per_second, "
             "is_disabled, created_at) VALUES (?1, ?2, ?3, ?4, ?5, CAST(?6 AS DOUBLE PRECISION), "
             "?7, ?8) RETURNING id",
             {std::string(made.key.kind == KeyKind::Write ? "write" : "read"), made.key.project,
              made.key.hash, made.key.hint, fmt::format("{}", fmt::join(made.key.origins, "\n")),
              fmt::format("{}", made.key.events_per_second), int64_t{made.key.is_disabled},
              made.key.created_at}}));
    const auto inserted = insert->step();
    if (!inserted && inserted.error().code == ErrorCode::Conflict)
        return fail(ErrorCode::NotFound, "cannot add key", made.key.project,
                    "no such project; `clickmill project list` shows them");
    RETURN_IF_ERROR(inserted);
    made.key.id = insert->integer(0);
    RETURN_IF_ERROR(insert->run());
    RETURN_IF_ERROR(commit_change(*session, transaction));
    return made;
}

Result<std::vector<Key>> SqlControl::keys() {
    const std::lock_guard lock(mutex_);
    ASSIGN_OR_RETURN(sql::Session * session, connected());
    ASSIGN_OR_RETURN(const auto select,
                     session->prepare({"SELECT id, kind, project, hash, hint, origins, "
                                       "CAST(events_per_second AS TEXT), is_disabled, created_at "
                                       "FROM keys ORDER BY id",
                                       {}}));
    std::vector<Key> all;
    for (;;) {
        ASSIGN_OR_RETURN(const bool has_row, select->step());
        if (!has_row) return all;
        all.push_back({.id = select->integer(0),
                       .kind = select->text(1) == "write" ? KeyKind::Write : KeyKind::Read,
                       .project = std::string(select->text(2)),
                       .hash = std::string(select->text(3)),
                       .hint = std::string(select->text(4)),
                       .origins = lines_of(select->text(5)),
                       .events_per_second = real_of(select->text(6)),
                       .is_disabled = select->integer(7) != 0,
                       .created_at = select->integer(8)});
    }
}

Result<void> SqlControl::disable_key(int64_t id) {
    const std::lock_guard lock(mutex_);
    ASSIGN_OR_RETURN(sql::Session * session, connected());
    ASSIGN_OR_RETURN(auto transaction, sql::Transaction::begin(*session, kChange));
    ASSIGN_OR_RETURN(const auto update,
                     session->prepare({"UPDATE keys SET is_disabled = 1 WHERE id = ?1", {id}}));
    RETURN_IF_ERROR(update->run());
    if (session->changes() == 0)
        return fail(ErrorCode::NotFound, "cannot disable key", fmt::format("id {}", id),
                    "no such key; `clickmill key list` shows them");
    return commit_change(*session, transaction);
}

Result<Person> SqlControl::add_person(std::string_view name, Role role) {
    Person person{.id = 0, .name = std::string(name), .role = role, .created_at = now()};
    if (!is_name(name))
        return fail(ErrorCode::InvalidInput, "cannot add person", person.name,
                    "a name is 1 to 200 bytes without control characters");
    const std::lock_guard lock(mutex_);
    ASSIGN_OR_RETURN(sql::Session * session, connected());
    ASSIGN_OR_RETURN(auto transaction, sql::Transaction::begin(*session, kChange));
    ASSIGN_OR_RETURN(
        const auto insert,
        session->prepare(
            {"INSERT INTO people (name, role, created_at) VALUES (?1, ?2, ?3) RETURNING id",
             {person.name, std::string(role == Role::Admin ? "admin" : "viewer"),
              person.created_at}}));
    auto inserted = insert->step();
    if (!inserted)
        return std::unexpected(said_conflict(std::move(inserted).error(), "cannot add person", name,
                                             "the name is taken; choose another"));
    person.id = insert->integer(0);
    RETURN_IF_ERROR(insert->run());
    RETURN_IF_ERROR(commit_change(*session, transaction));
    return person;
}

Result<std::vector<Person>> SqlControl::people() {
    const std::lock_guard lock(mutex_);
    ASSIGN_OR_RETURN(sql::Session * session, connected());
    ASSIGN_OR_RETURN(
        const auto select,
        session->prepare({"SELECT id, name, role, created_at FROM people ORDER BY id", {}}));
    std::vector<Person> all;
    for (;;) {
        ASSIGN_OR_RETURN(const bool has_row, select->step());
        if (!has_row) return all;
        all.push_back({.id = select->integer(0),
                       .name = std::string(select->text(1)),
                       .role = select->text(2) == "admin" ? Role::Admin : Role::Viewer,
                       .created_at = select->integer(3)});
    }
}

Result<void> SqlControl::remove_person(std::string_view name) {
    const std::lock_guard lock(mutex_);
    ASSIGN_OR_RETURN(sql::Session * session, connected());
    ASSIGN_OR_RETURN(auto transaction, sql::Transaction::begin(*session, kChange));
    ASSIGN_OR_RETURN(const auto remove,
                     session->prepare({"DELETE FROM people WHERE name = ?1", {std::string(name)}}));
    RETURN_IF_ERROR(remove->run());
    if (session->changes() == 0)
        return fail(ErrorCode::NotFound, "cannot remove person", std::string(name),
                    "nobody has this name; `clickmill user list` shows them");
    return commit_change(*session, transaction);
}

Result<int64_t> SqlControl::version() {
    const std::lock_guard lock(mutex_);
    ASSIGN_OR_RETURN(sql::Session * session, connected());
    ASSIGN_OR_RETURN(const auto select,
                     session->prepare({"SELECT value FROM state WHERE name = 'version'", {}}));
    ASSIGN_OR_RETURN(const bool has_row, select->step());
    if (!has_row)
        return fail(ErrorCode::Corrupt, "cannot read version of control store", "table state",
                    "the row is gone; restore the control store from a backup");
    return select->integer(0);
}

}  // namespace clickmill::control
