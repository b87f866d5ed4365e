#include "calendar/calendar.h"

#include "calendar/zone.h"

#include <algorithm>
#include <array>
#include <cstdlib>
#include <filesystem>
#include <utility>

namespace clickmill::calendar {
namespace {

template <typename Value>
struct Named {
    Value value;
    std::string_view name;
};

constexpr std::array kGrains{Named{Grain::Hour, "hour"}, Named{Grain::Day, "day"},
                             Named{Grain::Week, "week"}, Named{Grain::Month, "month"}};
constexpr std::array kWeekStarts{Named{WeekStart::Monday, "monday"},
                                 Named{WeekStart::Sunday, "sunday"},
                                 Named{WeekStart::Saturday, "saturday"}};

template <typename Value, size_t size>
std::string_view name_in(const std::array<Named<Value>, size>& table, Value value) {
    for (const auto& row : table) {
        if (row.value == value) return row.name;
    }
    return "unknown";
}

int64_t floor_seconds(Moment moment) {
    return std::chrono::floor<std::chrono::seconds>(moment).time_since_epoch().count();
}

int64_t ceil_seconds(Moment moment) {
    return std::chrono::ceil<std::chrono::seconds>(moment).time_since_epoch().count();
}

Moment moment_at(int64_t second) {
    return Moment{std::chrono::seconds{std::clamp(second, kFirstSecond, kLastSecond)}};
}

}  // namespace

std::string_view name_of(Grain grain) {
    return name_in(kGrains, grain);
}

Result<Grain> grain_named(std::string_view name) {
    for (const auto& row : kGrains) {
        if (row.name == name) return row.value;
    }
    return fail(ErrorCode::InvalidInput, "unknown grain", std::string(name),
                "give hour, day, week or month");
}

std::string_view name_of(WeekStart start) {
    return name_in(kWeekStarts, start);
}

Result<WeekStart> week_start_named(std::string_view name) {
    for (const auto& row : kWeekStarts) {
        if (row.name == name) return row.value;
    }
    return fail(ErrorCode::InvalidInput, "unknown first day of the week", std::string(name),
                "give monday, sunday or saturday");
}

Result<Calendar> Calendar::make(std::string_view zone, WeekStart week_start) {
    ASSIGN_OR_RETURN(auto stretches, stretches_of(zone));
    return Calendar(
        std::make_shared<const Zone>(std::string(zone), week_start, std::move(stretches)));
}

const std::string& Calendar::zone() const {
    return zone_->name;
}

WeekStart Calendar::week_start() const {
    return zone_->week_start;
}

Hour Calendar::hour_at(Moment moment) const {
    return zone_->hour_at(floor_seconds(moment));
}

Hour Calendar::hour_of(BucketKey hour) const {
    return zone_->hour_at(hour);
}

BucketKey Calendar::bucket_of_day(Grain grain, BucketKey day) const {
    return zone_->bucket_of_day(grain, day);
}

BucketKey Calendar::bucket_at(Grain grain, Moment moment) const {
    const Hour hour = hour_at(moment);
    return grain == Grain::Hour ? hour.key : bucket_of_day(grain, hour.day);
}

BucketKey Calendar::next(Grain grain, BucketKey bucket) const {
    if (grain == Grain::Hour) return hour_of(bucket).end;
    BucketKey after = zone_->end_day(grain, bucket);
    while (grain == Grain::Day && zone_->is_skipped(after)) after += kDaySeconds;
    return after;
}

BucketKey Calendar::previous(Grain grain, BucketKey bucket) const {
    if (grain == Grain::Hour) return zone_->hour_at(hour_of(bucket).key - 1).key;
    if (bucket < INT64_MIN + kDaySeconds) return bucket;
    BucketKey before = bucket_of_day(grain, bucket - kDaySeconds);
    while (grain == Grain::Day && zone_->is_skipped(before)) before -= kDaySeconds;
    return before;
}

std::vector<Hour> Calendar::hours_in(Grain grain, BucketKey bucket) const {
    if (grain == Grain::Hour) return {hour_of(bucket)};
    std::vector<Hour> hours;
    for (const Piece& piece : zone_->pieces(bucket, zone_->end_day(grain, bucket))) {
        for (int64_t at = piece.begin; at < piece.end; at = hours.back().end) {
            hours.push_back(zone_->hour_at(at));
        }
    }
    return hours;
}

std::vector<BucketKey> Calendar::days_in(Grain grain, BucketKey bucket) const {
    if (grain == Grain::Hour) return {hour_of(bucket).day};
    std::vector<BucketKey> days;
    const BucketKey end = zone_->end_day(grain, bucket);
    for (BucketKey day = bucket; day < end; day += kDaySeconds) {
        if (!zone_->is_skipped(day)) days.push_back(day);
    }
    return days;
}

std::vector<BucketKey> Calendar::buckets(Grain grain, Moment from, Moment to) const {
    std::vector<BucketKey> keys;
    if (from >= to) return keys;
    const int64_t first = std::clamp(floor_seconds(from), kFirstSecond, kLastSecond);
    const int64_t end = std::clamp(ceil_seconds(to), kFirstSecond, kLastSecond);
    if (grain == Grain::Hour) {
        for (int64_t at = first; at < end;) {
            const Hour hour = zone_->hour_at(at);
            keys.push_back(hour.key);
            at = hour.end;
        }
        return keys;
    }
    // Where clocks go back over midnight a date comes twice, so dates are gathered per stretch.
    for (int64_t at = first; at < end;) {
        const Stretch& stretch = zone_->stretch_at(at);
        const int64_t last = std::min(stretch.end, end) - 1 + stretch.utc_offset;
        BucketKey bucket = bucket_of_day(grain, at + stretch.utc_offset);
        for (; bucket <= last; bucket = zone_->end_day(grain, bucket)) keys.push_back(bucket);
        at = stretch.end;
    }
    std::sort(keys.begin(), keys.end());
    keys.erase(std::unique(keys.begin(), keys.end()), keys.end());
    return keys;
}

Moment Calendar::start_of(Grain grain, BucketKey bucket) const {
    if (grain == Grain::Hour) return moment_at(hour_of(bucket).key);
    return moment_at(zone_->instant_of_local(bucket));
}

Moment Calendar::end_of(Grain grain, BucketKey bucket) const {
    if (grain == Grain::Hour) return moment_at(hour_of(bucket).end);
    const auto pieces = zone_->pieces(bucket, zone_->end_day(grain, bucket));
    if (pieces.empty()) return start_of(grain, bucket);  // a skipped day
    return moment_at(pieces.back().end);
}

std::string host_zone() {
    std::vector<std::string> candidates;
    if (const char* variable = std::getenv("TZ")) {
        const std::string_view name = variable;
        candidates.emplace_back(name.starts_with(':') ? name.substr(1) : name);
    }
    std::error_code ignored;
    const std::string target = std::filesystem::read_symlink("/etc/localtime", ignored).string();
    constexpr std::string_view kFolder = "/zoneinfo/";
    if (const size_t at = target.find(kFolder); at != std::string::npos) {
        candidates.push_back(target.substr(at + kFolder.size()));
    }
    for (const std::string& name : candidates) {
        if (Calendar::make(name, WeekStart::Monday)) return name;
    }
    return "UTC";
}

}  // namespace clickmill::calendar
