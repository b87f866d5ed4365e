// Those who wait until something new was counted: one thread looks for all of them.
#pragma once

#include "base/clock.h"
#include "query_api/refusal.h"

#include <chrono>
#include <condition_variable>
#include <functional>
#include <map>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

namespace clickmill::query_api {

// What a project's answers stand on now.
struct Freshness {
    std::string token;             // another one whenever a number could be
    std::string complete_through;  // JSON: a moment or null
};

// Any thread. Ends by answering all who wait.
class ChangeWatch {
public:
    using Look = std::function<Answer<Freshness>(const std::string& project)>;
    using Done = std::move_only_function<void(Answer<Freshness>)>;

    struct Options {
        std::chrono::milliseconds interval{200};
        size_t max_waiting = 1000;
    };

    ChangeWatch(Options options, Clock& clock, Look look);
    ~ChangeWatch();

    struct Wish {
        std::string project;
        std::string since;
        std::chrono::seconds wait{0};
    };
    // Calls `done` once: when the token is not `since`, or after the wait. False when too many
    // wait: `done` was not taken.
    bool wait(Wish wish, Done& done);
    // Answers all who wait now and, from then on, everybody at once.
    void stop_waiting();

private:
    struct Waiter {
        Wish wish;
        std::chrono::steady_clock::time_point deadline;
        Done done;
    };
    void watch(std::stop_token stop);
    void look_once(bool is_last);

    const Options options_;
    Clock& clock_;
    const Look look_;
    std::mutex mutex_;  // guards waiters_ and is_stopping_
    std::condition_variable_any somebody_waits_;
    std::vector<Waiter> waiters_;
    bool is_stopping_ = false;
    std::jthread thread_;  // last: it uses the members above
};

}  // namespace clickmill::query_api
