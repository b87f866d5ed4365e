#include "fold/freshness.h"

#include <algorithm>
#include <chrono>

namespace clickmill::fold {
namespace {

constexpr int64_t kLeastMargin = 1'000'000;

int64_t minute_of(Moment moment) {
    return std::chrono::floor<std::chrono::minutes>(moment).time_since_epoch().count();
}

}  // namespace

void Freshness::saw(Moment received_at, Moment append_time) {
    const int64_t number = minute_of(append_time);
    Minute& minute = minutes_[static_cast<size_t>(((number % kMinutes) + kMinutes) % kMinutes)];
    if (minute.number != number) minute = {number, 0};
    minute.largest_delay = std::max(minute.largest_delay, (append_time - received_at).count());
}

Moment Freshness::complete_through(Moment known_to) const {
    int64_t margin = kLeastMargin;
    for (const Minute& minute : minutes_) {
        if (minute.number > minute_of(known_to) - kMinutes)
            margin = std::max(margin, minute.largest_delay);
    }
    return known_to - std::chrono::microseconds(margin);
}

}  // namespace clickmill::fold
