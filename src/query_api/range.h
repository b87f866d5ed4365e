// Which buckets a question is about, and which ones came before them. Pure.
#pragma once

#include "base/types.h"
#include "calendar/calendar.h"
#include "query_api/refusal.h"
#include "query_api/spans.h"

#include <optional>
#include <string>
#include <vector>

namespace clickmill::query_api {

inline constexpr int64_t kMaxBuckets = 10'000;  // over a year of hours

inline int64_t seconds_of(Moment moment) {
    return std::chrono::floor<std::chrono::seconds>(moment).time_since_epoch().count();
}

// As the question says it; absent means the default.
struct RangeWords {
    std::optional<std::string> from;
    std::optional<std::string> to;
};

// Buckets of one grain in a row, at least one.
struct Range {
    calendar::Grain grain = calendar::Grain::Day;
    std::vector<calendar::BucketKey> buckets;
};

// The buckets of `grain` that touch what was asked. Defaults: up to the end of the running bucket,
// and 24 hours, 7 days, 8 weeks or 12 months long. too_wide: over kMaxBuckets.
Answer<Range> read_range(const calendar::Calendar& calendar, calendar::Grain grain,
                         const RangeWords& words, Moment now);

// The same for a question without a grain: months when it begins and ends with months, else days,
// else hours. So the period before a month is a month.
Answer<Range> read_range(const calendar::Calendar& calendar, const RangeWords& words, Moment now);

Moment start_of(const calendar::Calendar& calendar, const Range& range);
Moment end_of(const calendar::Calendar& calendar, const Range& range);

// Every instant of the buckets and no other: where a zone sets its clocks back over midnight, a day
// lies in two pieces.
Spans spans_of(const calendar::Calendar& calendar, const Range& range);
Spans spans_of(const calendar::Calendar& calendar, calendar::Grain grain,
               calendar::BucketKey bucket);

// The period before, and the parts of both that can be compared fairly.
struct Comparison {
    Range previous;        // as many buckets, just before
    Moment elapsed_to{};   // how far the range has come, on the hour
    Moment compared_to{};  // the same local time in the period before
};

Comparison compare(const calendar::Calendar& calendar, const Range& range,
                   std::optional<Moment> complete_through);

}  // namespace clickmill::query_api
