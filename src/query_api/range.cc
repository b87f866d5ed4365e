#include "query_api/range.h"

#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <utility>

namespace clickmill::query_api {
namespace {

using calendar::BucketKey;
using calendar::Calendar;
using calendar::Grain;
using std::chrono::sys_days;
using std::chrono::year;

constexpr Moment kFirstMoment = sys_days{year{1971} / 1 / 1};
constexpr Moment kLastMoment = sys_days{year{2100} / 1 / 1};
constexpr std::array<int, 4> kDefaultBuckets = {24, 7, 8, 12};  // by grain
constexpr std::array<int64_t, 4> kLeastSeconds = {900, 72'000,
                                                  int64_t{6} * 86'400,  // of a bucket, about
                                                  int64_t{28} * 86'400 - 7200};

Answer<Moment> read_moment(const Calendar& calendar, std::string_view name,
                           const std::string& text) {
    Result<Moment> moment = calendar.parse(text);
    if (!moment) {
        // A + that was not escaped comes as a space; nothing else here has one.
        std::string with_plus = text;
        std::ranges::replace(with_plus, ' ', '+');
        moment = calendar.parse(with_plus);
    }
    if (!moment)
        return refuse("invalid_parameter",
                      fmt::format("{}={}: give a date or date-time such as 2026-11-01, "
                                  "2026-11-01T09:00 or 2026-11-01T09:00:00+01:00",
                                  name, text.substr(0, 40)));
    if (*moment < kFirstMoment || *moment > kLastMoment)
        return refuse("invalid_parameter",
                      fmt::format("{}={}: take a year from 1971 to 2099", name, text));
    return *moment;
}

struct Ends {
    Moment from;
    Moment to;
    // Where they are dates: a date is more than its first instant when clocks go back over
    // midnight.
    BucketKey from_day = INT64_MIN;
    BucketKey to_day = INT64_MAX;
};

bool is_date(const std::string& text) {
    return text.size() == std::string_view("2026-11-01").size();
}

Answer<Ends> read_ends(const Calendar& calendar, Grain grain, const RangeWords& words, Moment now) {
    BucketKey last = calendar.bucket_at(grain, now);
    Ends ends{
        .from = {}, .to = calendar.end_of(grain, last), .from_day = INT64_MIN, .to_day = INT64_MAX};
    if (words.to) {
        ASSIGN_OR_RETURN(ends.to, read_moment(calendar, "to", *words.to));
        last = calendar.bucket_at(grain, ends.to - std::chrono::microseconds(1));
        if (is_date(*words.to)) ends.to_day = calendar.bucket_at(Grain::Day, ends.to);
    }
    if (words.from) {
        ASSIGN_OR_RETURN(ends.from, read_moment(calendar, "from", *words.from));
        if (is_date(*words.from)) ends.from_day = calendar.bucket_at(Grain::Day, ends.from);
    } else {
        BucketKey first = last;
        for (int i = 1; i < kDefaultBuckets[static_cast<size_t>(grain)]; ++i)
            first = calendar.previous(grain, first);
        ends.from = calendar.start_of(grain, first);
    }
    if (ends.from >= ends.to)
        return refuse("invalid_parameter",
                      fmt::format("from {} is not before to {}: give an earlier from or a later to "
                                  "(to is excluded)",
                                  calendar.format(ends.from), calendar.format(ends.to)));
    return ends;
}

Answer<Range> buckets_between(const Calendar& calendar, Grain grain, const Ends& ends) {
    const int64_t least = kLeastSeconds[static_cast<size_t>(grain)];
    const int64_t most = (seconds_of(ends.to) - seconds_of(ends.from)) / least;
    Range range{.grain = grain, .buckets = {}};
    if (most <= 8 * kMaxBuckets) range.buckets = calendar.buckets(grain, ends.from, ends.to);
    if (grain != Grain::Hour)
        std::erase_if(range.buckets, [&](BucketKey bucket) {
            return bucket >= ends.to_day || calendar.next(grain, bucket) <= ends.from_day;
        });
    if (range.buckets.empty() || std::ssize(range.buckets) > kMaxBuckets)
        return refuse("too_wide", fmt::format("the range has more than {} {}s: ask for less, or "
                                              "for a coarser grain",
                                              kMaxBuckets, calendar::name_of(grain)));
    return range;
}

bool begins_bucket(const Calendar& calendar, Grain grain, Moment moment) {
    return calendar.start_of(grain, calendar.bucket_at(grain, moment)) == moment;
}

}  // namespace

Answer<Range> read_range(const Calendar& calendar, Grain grain, const RangeWords& words,
                         Moment now) {
    ASSIGN_OR_RETURN(const Ends ends, read_ends(calendar, grain, words, now));
    return buckets_between(calendar, grain, ends);
}

Answer<Range> read_range(const Calendar& calendar, const RangeWords& words, Moment now) {
    ASSIGN_OR_RETURN(const Ends ends, read_ends(calendar, Grain::Day, words, now));
    for (const Grain grain : {Grain::Month, Grain::Day})
        if (begins_bucket(calendar, grain, ends.from) && begins_bucket(calendar, grain, ends.to))
            return buckets_between(calendar, grain, ends);
    return buckets_between(calendar, Grain::Hour, ends);
}

Moment start_of(const Calendar& calendar, const Range& range) {
    return calendar.start_of(range.grain, range.buckets.front());
}

Moment end_of(const Calendar& calendar, const Range& range) {
    return calendar.end_of(range.grain, range.buckets.back());
}

Spans spans_of(const Calendar& calendar, const Range& range) {
    const Grain grain = range.grain;
    Spans spans = {{seconds_of(start_of(calendar, range)), seconds_of(end_of(calendar, range))}};
    if (grain == Grain::Hour) return spans;
    // Only the days beside it can reach in.
    const BucketKey first_day = calendar.days_in(grain, range.buckets.front()).front();
    const BucketKey last_day = calendar.days_in(grain, range.buckets.back()).back();
    for (const BucketKey day :
         {calendar.previous(Grain::Day, first_day), calendar.next(Grain::Day, last_day)})
        for (const auto& hour : calendar.hours_in(Grain::Day, day))
            subtract(spans, {hour.key, hour.end});
    return spans;
}

Spans spans_of(const Calendar& calendar, Grain grain, BucketKey bucket) {
    return spans_of(calendar, Range{grain, {bucket}});
}

namespace {

// The instant in `previous` that stands where `cut` stands in `bucket`: as many days after its
// start, at the same local time.
Moment same_place(const Calendar& calendar, Grain grain, std::pair<BucketKey, BucketKey> pair,
                  Moment cut) {
    const auto [bucket, previous] = pair;
    const Moment start = calendar.start_of(grain, previous);
    const Moment end = calendar.end_of(grain, previous);
    if (cut <= calendar.start_of(grain, bucket)) return start;
    if (cut >= calendar.end_of(grain, bucket)) return end;
    if (grain == Grain::Hour)
        return std::min(start + (cut - calendar.start_of(grain, bucket)), end);

    const BucketKey cut_day = calendar.bucket_at(Grain::Day, cut);
    BucketKey day = previous;  // keys of days, weeks and months are their first dates
    day += cut_day - calendar.days_in(grain, bucket).front();
    const std::string local_time = calendar.format(cut).substr(10, 9);  // "T09:30:00"
    const auto moment = calendar.parse(calendar.label(Grain::Day, day) + local_time);
    return moment ? std::clamp(*moment, start, end) : end;
}

}  // namespace

Comparison compare(const Calendar& calendar, const Range& range,
                   std::optional<Moment> complete_through) {
    Comparison result;
    result.previous.grain = range.grain;
    BucketKey bucket = range.buckets.front();
    for (size_t i = 0; i < range.buckets.size(); ++i) {
        bucket = calendar.previous(range.grain, bucket);
        result.previous.buckets.push_back(bucket);
    }
    std::ranges::reverse(result.previous.buckets);

    const Moment start = start_of(calendar, range);
    const Moment end = end_of(calendar, range);
    result.elapsed_to = start;
    if (complete_through && *complete_through > start) {
        const Moment hour{std::chrono::seconds(calendar.hour_at(*complete_through).key)};
        result.elapsed_to = *complete_through >= end ? end : std::clamp(hour, start, end);
    }
    // The bucket in which the elapsed part ends; the buckets before it are whole in both.
    size_t i = 0;
    while (i + 1 < range.buckets.size() &&
           calendar.end_of(range.grain, range.buckets[i]) <= result.elapsed_to)
        ++i;
    result.compared_to = same_place(
        calendar, range.grain, {range.buckets[i], result.previous.buckets[i]}, result.elapsed_to);
    return result;
}

}  // namespace clickmill::query_api
