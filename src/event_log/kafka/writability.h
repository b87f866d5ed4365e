// Whether the topic takes records now: what deliveries and looks at the topic have shown, the later
// one first.
#pragma once

#include "base/result.h"

#include <cstdint>
#include <mutex>

namespace clickmill::event_log::kafka {

// Any thread.
class Writability {
public:
    void delivered() { set({}); }
    void failed(const Error& why) { set(std::unexpected(why)); }

    // A look takes a while: what was delivered or failed since `before` knows better.
    int64_t before_look() const {
        const std::lock_guard lock(mutex_);
        return deliveries_;
    }
    void looked(int64_t before, Result<void> found) {
        const std::lock_guard lock(mutex_);
        if (deliveries_ == before) state_ = std::move(found);
    }

    Result<void> state() const {
        const std::lock_guard lock(mutex_);
        return state_;
    }

private:
    void set(Result<void> state) {
        const std::lock_guard lock(mutex_);
        state_ = std::move(state);
        ++deliveries_;
    }

    mutable std::mutex mutex_;  // guards what follows
    Result<void> state_;
    int64_t deliveries_ = 0;
};

}  // namespace clickmill::event_log::kafka
