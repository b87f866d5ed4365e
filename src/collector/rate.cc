#include "collector/rate.h"

#include <algorithm>

namespace clickmill::collector {
namespace {

constexpr double kNanoseconds = 1e9;

int64_t nanoseconds_of(Bucket::Time time) {
    return std::chrono::duration_cast<std::chrono::nanoseconds>(time.time_since_epoch()).count();
}

int64_t nanoseconds_for(double events, const Rate& rate) {
    constexpr double kMost = 1e15;  // eleven days
    return static_cast<int64_t>(std::min(events / rate.per_second * kNanoseconds, kMost));
}

}  // namespace

std::chrono::nanoseconds Bucket::wait(Time now, const Rate& rate) const {
    if (rate.per_second <= 0) return std::chrono::nanoseconds(0);
    const int64_t at = nanoseconds_of(now);
    const int64_t full_at = std::max(full_at_.load(std::memory_order_relaxed), at);
    const int64_t debt = full_at - at - nanoseconds_for(std::max(rate.burst, 1.0), rate);
    return std::chrono::nanoseconds(std::max<int64_t>(debt + 1, 0));
}

void Bucket::take(int64_t events, Time now, const Rate& rate) {
    if (rate.per_second <= 0) return;
    const int64_t cost = nanoseconds_for(static_cast<double>(events), rate);
    const int64_t at = nanoseconds_of(now);
    int64_t before = full_at_.load(std::memory_order_relaxed);
    while (!full_at_.compare_exchange_weak(before, std::max(before, at) + cost,
                                           std::memory_order_relaxed)) {
    }
}

}  // namespace clickmill::collector
