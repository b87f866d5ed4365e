// Sign-in links that work once, and the sessions they are traded for.
#include "control/secrets.h"
#include "control/sql_control.h"

#include <fmt/core.h>

namespace clickmill::control {
namespace {

constexpr std::chrono::microseconds kSessionTime = std::chrono::days{30};
constexpr size_t kMaxTokenBytes = 128;

int64_t count_of(std::chrono::microseconds time) {
    return time.count();
}

std::unexpected<Error> no_session() {
    return fail(ErrorCode::NotFound, "not signed in", "session",
                "it has ended or never was; open a new sign-in link (`clickmill user link NAME`)");
}

}  // namespace

// Bounds both tables by what is still good.
Result<void> SqlControl::forget_expired(sql::Session& session) {
    for (const char* table : {"sign_ins", "sessions"}) {
        ASSIGN_OR_RETURN(
            const auto remove,
            session.prepare(
                {fmt::format("DELETE FROM {} WHERE expires_at <= ?1", table), {now()}}));
        RETURN_IF_ERROR(remove->run());
    }
    return {};
}

Result<std::string> SqlControl::make_sign_in(int64_t person, std::chrono::seconds valid_for) {
    std::string token = make_token();
    const std::lock_guard lock(mutex_);
    ASSIGN_OR_RETURN(sql::Session * session, connected());
    ASSIGN_OR_RETURN(auto transaction, sql::Transaction::begin(*session, kChange));
    RETURN_IF_ERROR(forget_expired(*session));
    ASSIGN_OR_RETURN(
        const auto insert,
        session->prepare(
            {"INSERT INTO sign_ins (token_hash, person, expires_at) VALUES (?1, ?2, ?3)",
             {sha256_hex(token), person, now() + count_of(valid_for)}}));
    const auto inserted = insert->run();
    if (!inserted && inserted.error().code == ErrorCode::Conflict)
        return fail(ErrorCode::NotFound, "cannot make sign-in link",
                    fmt::format("person {}", person),
                    "there is no such person; `clickmill user list` shows them");
    RETURN_IF_ERROR(inserted);
    RETURN_IF_ERROR(commit_change(*session, transaction));
    return token;
}

Result<std::string> SqlControl::sign_in(std::string_view token) {
    const auto refused = [] {
        return fail(ErrorCode::NotFound, "cannot sign in", "sign-in link",
                    "it was used, has expired or was never made; ask for a new one "
                    "(`clickmill user link NAME`)");
    };
    if (token.empty() || token.size() > kMaxTokenBytes) return refused();

    std::string session_token = make_token();
    const std::lock_guard lock(mutex_);
    ASSIGN_OR_RETURN(sql::Session * session, connected());
    ASSIGN_OR_RETURN(auto transaction, sql::Transaction::begin(*session, kChange));
    RETURN_IF_ERROR(forget_expired(*session));
    // Taken and looked up in one statement: of two that come with one link, one gets it.
    const std::string hash = sha256_hex(token);
    ASSIGN_OR_RETURN(
        const auto take,
        session->prepare(
            {"DELETE FROM sign_ins WHERE token_hash = ?1 RETURNING person, token_hash", {hash}}));
    ASSIGN_OR_RETURN(const bool is_found, take->step());
    if (!is_found || !is_same_secret(take->text(1), hash)) return refused();
    const int64_t person = take->integer(0);
    RETURN_IF_ERROR(take->run());

    ASSIGN_OR_RETURN(
        const auto insert,
        session->prepare(
            {"INSERT INTO sessions (token_hash, person, expires_at) VALUES (?1, ?2, ?3)",
             {sha256_hex(session_token), person, now() + count_of(kSessionTime)}}));
    RETURN_IF_ERROR(insert->run());
    RETURN_IF_ERROR(commit_change(*session, transaction));
    return session_token;
}

Result<Person> SqlControl::session(std::string_view session_token) {
    if (session_token.empty() || session_token.size() > kMaxTokenBytes) return no_session();
    const std::string hash = sha256_hex(session_token);

    const std::lock_guard lock(mutex_);
    ASSIGN_OR_RETURN(sql::Session * session, connected());
    ASSIGN_OR_RETURN(
        const auto select,
        session->prepare({"SELECT people.id, people.name, people.role, people.created_at, "
                          "token_hash FROM sessions JOIN people ON people.id = person "
                          "WHERE token_hash = ?1 AND expires_at > ?2",
                          {hash, now()}}));
    ASSIGN_OR_RETURN(const bool is_found, select->step());
    if (!is_found || !is_same_secret(select->text(4), hash)) return no_session();
    return Person{.id = select->integer(0),
                  .name = std::string(select->text(1)),
                  .role = select->text(2) == "admin" ? Role::Admin : Role::Viewer,
                  .created_at = select->integer(3)};
}

Result<void> SqlControl::sign_out(std::string_view session_token) {
    const std::lock_guard lock(mutex_);
    ASSIGN_OR_RETURN(sql::Session * session, connected());
    ASSIGN_OR_RETURN(auto transaction, sql::Transaction::begin(*session, kChange));
    ASSIGN_OR_RETURN(const auto remove,
                     session->prepare({"DELETE FROM sessions WHERE token_hash = ?1",
                                       {sha256_hex(session_token)}}));
    RETURN_IF_ERROR(remove->run());
    if (session->changes() == 0) return {};
    return commit_change(*session, transaction);
}

}  // namespace clickmill::control
