// A time zone as the stretches of one UTC offset that cover all time. Private to calendar/.
#pragma once

#include "base/result.h"
#include "calendar/calendar.h"

#include <array>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace clickmill::calendar {

// Instants of one UTC offset; neighbours differ in it. UTC seconds.
struct Stretch {
    int64_t begin = 0;
    int64_t end = 0;         // excluded
    int32_t utc_offset = 0;  // seconds east of UTC
};

// Part of a run of local dates within one stretch.
struct Piece {
    int64_t begin = 0;
    int64_t end = 0;  // excluded
    int32_t utc_offset = 0;
};

// Beyond these, which lie outside any calendar, arithmetic stands still instead of overflowing.
inline constexpr int64_t kFirstSecond = -(int64_t{1} << 39);
inline constexpr int64_t kLastSecond = int64_t{1} << 39;
inline constexpr int64_t kDaySeconds = 86'400;
inline constexpr int64_t kHourSeconds = 3'600;

constexpr int64_t floor_to(int64_t value, int64_t unit) {
    return value - ((value % unit) + unit) % unit;
}

// Stretches from 1970 to 2100 of an IANA zone, the first and the last prolonged to all time: the
// one adapter of the date library. InvalidInput: no such zone.
Result<std::vector<Stretch>> stretches_of(std::string_view zone);

struct Calendar::Zone {
    Zone(std::string zone_name, WeekStart start, std::vector<Stretch> zone_stretches);

    const Stretch& stretch_at(int64_t second) const;
    Hour hour_at(int64_t second) const;
    // The pieces of the local dates from `first_day` to `end_day`, excluded, in order of time.
    std::vector<Piece> pieces(BucketKey first_day, BucketKey end_day) const;
    bool is_skipped(BucketKey day) const;
    // The first instant that shows this local time, or the instant of the change that skips it.
    int64_t instant_of_local(int64_t local_second) const;
    BucketKey bucket_of_day(Grain grain, BucketKey day) const;
    // The first day after the bucket.
    BucketKey end_day(Grain grain, BucketKey bucket) const;

    std::string name;
    WeekStart week_start;
    std::vector<Stretch> stretches;
    std::vector<BucketKey> skipped_days;  // local dates without a single instant, sorted

private:
    // For each of equal spans of time from 1970 on, the stretch of its first second: so a look-up
    // walks over at most a few.
    static constexpr int kSpanBits = 23;  // 97 days
    static constexpr size_t kSpans = 490;
    std::array<uint16_t, kSpans> stretch_of_span_{};
};

}  // namespace clickmill::calendar
