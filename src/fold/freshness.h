// How long clicks take from receipt to the log: the margin by which complete_through stays behind.
#pragma once

#include "base/types.h"

#include <array>
#include <cstdint>

namespace clickmill::fold {

// The largest delay from receipt to append among records of the last ten minutes of append time.
// One thread.
class Freshness {
public:
    void saw(Moment received_at, Moment append_time);
    // Every click received before this is among the records seen, when all records appended before
    // `known_to` were seen. At least a second before it.
    Moment complete_through(Moment known_to) const;

private:
    static constexpr int64_t kMinutes = 10;
    struct Minute {
        int64_t number = INT64_MIN;
        int64_t largest_delay = 0;  // microseconds
    };
    std::array<Minute, kMinutes> minutes_;
};

}  // namespace clickmill::fold
