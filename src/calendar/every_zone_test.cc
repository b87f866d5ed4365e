// Every zone of the IANA list, 2000 to 2037, held against the date library: hours tile time, each
// belongs to exactly one day, days sum up to time, weeks and months are made of whole days.
#include "calendar/calendar.h"

#include <date/tz.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <set>
#include <string>
#include <vector>

namespace clickmill::calendar {
namespace {

constexpr int64_t kDay = 86'400;
constexpr BucketKey kFirstDay = 10'957 * kDay;  // 2000-01-01
constexpr BucketKey kEndDay = 24'837 * kDay;    // 2038-01-01

using Changes = std::vector<std::pair<int64_t, int64_t>>;  // instant, offset from then on

Changes changes_of(const date::time_zone& zone) {
    Changes changes;
    for (int64_t at = kFirstDay - kDay; at < kEndDay + kDay;) {
        const auto info = zone.get_info(date::sys_seconds{std::chrono::seconds{at}});
        if (changes.empty() || changes.back().second != info.offset.count()) {
            changes.emplace_back(at, info.offset.count());
        }
        at = info.end.time_since_epoch().count();
    }
    return changes;
}

// The zones of the list, once for those whose clocks agree.
std::vector<const date::time_zone*> distinct_zones() {
    std::vector<const date::time_zone*> zones;
    std::set<Changes> seen;
    for (const auto& zone : date::get_tzdb().zones) {
        if (seen.insert(changes_of(zone)).second) zones.push_back(&zone);
    }
    return zones;
}

class ZoneWalk {
public:
    explicit ZoneWalk(const date::time_zone& zone)
        : zone_(zone),
          changes_(changes_of(zone)),
          calendar_(*Calendar::make(zone.name(), WeekStart::Monday)) {}

    void check() {
        check_days();
        check_changes();
        for (const Grain grain : {Grain::Week, Grain::Month}) check_days_tile(grain);
    }

private:
    bool is_near_change(BucketKey day) const {
        return std::any_of(changes_.begin(), changes_.end(), [&](const auto& change) {
            return change.first > day - 3 * kDay && change.first < day + 3 * kDay;
        });
    }

    // Days sum up to all of time, those near a change hour by hour.
    void check_days() {
        int64_t seconds = 0;
        int count = 0;
        for (BucketKey day = kFirstDay; day < kEndDay; day = calendar_.next(Grain::Day, day)) {
            days_.push_back(day);
            if (++count % 61 == 0 || is_near_change(day)) {
                for (const Hour& hour : calendar_.hours_in(Grain::Day, day)) {
                    ASSERT_EQ(hour.day, day);
                    seconds += hour.end - hour.key;
                }
            } else {
                seconds += seconds_of(calendar_.end_of(Grain::Day, day)) -
                           seconds_of(calendar_.start_of(Grain::Day, day));
            }
        }
        ASSERT_EQ(seconds, seconds_of(calendar_.start_of(Grain::Day, kEndDay)) -
                               seconds_of(calendar_.start_of(Grain::Day, kFirstDay)));
    }

    void check_changes() {
        for (const auto& [instant, offset] : changes_) {
            Hour before{.end = 0};
            for (int64_t at = instant - 2 * kDay; at < instant + 2 * kDay; at = before.end) {
                const Hour hour = calendar_.hour_at(moment(at));
                if (before.end != 0) {
                    ASSERT_EQ(hour.key, before.end);
                    ASSERT_NO_FATAL_FAILURE(check_border(before, hour));
                }
                ASSERT_NO_FATAL_FAILURE(check_hour(hour));
                before = hour;
            }
        }
    }

    void check_hour(const Hour& hour) {
        const Local first = local(hour.key);
        EXPECT_EQ(first, local(hour.end - 1));
        EXPECT_EQ(first.offset, hour.utc_offset);
        EXPECT_EQ(first.hour - ((first.hour % kDay) + kDay) % kDay, hour.day);
        const auto hours = calendar_.hours_in(Grain::Day, hour.day);
        EXPECT_EQ(std::count_if(hours.begin(), hours.end(),
                                [&](const Hour& other) { return other.key == hour.key; }),
                  1);
        EXPECT_EQ(calendar_.bucket_at(Grain::Day, moment(hour.key)), hour.day);
        EXPECT_EQ(calendar_.previous(Grain::Hour, hour.end), hour.key);
        EXPECT_EQ(*calendar_.parse(calendar_.label(Grain::Hour, hour.key)), moment(hour.key));
        const Moment inner = moment((hour.key + hour.end) / 2);
        ASSERT_EQ(*calendar_.parse(calendar_.format(inner)), inner) << calendar_.format(inner);
    }

    // Two neighbours differ in date, hour or offset: an hour is maximal.
    void check_border(const Hour& before, const Hour& after) const {
        ASSERT_FALSE(local(before.end - 1) == local(after.key));
    }

    void check_days_tile(Grain grain) {
        std::vector<BucketKey> tiled;
        BucketKey bucket = calendar_.bucket_of_day(grain, kFirstDay);
        for (; bucket < kEndDay; bucket = calendar_.next(grain, bucket)) {
            for (const BucketKey day : calendar_.days_in(grain, bucket)) {
                EXPECT_EQ(calendar_.bucket_of_day(grain, day), bucket);
                if (day >= kFirstDay && day < kEndDay) tiled.push_back(day);
            }
        }
        ASSERT_EQ(tiled, days_);
    }

    struct Local {
        int64_t hour;  // local seconds, cut to the hour
        int64_t offset;
        bool operator==(const Local&) const = default;
    };
    Local local(int64_t second) const {
        const auto offset =
            zone_.get_info(date::sys_seconds{std::chrono::seconds{second}}).offset.count();
        const int64_t shown = second + offset;
        return {shown - shown % 3600, offset};
    }
    static Moment moment(int64_t second) { return Moment{std::chrono::seconds{second}}; }
    static int64_t seconds_of(Moment at) { return microseconds_of(at) / 1'000'000; }

    const date::time_zone& zone_;
    Changes changes_;
    Calendar calendar_;
    std::vector<BucketKey> days_;
};

TEST(Calendar, IsExactInEveryZoneOfTheIanaListFrom2000To2037) {
    const auto zones = distinct_zones();
    ASSERT_GT(zones.size(), 100u);
    for (const date::time_zone* zone : zones) {
        ZoneWalk(*zone).check();
        if (HasFatalFailure() || HasNonfatalFailure()) FAIL() << zone->name();
    }
}

}  // namespace
}  // namespace clickmill::calendar
