// Hours, days, weeks and months of a time zone as exact sets of instants (design section 6).
// An hour is a maximal interval with one local date, local hour and UTC offset, so days of 23, 24
// and 25 hours, half-hour steps and a day in two pieces (St John's, 2006-10-29) are exact. Source:
// the IANA time zone database of the system, read by Howard Hinnant's date library.
#pragma once

#include "base/result.h"
#include "base/types.h"

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace clickmill::calendar {

enum class Grain : int8_t { Hour = 0, Day = 1, Week = 2, Month = 3 };    // Stored: never change.
enum class WeekStart : int8_t { Monday = 1, Sunday = 0, Saturday = 6 };  // Stored: never change.

std::string_view name_of(Grain grain);  // "hour"
Result<Grain> grain_named(std::string_view name);
std::string_view name_of(WeekStart start);  // "monday"
Result<WeekStart> week_start_named(std::string_view name);

// Names one bucket of a grain. Hour: UTC seconds of its start. Day, week, month: its first local
// date as seconds since 1970-01-01 (days * 86400), whatever the zone. Stored: never change.
using BucketKey = int64_t;

struct Hour {
    BucketKey key = 0;       // UTC seconds of its first instant
    int64_t end = 0;         // UTC seconds, excluded
    BucketKey day = 0;       // the key of the day it belongs to
    int32_t utc_offset = 0;  // seconds east of UTC

    bool holds(Moment moment) const {
        const int64_t second =
            std::chrono::floor<std::chrono::seconds>(moment).time_since_epoch().count();
        return second >= key && second < end;
    }
};

// One project's calendar. Immutable after making; any thread. Copying is cheap.
class Calendar {
public:
    // InvalidInput: no such IANA zone ("Europe/Berlin") in the system's database.
    static Result<Calendar> make(std::string_view zone, WeekStart week_start);

    const std::string& zone() const;
    WeekStart week_start() const;

    // The hour that holds `moment`. About 20 ns when near the hour asked for before (a small cache
    // would be the caller's); any moment from 1970 to 2100.
    Hour hour_at(Moment moment) const;
    Hour hour_of(BucketKey hour) const;  // the hour that starts there

    // The bucket of `grain` that holds `day` (Grain::Day gives `day` itself). Not for hours.
    BucketKey bucket_of_day(Grain grain, BucketKey day) const;
    BucketKey bucket_at(Grain grain, Moment moment) const;
    BucketKey next(Grain grain, BucketKey bucket) const;
    BucketKey previous(Grain grain, BucketKey bucket) const;

    // The hours of a bucket in order of time. A day that is skipped by its zone (Samoa, 2011-12-30)
    // has none.
    std::vector<Hour> hours_in(Grain grain, BucketKey bucket) const;
    std::vector<BucketKey> days_in(Grain grain, BucketKey bucket) const;
    // Keys of the buckets that touch [from, to), in order. Keys of hours are instants, other keys
    // are local dates; `from` and `to` are instants.
    std::vector<BucketKey> buckets(Grain grain, Moment from, Moment to) const;

    Moment start_of(Grain grain, BucketKey bucket) const;  // its first instant
    Moment end_of(Grain grain, BucketKey bucket) const;    // one past its last instant

    // Hour: "2026-11-01T01:00:00-05:00". Day and week: "2026-11-01". Month: "2026-11".
    std::string label(Grain grain, BucketKey bucket) const;

    // "2026-11-01", "2026-11-01T09:00", "2026-11-01T09:00:00", with or without "Z" or "+05:45"
    // behind a time: the instant. A local time that happens twice means the first, one that is
    // skipped the instant of the change. InvalidInput says what forms are taken.
    Result<Moment> parse(std::string_view text) const;
    std::string format(Moment moment) const;  // "2026-11-01T09:30:00+01:00"

private:
    struct Zone;
    explicit Calendar(std::shared_ptr<const Zone> zone) : zone_(std::move(zone)) {}
    std::shared_ptr<const Zone> zone_;
};

// The host's zone by /etc/localtime or TZ, else "UTC".
std::string host_zone();

}  // namespace clickmill::calendar
