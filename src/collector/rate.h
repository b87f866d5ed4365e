// How fast one key may send: a token bucket that is one number.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>

namespace clickmill::collector {

struct Rate {
    double per_second = 0;  // 0: no limit
    double burst = 0;       // events that may come at once after a rest
};

// Any thread. The bucket lets a request in while it is not empty and then takes what the request
// holds, going below empty if it must: a request larger than the burst still gets its turn.
class Bucket {
public:
    using Time = std::chrono::steady_clock::time_point;

    // Zero: come in. Otherwise: how long until the bucket is no longer empty.
    std::chrono::nanoseconds wait(Time now, const Rate& rate) const;
    void take(int64_t events, Time now, const Rate& rate);

private:
    std::atomic<int64_t> full_at_{INT64_MIN};  // nanoseconds of Time when it is full again
};

}  // namespace clickmill::collector
