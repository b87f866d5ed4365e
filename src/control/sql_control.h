// Control on a SQL database: a SQLite file that other processes of this machine share (the command
// line beside the server), or a PostgreSQL server that all machines share.
#pragma once

#include "control/control.h"
#include "control/schema.h"
#include "sql/session.h"

#include <mutex>

namespace clickmill::control {

class SqlControl final : public Control {
public:
    SqlControl(Options options, Clock& clock) : options_(std::move(options)), clock_(clock) {}

    Result<Project> add_project(Project project) override;
    Result<Project> change_project(const Project& project) override;
    Result<std::vector<Project>> projects() override;
    Result<NewKey> add_key(Key key) override;
    Result<std::vector<Key>> keys() override;
    Result<void> disable_key(int64_t id) override;

    Result<Person> add_person(std::string_view name, Role role) override;
    Result<std::vector<Person>> people() override;
    Result<void> remove_person(std::string_view name) override;

    Result<std::vector<Feature>> features(std::string_view project) override;
    Result<int64_t> set_features(std::string_view project,
                                 std::span<const FeatureChange> changes) override;
    Result<void> remove_feature(std::string_view project, std::string_view id) override;

    Result<std::string> make_sign_in(int64_t person, std::chrono::seconds valid_for) override;
    Result<std::string> sign_in(std::string_view token) override;
    Result<Person> session(std::string_view session_token) override;
    Result<void> sign_out(std::string_view session_token) override;

    Result<int64_t> version() override;

private:
    int64_t now() { return microseconds_of(clock_.now()); }
    // With the lock held: a connection that is alive, made anew where the server was restarted.
    Result<sql::Session*> connected();
    Result<void> forget_expired(sql::Session& session);

    const Options options_;
    Clock& clock_;
    std::mutex mutex_;                       // guards what follows
    std::unique_ptr<sql::Session> session_;  // one for all threads: calls are rare and short
};

}  // namespace clickmill::control
