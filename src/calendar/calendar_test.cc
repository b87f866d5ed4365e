#include "calendar/calendar.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace clickmill::calendar {
namespace {

// A calendar that speaks in labels.
class Place {
public:
    explicit Place(std::string_view zone, WeekStart week_start = WeekStart::Monday)
        : calendar_(*Calendar::make(zone, week_start)) {}

    Moment at(std::string_view text) const { return *calendar_.parse(text); }
    BucketKey bucket(Grain grain, std::string_view text) const {
        return calendar_.bucket_at(grain, at(text));
    }
    BucketKey day(std::string_view date) const { return *parse_utc_day(date); }
    std::vector<std::string> hours(std::string_view date) const {
        std::vector<std::string> labels;
        for (const Hour& hour : calendar_.hours_in(Grain::Day, day(date))) {
            labels.push_back(calendar_.label(Grain::Hour, hour.key));
        }
        return labels;
    }
    std::vector<std::string> labels(Grain grain, std::string_view from, std::string_view to) const {
        std::vector<std::string> labels;
        for (const BucketKey key : calendar_.buckets(grain, at(from), at(to))) {
            labels.push_back(calendar_.label(grain, key));
        }
        return labels;
    }
    int64_t minutes_in(Grain grain, std::string_view date) const {
        int64_t seconds = 0;
        for (const Hour& hour : calendar_.hours_in(grain, day(date)))
            seconds += hour.end - hour.key;
        return seconds / 60;
    }
    const Calendar* operator->() const { return &calendar_; }

private:
    static Result<BucketKey> parse_utc_day(std::string_view date) {
        const auto utc = *Calendar::make("UTC", WeekStart::Monday);
        ASSIGN_OR_RETURN(const Moment moment, utc.parse(date));
        return utc.bucket_at(Grain::Day, moment);
    }

