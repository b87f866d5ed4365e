// The program, or one role of it: builds the parts, starts them in the order in which they need
// each other, stops them in reverse. docs/design/how-a-click-travels.md shows who talks to whom.
#pragma once

#include "base/result.h"
#include "config/config.h"
#include "server/first_start.h"
#include "telemetry/logger.h"

#include <atomic>
#include <functional>
#include <memory>
#include <optional>
#include <string>

namespace clickmill::server {

// What a process does. All but All share a topic on Kafka, and those on one machine a data folder.
enum class Role { All, Collect, Aggregate, Query, Archive };

struct StartOptions {
    config::Config config;
    Role role = Role::All;
    bool is_demo = false;
    std::string collector_url;  // where the demo page sends clicks; empty: here
    std::shared_ptr<std::atomic<telemetry::Level>> level;  // may change while the server runs
    // Waits a while for what is away at the start; false: to be stopped instead. Not set: nothing
    // is waited for.
    std::function<bool()> go_on_waiting;
};

// One thread starts, ticks and stops it.
class Server {
public:
    // InvalidInput: settings. Conflict: another server has the folder. Unavailable: an address is
    // taken, the folder cannot be written.
    static Result<std::unique_ptr<Server>> start(StartOptions options);
    virtual ~Server() = default;

    // "127.0.0.1:8080", with the real port; empty where the role serves nothing but operations.
    virtual const std::string& listen() const = 0;
    virtual const std::string& operations() const = 0;  // the same of the operations listener
    virtual const config::Config& config() const = 0;
    // Set on the first start of a folder.
    virtual const std::optional<Welcome>& welcome() const = 0;
    virtual Result<std::string> new_sign_in_token() = 0;

    // Looks after health; to be called about once a second.
    virtual void tick() = 0;
    // Not ready, accept no more, answer what is in flight, fold and commit it, close.
    virtual void stop() = 0;
};

}  // namespace clickmill::server
