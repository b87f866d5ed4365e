// How answers made on other threads reach the core that owns the connection: many answers, one
// wake-up. It outlives the core, so a late answer falls into an empty house instead of a hole.
#pragma once

#include "http/message.h"

#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <utility>
#include <vector>

namespace clickmill::http {

class Connection;

struct Letter {
    std::weak_ptr<Connection> connection;
    uint64_t sequence = 0;
    Response response;
};

// Any thread.
class Mailbox {
public:
    explicit Mailbox(std::function<void()> wake) : wake_(std::move(wake)) {}

    void put(Letter letter) {
        const std::lock_guard lock(mutex_);
        if (is_closed_) return;
        letters_.push_back(std::move(letter));
        if (letters_.size() == 1) wake_();
    }
    std::vector<Letter> take() {
        const std::lock_guard lock(mutex_);
        return std::exchange(letters_, {});
    }
    void close() {
        const std::lock_guard lock(mutex_);
        is_closed_ = true;
        letters_.clear();
    }

private:
    const std::function<void()> wake_;  // called under the lock, so that close() waits for it
    std::mutex mutex_;
    bool is_closed_ = false;
    std::vector<Letter> letters_;
};

}  // namespace clickmill::http