    Calendar calendar_;
};

using Labels = std::vector<std::string>;

TEST(Calendar, RefusesAZoneThatDoesNotExist) {
    for (const auto* name : {"Mars/Olympus", "", "../../etc/passwd", "Europe/berlin\n"}) {
        const auto made = Calendar::make(name, WeekStart::Monday);
        ASSERT_FALSE(made) << name;
        EXPECT_EQ(made.error().code, ErrorCode::InvalidInput);
    }
}

TEST(Calendar, GivesADayOf24HoursWhereNothingChanges) {
    const Place berlin("Europe/Berlin");
    const Labels hours = berlin.hours("2026-11-01");
    ASSERT_EQ(hours.size(), 24u);
    EXPECT_EQ(hours.front(), "2026-11-01T00:00:00+01:00");
    EXPECT_EQ(hours.back(), "2026-11-01T23:00:00+01:00");
}

TEST(Calendar, GivesADayOf23HoursInSpring) {
    const Place berlin("Europe/Berlin");
    const Labels hours = berlin.hours("2026-03-29");
    ASSERT_EQ(hours.size(), 23u);
    EXPECT_EQ(hours[1], "2026-03-29T01:00:00+01:00");
    EXPECT_EQ(hours[2], "2026-03-29T03:00:00+02:00");
}

TEST(Calendar, TellsTheTwoEqualHoursOfAutumnApartByTheirOffset) {
    const Place new_york("America/New_York");
    const Labels hours = new_york.hours("2026-11-01");
    ASSERT_EQ(hours.size(), 25u);
    EXPECT_EQ(hours[1], "2026-11-01T01:00:00-04:00");
    EXPECT_EQ(hours[2], "2026-11-01T01:00:00-05:00");
}

TEST(Calendar, KeepsTheTwoPiecesOfADayTogetherWhereClocksGoBackOverMidnight) {
    const Place st_johns("America/St_Johns");  // 00:01 back to 23:01 of the day before
    const Labels saturday = st_johns.hours("2006-10-28");
    const Labels sunday = st_johns.hours("2006-10-29");
    EXPECT_EQ(saturday.size(), 25u);
    EXPECT_EQ(saturday.back(), "2006-10-28T23:01:00-03:30");
    EXPECT_EQ(sunday.size(), 25u);
    EXPECT_EQ(sunday[0], "2006-10-29T00:00:00-02:30");
    EXPECT_EQ(sunday[1], "2006-10-29T00:00:00-03:30");
    EXPECT_EQ(st_johns.minutes_in(Grain::Day, "2006-10-28"), 24 * 60 + 59);
    EXPECT_EQ(st_johns.minutes_in(Grain::Day, "2006-10-29"), 24 * 60 + 1);
    EXPECT_EQ(st_johns.labels(Grain::Day, "2006-10-28", "2006-10-30"),
              (Labels{"2006-10-28", "2006-10-29"}));
}

TEST(Calendar, ListsTheHoursOfAWeekInOrderOfTimeEvenIfItsDaysInterleave) {
    const Place st_johns("America/St_Johns");
    const auto hours =
        st_johns->hours_in(Grain::Week, st_johns.bucket(Grain::Week, "2006-10-28T12:00"));
    for (size_t i = 1; i < hours.size(); ++i) EXPECT_EQ(hours[i].key, hours[i - 1].end);
    EXPECT_EQ(hours.size(), 7u * 24 + 2);
}

TEST(Calendar, StepsByHalfAnHourOnLordHoweIsland) {
    const Place lord_howe("Australia/Lord_Howe");
    EXPECT_EQ(lord_howe.minutes_in(Grain::Day, "2026-04-05"), 24 * 60 + 30);
    EXPECT_EQ(lord_howe.minutes_in(Grain::Day, "2026-10-04"), 24 * 60 - 30);
    const Labels hours = lord_howe.hours("2026-04-05");
    EXPECT_EQ(hours[1], "2026-04-05T01:00:00+11:00");
    EXPECT_EQ(hours[2], "2026-04-05T01:30:00+10:30");
    EXPECT_EQ(hours[3], "2026-04-05T02:00:00+10:30");
}

TEST(Calendar, CutsHoursAtLocalFullHoursInKathmandu) {
    const Place kathmandu("Asia/Kathmandu");
    const Hour hour = kathmandu->hour_at(kathmandu.at("2026-11-01T09:30"));
    EXPECT_EQ(kathmandu->label(Grain::Hour, hour.key), "2026-11-01T09:00:00+05:45");
    EXPECT_EQ(hour.key % 3600, 15 * 60);
    EXPECT_EQ(hour.utc_offset, 5 * 3600 + 45 * 60);
}

TEST(Calendar, BeginsADayWithoutMidnightWithItsFirstInstant) {
    const Place havana("America/Havana");  // 00:00 on to 01:00
    EXPECT_EQ(havana.hours("2026-03-08").front(), "2026-03-08T01:00:00-04:00");
    EXPECT_EQ(havana.hours("2026-03-08").size(), 23u);
    EXPECT_EQ(havana.at("2026-03-08"), havana.at("2026-03-08T01:00"));
    EXPECT_EQ(havana->start_of(Grain::Day, havana.day("2026-03-08")), havana.at("2026-03-08"));
}

TEST(Calendar, LeavesOutADayThatItsZoneSkips) {
    const Place apia("Pacific/Apia");
    EXPECT_TRUE(apia.hours("2011-12-30").empty());
    EXPECT_EQ(apia.labels(Grain::Day, "2011-12-29", "2012-01-01"),
              (Labels{"2011-12-29", "2011-12-31"}));
    EXPECT_EQ(apia->next(Grain::Day, apia.day("2011-12-29")), apia.day("2011-12-31"));
    EXPECT_EQ(apia->previous(Grain::Day, apia.day("2011-12-31")), apia.day("2011-12-29"));
    EXPECT_EQ(apia->days_in(Grain::Week, apia.day("2011-12-26")).size(), 6u);
    EXPECT_EQ(apia->start_of(Grain::Day, apia.day("2011-12-30")),
              apia->end_of(Grain::Day, apia.day("2011-12-30")));
}

TEST(Calendar, KnowsThatCasablancaPausesItsSummerTimeForRamadan) {
    const Place casablanca("Africa/Casablanca");
    EXPECT_EQ(casablanca.minutes_in(Grain::Day, "2026-02-15"), 25 * 60);
    EXPECT_EQ(casablanca.minutes_in(Grain::Day, "2026-03-22"), 23 * 60);
}

TEST(Calendar, BeginsWeeksOnTheDayThatTheProjectWants) {
    EXPECT_EQ(Place("UTC", WeekStart::Monday).labels(Grain::Week, "2026-11-22", "2026-11-23"),
              Labels{"2026-11-16"});
    EXPECT_EQ(Place("UTC", WeekStart::Sunday).labels(Grain::Week, "2026-11-22", "2026-11-23"),
              Labels{"2026-11-22"});
    EXPECT_EQ(Place("UTC", WeekStart::Saturday).labels(Grain::Week, "2026-11-22", "2026-11-23"),
              Labels{"2026-11-21"});
}

TEST(Calendar, GoesToTheNextAndThePreviousBucketOfEachGrain) {
    const Place berlin("Europe/Berlin");
    const auto around = [&](Grain grain, std::string_view when) {
        const BucketKey bucket = berlin.bucket(grain, when);
        return Labels{berlin->label(grain, berlin->previous(grain, bucket)),
                      berlin->label(grain, bucket),
                      berlin->label(grain, berlin->next(grain, bucket))};
    };
    EXPECT_EQ(around(Grain::Hour, "2026-10-25T03:00"),
              (Labels{"2026-10-25T02:00:00+01:00", "2026-10-25T03:00:00+01:00",
                      "2026-10-25T04:00:00+01:00"}));
    EXPECT_EQ(around(Grain::Day, "2026-03-01"), (Labels{"2026-02-28", "2026-03-01", "2026-03-02"}));
    EXPECT_EQ(around(Grain::Week, "2026-01-01"),
              (Labels{"2025-12-22", "2025-12-29", "2026-01-05"}));
    EXPECT_EQ(around(Grain::Month, "2026-01-31"), (Labels{"2025-12", "2026-01", "2026-02"}));
}

TEST(Calendar, ListsTheBucketsThatTouchARangeAndNoOther) {
    const Place utc("UTC");
    EXPECT_EQ(utc.labels(Grain::Hour, "2026-11-01T00:30", "2026-11-01T02:00"),
              (Labels{"2026-11-01T00:00:00+00:00", "2026-11-01T01:00:00+00:00"}));
    EXPECT_EQ(utc.labels(Grain::Month, "2026-11-30T23:59:59", "2026-12-01T00:00:01"),
              (Labels{"2026-11", "2026-12"}));
    EXPECT_EQ(utc.labels(Grain::Day, "2026-11-02", "2026-11-02"), Labels{});
    EXPECT_EQ(utc.labels(Grain::Day, "2026-11-03", "2026-11-02"), Labels{});
}

TEST(Calendar, ReadsDatesAndTimesWithAndWithoutAnOffset) {
    const Place kathmandu("Asia/Kathmandu");
    const Moment nine = kathmandu.at("2026-11-01T09:00");
    EXPECT_EQ(kathmandu.at("2026-11-01T09:00:00"), nine);
    EXPECT_EQ(kathmandu.at("2026-11-01T09:00+05:45"), nine);
    EXPECT_EQ(kathmandu.at("2026-11-01T03:15:00Z"), nine);
    EXPECT_EQ(kathmandu.at("2026-10-31T22:15-05:00"), nine);
    EXPECT_EQ(kathmandu->format(nine + std::chrono::minutes{30}), "2026-11-01T09:30:00+05:45");
}

TEST(Calendar, TakesTheFirstOfTwoEqualLocalTimesAndTheChangeForASkippedOne) {
    const Place berlin("Europe/Berlin");
    EXPECT_EQ(berlin.at("2026-10-25T02:30"), berlin.at("2026-10-25T02:30+02:00"));
    EXPECT_EQ(berlin.at("2026-03-29T02:30"), berlin.at("2026-03-29T03:00+02:00"));
}

TEST(Calendar, RefusesTextThatIsNoDate) {
    const Place utc("UTC");
    for (const auto* text :
         {"", "2026", "2026-13-01", "2026-02-30", "2026-11-01 09:00", "2026-11-01T24:00",
          "2026-11-01T09", "2026-11-01T09:60", "2026-11-01T09:00:60", "2026-11-01T09:00:00.5",
          "2026-11-01T09:00+5", "2026-11-01Z", "1969-12-31", "2101-01-01", "2026-1-01",
          "+026-01-01", "2026-11-01T09:00ZZ", "yesterday"}) {
        const auto parsed = utc->parse(text);
        ASSERT_FALSE(parsed) << text;
        EXPECT_EQ(parsed.error().code, ErrorCode::InvalidInput);
    }
}

TEST(Calendar, StandsStillInsteadOfOverflowingFarOutsideOfTime) {
    const Place apia("Pacific/Apia");
    // Twelve thousand years to each side.
    for (const int64_t key : {int64_t{-400'000'000'000}, int64_t{400'000'000'000}, int64_t{-1},
                              int64_t{5'000'000'000}}) {
        for (const Grain grain : {Grain::Hour, Grain::Day, Grain::Week, Grain::Month}) {
            EXPECT_FALSE(apia->label(grain, apia->next(grain, key)).empty());
            EXPECT_FALSE(apia->label(grain, apia->previous(grain, key)).empty());
            EXPECT_LE(apia->start_of(grain, key), apia->end_of(grain, key));
        }
        EXPECT_FALSE(apia->format(moment_of(key)).empty());
    }
}

TEST(Calendar, NamesGrainsAndWeekStartsBothWays) {
    for (const Grain grain : {Grain::Hour, Grain::Day, Grain::Week, Grain::Month}) {
        EXPECT_EQ(*grain_named(name_of(grain)), grain);
    }
    for (const WeekStart start : {WeekStart::Monday, WeekStart::Sunday, WeekStart::Saturday}) {
        EXPECT_EQ(*week_start_named(name_of(start)), start);
    }
    EXPECT_FALSE(grain_named("year"));
    EXPECT_FALSE(week_start_named("Monday"));
}

TEST(HostZone, IsAZoneThatACalendarTakes) {
    EXPECT_TRUE(Calendar::make(host_zone(), WeekStart::Monday));
}

}  // namespace
}  // namespace clickmill::calendar
