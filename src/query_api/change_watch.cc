#include "query_api/change_watch.h"

#include <utility>

namespace clickmill::query_api {

ChangeWatch::ChangeWatch(Options options, Clock& clock, Look look)
    : options_(options),
      clock_(clock),
      look_(std::move(look)),
      thread_([this](std::stop_token stop) { watch(std::move(stop)); }) {}

ChangeWatch::~ChangeWatch() {
    stop_waiting();
}

void ChangeWatch::stop_waiting() {
    {
        const std::lock_guard lock(mutex_);
        is_stopping_ = true;
    }
    somebody_waits_.notify_all();
}

bool ChangeWatch::wait(Wish wish, Done& done) {
    {
        const std::lock_guard lock(mutex_);
        if (waiters_.size() >= options_.max_waiting) return false;
        const auto deadline = clock_.steady() + wish.wait;
        waiters_.push_back({std::move(wish), deadline, std::move(done)});
    }
    somebody_waits_.notify_all();
    return true;
}

void ChangeWatch::watch(std::stop_token stop) {
    while (!stop.stop_requested()) {
        bool is_last = false;
        {
            std::unique_lock lock(mutex_);
            somebody_waits_.wait(lock, stop, [&] { return !waiters_.empty(); });
            is_last = is_stopping_;
        }
        look_once(is_last || stop.stop_requested());
        std::unique_lock lock(mutex_);
        // New ones are looked at at once: what they ask about may have changed already.
        const size_t known = waiters_.size();
        somebody_waits_.wait_for(lock, stop, options_.interval, [&] {
            return waiters_.size() > known || (is_stopping_ && !waiters_.empty());
        });
    }
    look_once(true);
}

// Looks once for each project that somebody waits for, and answers outside of the lock.
void ChangeWatch::look_once(bool is_last) {
    std::vector<Waiter> waiters;
    {
        const std::lock_guard lock(mutex_);
        waiters.swap(waiters_);
    }
    std::map<std::string, Answer<Freshness>> seen;
    std::vector<Waiter> waiting_on;
    for (Waiter& waiter : waiters) {
        const std::string& project = waiter.wish.project;
        auto found = seen.find(project);
        if (found == seen.end()) found = seen.emplace(project, look_(project)).first;
        const Answer<Freshness>& now = found->second;
        if (is_last || !now || now->token != waiter.wish.since ||
            clock_.steady() >= waiter.deadline)
            waiter.done(now);
        else
            waiting_on.push_back(std::move(waiter));
    }
    const std::lock_guard lock(mutex_);
    for (Waiter& waiter : waiting_on) waiters_.push_back(std::move(waiter));
}

}  // namespace clickmill::query_api
