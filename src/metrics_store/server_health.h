// Whether a database server can be asked and changed, for readiness; the same for every such
// backend. Private to metrics_store/.
#pragma once

#include "base/result.h"

#include <chrono>
#include <condition_variable>
#include <functional>
#include <mutex>
#include <optional>
#include <stop_token>
#include <thread>

namespace clickmill::metrics_store {

template <typename T>
std::optional<Error> failure_of(const Result<T>& done) {
    return done ? std::nullopt : std::optional(done.error());
}

// Any thread. While nobody can ask, a thread of its own tries again every second, so that what()
// is known without waiting for a server that is away.
class ServerHealth {
public:
    // From now on. `try_again` asks the server, says so by asked(), and returns whether it could;
    // it is called until this goes, so keep this behind what it uses.
    void watch(const char* thread_name, std::function<bool()> try_again);

    void asked(const std::optional<Error>& failure);  // none: it was answered
    // Of a change; refusals that are the caller's own say nothing.
    void changed(const std::optional<Error>& failure);
    Result<void> what() const;

private:
    void run(const std::stop_token& stop, const std::function<bool()>& try_again);

    mutable std::mutex mutex_;  // guards the failures
    std::optional<Error> ask_failure_;
    std::optional<Error> change_failure_;
    std::condition_variable_any failed_;
    std::jthread watch_;  // last, so that it ends first
};

}  // namespace clickmill::metrics_store
