// What every event log promises, asked in the same words of each backend. A backend joins by one
// line in event_log_backends.cc.
#pragma once

#include "base/clock.h"
#include "event_log/event_log.h"

#include <gtest/gtest.h>

#include <atomic>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

namespace clickmill::event_log {

// A clock that tests move while threads of the log read it. Any thread.
class TestClock final : public Clock {
public:
    Moment now() override { return moment_of(now_.load()); }
    std::chrono::steady_clock::time_point steady() override {
        return std::chrono::steady_clock::now();
    }
    void set(Moment moment) { now_.store(microseconds_of(moment)); }
    void advance(std::chrono::microseconds by) { now_.fetch_add(by.count()); }

private:
    std::atomic<int64_t> now_{1'700'000'000'000'000};
};

// A log of one partition under test, and what only its backend can do to it.
class LogUnderTest {
public:
    virtual ~LogUnderTest() = default;
    virtual EventLog& log() = 0;
    // Nothing becomes durable until release_sync().
    virtual void hold_sync() = 0;
    virtual void release_sync() = 0;
    // Deletes what is below `offset`, as far as the backend deletes; `offset` is not the newest.
    virtual void trim(Offset offset) = 0;
    virtual void fail_appends() = 0;
    virtual void heal() = 0;
    // Destroys the log: what waits is answered first.
    virtual void close() = 0;
};

struct BackendOptions {
    int64_t max_queue_bytes = 64 << 20;
    Offset first_offset;
};

struct Backend {
    std::string name;
    std::function<std::unique_ptr<LogUnderTest>(BackendOptions, Clock&)> make;
    bool knows_totals = true;     // events ever appended, and bytes
    bool starts_anywhere = true;  // at BackendOptions::first_offset
    bool has_own_clock = false;   // append times come from somebody else's clock, in milliseconds
};

std::vector<Backend> event_log_backends();

}  // namespace clickmill::event_log
