// Control on one SQLite file, shared with other processes (the command line beside the server).
#pragma once

#include "base/sqlite.h"
#include "control/control.h"

#include <mutex>

namespace clickmill::control {

class SqliteControl final : public Control {
public:
    SqliteControl(sqlite::Connection connection, Clock& clock)
        : connection_(std::move(connection)), clock_(clock) {}

    Result<Project> add_project(Project project) override;
    Result<std::vector<Project>> projects() override;
    Result<NewKey> add_key(Key key) override;
    Result<std::vector<Key>> keys() override;
    Result<void> disable_key(int64_t id) override;

    Result<Person> add_person(std::string_view name, Role role) override;
    Result<std::vector<Person>> people() override;
    Result<void> remove_person(std::string_view name) override;

    Result<std::string> make_sign_in(int64_t person, std::chrono::seconds valid_for) override;
    Result<std::string> sign_in(std::string_view token) override;
    Result<Person> session(std::string_view session_token) override;
    Result<void> sign_out(std::string_view session_token) override;

    Result<int64_t> version() override;

private:
    int64_t now() { return microseconds_of(clock_.now()); }
    // The last step of every change: counts the version up and commits.
    Result<void> commit_change(sqlite::Transaction& transaction);
    Result<void> forget_expired();

    std::mutex mutex_;               // guards connection_
    sqlite::Connection connection_;  // one for all threads: calls are rare and short
    Clock& clock_;
};

}  // namespace clickmill::control
