// Projects, keys, people, sign-ins and the catalogue of features: what cannot be rebuilt.
// data/control.db, a SQLite file of its own, or a schema of a PostgreSQL database.
#pragma once

#include "base/clock.h"
#include "base/result.h"
#include "control/feature.h"

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace clickmill::control {

struct Project {
    std::string id;    // [a-z0-9][a-z0-9_-]{0,39}
    std::string name;  // for people
    std::string zone;  // IANA
    std::string week_start = "monday";
    bool is_sample = false;  // made by `clickmill demo`; labelled so wherever it is shown
    std::string secret;      // 32 random hex bytes: keys the hash of identities
    int64_t created_at = 0;  // microseconds since 1970
};

enum class KeyKind { Write, Read };

// A key as it is kept. The key itself ("wk_..." or "rk_...") is shown once, when it is made.
struct Key {
    int64_t id = 0;
    KeyKind kind = KeyKind::Write;
    std::string project;
    std::string hash;                  // SHA-256 of the key, hex
    std::string hint;                  // its first eight characters
    std::vector<std::string> origins;  // write keys: allowed browser origins; empty: any
    double events_per_second = 0;      // write keys: token bucket; 0: the configured default
    bool is_disabled = false;
    int64_t created_at = 0;
};

enum class Role { Viewer, Admin };

struct Person {
    int64_t id = 0;
    std::string name;  // an address or a name, unique
    Role role = Role::Viewer;
    int64_t created_at = 0;
};

struct NewKey {
    Key key;
    std::string text;  // "wk_" or "rk_" and 32 hex digits: shown once, not kept
};

// Where a control store lies.
struct Options {
    std::string path = {};  // data/control.db
    std::string url = {};   // postgresql://...: there, and not in the file; empty: in the file
};

// Any thread.
class Control {
public:
    static Result<std::unique_ptr<Control>> open(const Options& options, Clock& clock);
    virtual ~Control() = default;

    virtual Result<Project> add_project(Project project) = 0;  // Conflict: the id is taken
    virtual Result<std::vector<Project>> projects() = 0;
    // Takes over `name`, `zone` and `week_start`, and says what is there afterwards. NotFound: no
    // such project.
    virtual Result<Project> change_project(const Project& project) = 0;
    virtual Result<NewKey> add_key(Key key) = 0;
    virtual Result<std::vector<Key>> keys() = 0;
    virtual Result<void> disable_key(int64_t id) = 0;

    virtual Result<Person> add_person(std::string_view name, Role role) = 0;
    virtual Result<std::vector<Person>> people() = 0;
    virtual Result<void> remove_person(std::string_view name) = 0;  // their sessions end too

    // A project's catalogue, sorted by id; nothing when nobody has written any.
    virtual Result<std::vector<Feature>> features(std::string_view project) = 0;
    // All of them or none; how many differ from what was there. InvalidInput: as feature.h says.
    // NotFound: no such project.
    virtual Result<int64_t> set_features(std::string_view project,
                                         std::span<const FeatureChange> changes) = 0;
    virtual Result<void> remove_feature(std::string_view project,
                                        std::string_view id) = 0;  // NotFound: it has no entry

    // A token for a sign-in link: works once, within `valid_for`.
    virtual Result<std::string> make_sign_in(int64_t person, std::chrono::seconds valid_for) = 0;
    // Trades it for a session token of 30 days. NotFound: used, expired or never made.
    virtual Result<std::string> sign_in(std::string_view token) = 0;
    virtual Result<Person> session(
        std::string_view session_token) = 0;  // NotFound: none or expired
    virtual Result<void> sign_out(std::string_view session_token) = 0;

    // Counts up whenever anything above changes, also by another process: copies compare it.
    virtual Result<int64_t> version() = 0;
};

// Whether the database server of `options` lets us in. Asks it for nothing else and makes nothing.
Result<void> check_connection(const Options& options);

std::string hash_of_key(std::string_view key);  // SHA-256, hex

}  // namespace clickmill::control
