// Sign-in links that work once, and the sessions they are traded for.
#include "control/secrets.h"
#include "control/sqlite_control.h"

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
Result<void> SqliteControl::forget_expired() {
    for (const char* table : {"sign_ins", "sessions"}) {
        ASSIGN_OR_RETURN(auto remove, connection_.prepare(fmt::format(
                                          "DELETE FROM {} WHERE expires_at <= ?", table)));
        RETURN_IF_ERROR(remove.bind(1, now()).run());
    }
    return {};
}

Result<std::string> SqliteControl::make_sign_in(int64_t person, std::chrono::seconds valid_for) {
    std::string token = make_token();
    const std::lock_guard lock(mutex_);
    ASSIGN_OR_RETURN(auto transaction, sqlite::Transaction::begin(connection_));
    RETURN_IF_ERROR(forget_expired());
    ASSIGN_OR_RETURN(auto insert, connection_.prepare("INSERT INTO sign_ins VALUES (?, ?, ?)"));
    insert.bind(1, sha256_hex(token)).bind(2, person).bind(3, now() + count_of(valid_for));
    const auto inserted = insert.run();
    if (!inserted && inserted.error().code == ErrorCode::Conflict)
        return fail(ErrorCode::NotFound, "cannot make sign-in link",
                    fmt::format("person {}", person),
                    "there is no such person; `clickmill user list` shows them");
    RETURN_IF_ERROR(inserted);
    RETURN_IF_ERROR(commit_change(transaction));
    return token;
}

Result<std::string> SqliteControl::sign_in(std::string_view token) {
    const auto refused = [] {
        return fail(ErrorCode::NotFound, "cannot sign in", "sign-in link",
                    "it was used, has expired or was never made; ask for a new one "
                    "(`clickmill user link NAME`)");
    };
    if (token.empty() || token.size() > kMaxTokenBytes) return refused();

    std::string session_token = make_token();
    const std::lock_guard lock(mutex_);
    ASSIGN_OR_RETURN(auto transaction, sqlite::Transaction::begin(connection_));
    RETURN_IF_ERROR(forget_expired());
    // Taken and looked up in one statement: of two that come with one link, one gets it.
    ASSIGN_OR_RETURN(auto take, connection_.prepare("DELETE FROM sign_ins WHERE token_hash = ? "
                                                    "RETURNING person, token_hash"));
    const std::string hash = sha256_hex(token);
    ASSIGN_OR_RETURN(const bool is_found, take.bind(1, hash).step());
    if (!is_found || !is_same_secret(take.text(1), hash)) return refused();
    const int64_t person = take.integer(0);
    RETURN_IF_ERROR(take.run());

    ASSIGN_OR_RETURN(auto insert, connection_.prepare("INSERT INTO sessions VALUES (?, ?, ?)"));
    insert.bind(1, sha256_hex(session_token)).bind(2, person);
    RETURN_IF_ERROR(insert.bind(3, now() + count_of(kSessionTime)).run());
    RETURN_IF_ERROR(commit_change(transaction));
    return session_token;
}

Result<Person> SqliteControl::session(std::string_view session_token) {
    if (session_token.empty() || session_token.size() > kMaxTokenBytes) return no_session();
    const std::string hash = sha256_hex(session_token);

    const std::lock_guard lock(mutex_);
    ASSIGN_OR_RETURN(
        auto select,
        connection_.prepare("SELECT people.id, people.name, people.role, people.created_at, "
                            "token_hash FROM sessions JOIN people ON people.id = person "
                            "WHERE token_hash = ? AND expires_at > ?"));
    ASSIGN_OR_RETURN(const bool is_found, select.bind(1, hash).bind(2, now()).step());
    if (!is_found || !is_same_secret(select.text(4), hash)) return no_session();
    return Person{.id = select.integer(0),
                  .name = std::string(select.text(1)),
                  .role = select.text(2) == "admin" ? Role::Admin : Role::Viewer,
                  .created_at = select.integer(3)};
}

Result<void> SqliteControl::sign_out(std::string_view session_token) {
    const std::lock_guard lock(mutex_);
    ASSIGN_OR_RETURN(auto transaction, sqlite::Transaction::begin(connection_));
    ASSIGN_OR_RETURN(auto remove, connection_.prepare("DELETE FROM sessions WHERE token_hash = ?"));
    RETURN_IF_ERROR(remove.bind(1, sha256_hex(session_token)).run());
    if (connection_.changes() == 0) return {};
    return commit_change(transaction);
}

}  // namespace clickmill::control
