#include "event_log/embedded/log_state.h"

#include <algorithm>
#include <utility>

namespace clickmill::event_log {

LogState::View LogState::view_locked() {
    if (!in_flight_) newest_ = std::max(newest_, clock_.now());
    return {.summary = summary_,
            .generation = generation_,
            .bytes = bytes_,
            .asked_at = in_flight_.value_or(newest_),
            .health = health_};
}

LogState::View LogState::view() {
    const std::lock_guard lock(mutex_);
    return view_locked();
}

LogState::View LogState::wait_for(Offset position, std::chrono::milliseconds wait,
                                  std::stop_token stop) {
    std::unique_lock lock(mutex_);
    changed_.wait_for(lock, stop, wait, [&] {
        return generation_ > 0 && (summary_.end > position || summary_.first > position);
    });
    return view_locked();
}

std::vector<Gap> LogState::gaps() {
    const std::lock_guard lock(mutex_);
    return gaps_;
}

Moment LogState::begin_commit() {
    const std::lock_guard lock(mutex_);
    newest_ = std::max(newest_, clock_.now());
    in_flight_ = newest_;
    return newest_;
}

void LogState::committed(const LogSummary& summary) {
    {
        const std::lock_guard lock(mutex_);
        summary_ = summary;
        in_flight_.reset();
    }
    changed_.notify_all();
}

void LogState::shortened(const LogSummary& summary) {
    const std::lock_guard lock(mutex_);
    summary_ = summary;
}

void LogState::opened(const LogSummary& summary, std::vector<Gap> gaps) {
    {
        const std::lock_guard lock(mutex_);
        summary_ = summary;
        gaps_ = std::move(gaps);
        newest_ = std::max(newest_, summary.newest);
        in_flight_.reset();
        repair_.reset();
        ++generation_;
    }
    changed_.notify_all();
}

void LogState::report(Result<void> health, int64_t bytes) {
    const std::lock_guard lock(mutex_);
    health_ = std::move(health);
    bytes_ = bytes;
}

void LogState::request_repair(int64_t generation, const std::string& why) {
    const std::lock_guard lock(mutex_);
    if (generation == generation_) repair_ = why;
}

std::optional<std::string> LogState::take_repair() {
    const std::lock_guard lock(mutex_);
    return std::exchange(repair_, {});
}

}  // namespace clickmill::event_log
