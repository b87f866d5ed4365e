#include "calendar/zone.h"

#include <algorithm>
#include <chrono>
#include <utility>

namespace clickmill::calendar {
namespace {

// No local time is further than this from UTC.
constexpr int64_t kWidestOffset = kDaySeconds;

std::chrono::year_month_day date_of(BucketKey day) {
    return std::chrono::sys_days{std::chrono::days{floor_to(day, kDaySeconds) / kDaySeconds}};
}

BucketKey key_of(std::chrono::year_month_day date) {
    return std::chrono::sys_days{date}.time_since_epoch().count() * kDaySeconds;
}

int64_t inside(int64_t second) {
    return std::clamp(second, kFirstSecond, kLastSecond - 1);
}

}  // namespace

Calendar::Zone::Zone(std::string zone_name, WeekStart start, std::vector<Stretch> zone_stretches)
    : name(std::move(zone_name)), week_start(start), stretches(std::move(zone_stretches)) {
    size_t at = 0;
    for (size_t span = 0; span < kSpans; ++span) {
        const auto second = static_cast<int64_t>(span) << kSpanBits;
        while (stretches[at].end <= second) ++at;
        stretch_of_span_[span] = static_cast<uint16_t>(at);
    }
    for (size_t i = 1; i < stretches.size(); ++i) {
        const int64_t local_before = stretches[i].begin + stretches[i - 1].utc_offset;
        const int64_t local_after = stretches[i].begin + stretches[i].utc_offset;
        for (BucketKey day = floor_to(local_before + kDaySeconds - 1, kDaySeconds);
             day + kDaySeconds <= local_after; day += kDaySeconds) {
            if (pieces(day, day + kDaySeconds).empty()) skipped_days.push_back(day);
        }
    }
}

const Stretch& Calendar::Zone::stretch_at(int64_t second) const {
    const int64_t span = std::clamp<int64_t>(second >> kSpanBits, 0, kSpans - 1);
    size_t at = second < 0 ? 0 : stretch_of_span_[static_cast<size_t>(span)];
    while (stretches[at].end <= second) ++at;
    return stretches[at];
}

Hour Calendar::Zone::hour_at(int64_t second) const {
    second = inside(second);
    const Stretch& stretch = stretch_at(second);
    const int64_t local = second + stretch.utc_offset;
    const int64_t begin = floor_to(local, kHourSeconds) - stretch.utc_offset;
    return Hour{.key = std::max(begin, stretch.begin),
                .end = std::min(begin + kHourSeconds, stretch.end),
                .day = floor_to(local, kDaySeconds),
                .utc_offset = stretch.utc_offset};
}

std::vector<Piece> Calendar::Zone::pieces(BucketKey first_day, BucketKey end_day) const {
    std::vector<Piece> found;
    const Stretch* stretch = &stretch_at(inside(first_day - kWidestOffset));
    const Stretch* const end = stretches.data() + stretches.size();
    for (; stretch != end && stretch->begin < end_day + kWidestOffset; ++stretch) {
        const int64_t from = std::max(stretch->begin, first_day - stretch->utc_offset);
        const int64_t to = std::min(stretch->end, end_day - stretch->utc_offset);
        if (from < to) found.push_back({from, to, stretch->utc_offset});
    }
    return found;
}

bool Calendar::Zone::is_skipped(BucketKey day) const {
    return std::binary_search(skipped_days.begin(), skipped_days.end(), day);
}

int64_t Calendar::Zone::instant_of_local(int64_t local_second) const {
    local_second =
        std::clamp(local_second, kFirstSecond + 2 * kWidestOffset, kLastSecond - 2 * kWidestOffset);
    const Stretch* stretch = &stretch_at(local_second - kWidestOffset);
    // The last stretch reaches further than any local time, so the walk ends.
    while (local_second - stretch->utc_offset >= stretch->end) ++stretch;
    return std::max(stretch->begin, local_second - stretch->utc_offset);
}

BucketKey Calendar::Zone::bucket_of_day(Grain grain, BucketKey day) const {
    day = floor_to(inside(day), kDaySeconds);
    if (grain == Grain::Week) {
        const int64_t weekday = ((day / kDaySeconds + 4) % 7 + 7) % 7;  // 1970-01-01: Thursday
        const int64_t since_start = (weekday - std::to_underlying(week_start) + 7) % 7;
        return day - since_start * kDaySeconds;
    }
    if (grain == Grain::Month) {
        const auto date = date_of(day);
        return key_of(date.year() / date.month() / 1);
    }
    return day;
}

BucketKey Calendar::Zone::end_day(Grain grain, BucketKey bucket) const {
    bucket = inside(bucket);
    if (grain == Grain::Week) return bucket + 7 * kDaySeconds;
    if (grain == Grain::Month) {
        const auto date = date_of(bucket);
        return key_of(date.year() / date.month() / 1 + std::chrono::months{1});
    }
    return bucket + kDaySeconds;
}

}  // namespace clickmill::calendar
