#include "query_api/range.h"

#include <gtest/gtest.h>

namespace clickmill::query_api {
namespace {

using calendar::Calendar;
using calendar::Grain;

class RangeTest : public testing::Test {
protected:
    // "2026-11-01 .. 2026-11-08 (7)" or the code of the refusal.
    std::string read(Grain grain, const RangeWords& words) const {
        return text_of(read_range(calendar_, grain, words, now_));
    }
    std::string text_of(const Answer<Range>& range) const {
        if (!range) return range.error().code;
        const auto short_text = [&](Moment moment) {
            const std::string text = calendar_.format(moment);
            return text.contains("T00:00:00") ? text.substr(0, 10) : text.substr(0, 16);
        };
        return short_text(start_of(calendar_, *range)) + " .. " +
               short_text(end_of(calendar_, *range)) + " (" +
               std::to_string(range->buckets.size()) + ")";
    }
    // "elapsed_to / compared_to"
    std::string compared(Grain grain, const RangeWords& words, const std::string& complete) const {
        const auto result = compare(calendar_, *read_range(calendar_, grain, words, now_),
                                    *calendar_.parse(complete));
        return calendar_.format(result.elapsed_to).substr(0, 16) + " / " +
               calendar_.format(result.compared_to).substr(0, 16);
    }

    Calendar calendar_ = *Calendar::make("Europe/Berlin", calendar::WeekStart::Monday);
    Moment now_ = *calendar_.parse("2026-11-07T12:34");  // a Saturday
};

TEST_F(RangeTest, EndsWithTheRunningBucketByDefault) {
    EXPECT_EQ(read(Grain::Hour, {}), "2026-11-06T13:00 .. 2026-11-07T13:00 (24)");
    EXPECT_EQ(read(Grain::Day, {}), "2026-11-01 .. 2026-11-08 (7)");
    EXPECT_EQ(read(Grain::Week, {}), "2026-09-14 .. 2026-11-09 (8)");
    EXPECT_EQ(read(Grain::Month, {}), "2025-12-01 .. 2026-12-01 (12)");
}

TEST_F(RangeTest, TakesOneEndAndMakesTheOther) {
    EXPECT_EQ(read(Grain::Day, {"2026-11-03", {}}), "2026-11-03 .. 2026-11-08 (5)");
    EXPECT_EQ(read(Grain::Day, {{}, "2026-10-08"}), "2026-10-01 .. 2026-10-08 (7)");
    EXPECT_EQ(read(Grain::Day, {"2026-12-01", {}}), "invalid_parameter");
}

TEST_F(RangeTest, WidensToWholeBuckets) {
    EXPECT_EQ(read(Grain::Hour, {"2026-11-03T09:30", "2026-11-03T10:01"}),
              "2026-11-03T09:00 .. 2026-11-03T11:00 (2)");
    EXPECT_EQ(read(Grain::Month, {"2026-11-03", "2026-11-04"}), "2026-11-01 .. 2026-12-01 (1)");
    EXPECT_EQ(read(Grain::Day, {"2026-11-03T00:00:00Z", "2026-11-03T01:00:00Z"}),
              "2026-11-03 .. 2026-11-04 (1)");
}

TEST_F(RangeTest, TakesAPlusThatCameAsASpace) {
    EXPECT_EQ(read(Grain::Hour, {"2026-11-03T09:00:00 01:00", "2026-11-03T10:00 01:00"}),
              "2026-11-03T09:00 .. 2026-11-03T10:00 (1)");
}

TEST_F(RangeTest, CountsTheHoursOfDaysThatChangeTheClock) {
    EXPECT_EQ(read(Grain::Hour, {"2026-10-25", "2026-10-26"}), "2026-10-25 .. 2026-10-26 (25)");
    EXPECT_EQ(read(Grain::Hour, {"2026-03-29", "2026-03-30"}), "2026-03-29 .. 2026-03-30 (23)");
}

TEST_F(RangeTest, RefusesMoreBucketsThanItsLimit) {
    EXPECT_EQ(read(Grain::Hour, {"2025-01-01", "2026-01-01"}), "2025-01-01 .. 2026-01-01 (8760)");
    EXPECT_EQ(read(Grain::Hour, {"2024-01-01", "2026-01-01"}), "too_wide");
    EXPECT_EQ(read(Grain::Hour, {"1971-01-02", "2099-01-01"}), "too_wide");
    EXPECT_EQ(read(Grain::Day, {"1971-01-02", "2099-01-01"}), "too_wide");
    EXPECT_EQ(read(Grain::Month, {"1971-01-02", "2099-01-01"}), "1971-01-01 .. 2099-01-01 (1536)");
    EXPECT_EQ(read(Grain::Day, {"2026-11-03", "2026-11-03"}), "invalid_parameter");
    EXPECT_EQ(read(Grain::Day, {"1970-01-01", "2026-11-03"}), "invalid_parameter");
}

TEST_F(RangeTest, FindsAUnitForARangeWithoutAGrain) {
    const auto unit = [&](const char* from, const char* to) {
        return read_range(calendar_, RangeWords{from, to}, now_)->grain;
    };
    EXPECT_EQ(unit("2026-10-01", "2026-11-01"), Grain::Month);
    EXPECT_EQ(unit("2026-10-01", "2026-11-02"), Grain::Day);
    EXPECT_EQ(unit("2026-10-01", "2026-11-01T09:30"), Grain::Hour);
}

TEST_F(RangeTest, ComparesTheSameElapsedPart) {
    EXPECT_EQ(compared(Grain::Day, {"2026-11-07", "2026-11-08"}, "2026-11-07T12:30"),
              "2026-11-07T12:00 / 2026-11-06T12:00");
    EXPECT_EQ(compared(Grain::Week, {"2026-11-02", "2026-11-09"}, "2026-11-07T12:30"),
              "2026-11-07T12:00 / 2026-10-31T12:00");
    EXPECT_EQ(compared(Grain::Month, {"2026-11-01", "2026-12-01"}, "2026-11-07T12:30"),
              "2026-11-07T12:00 / 2026-10-07T12:00");
    EXPECT_EQ(compared(Grain::Hour, {"2026-11-07T12:00", "2026-11-07T13:00"}, "2026-11-07T12:30"),
              "2026-11-07T12:00 / 2026-11-07T11:00");
}

TEST_F(RangeTest, ComparesWholePeriodsOnceTheyAreOver) {
    EXPECT_EQ(compared(Grain::Month, {"2026-10-01", "2026-11-01"}, "2026-11-07T12:30"),
              "2026-11-01T00:00 / 2026-10-01T00:00");
    EXPECT_EQ(compared(Grain::Day, {"2026-11-09", "2026-11-10"}, "2026-11-07T12:30"),
              "2026-11-09T00:00 / 2026-11-08T00:00")
        << "nothing has elapsed";
}

TEST_F(RangeTest, StaysWithinAShorterMonth) {
    EXPECT_EQ(compared(Grain::Month, {"2026-03-01", "2026-04-01"}, "2026-03-30T12:30"),
              "2026-03-30T12:00 / 2026-03-01T00:00")
        << "February has no 30th: all of it";
}

TEST_F(RangeTest, ComparesTheSameLocalTimeAcrossAClockChange) {
    EXPECT_EQ(compared(Grain::Day, {"2026-10-26", "2026-10-27"}, "2026-10-26T12:30"),
              "2026-10-26T12:00 / 2026-10-25T12:00");
    EXPECT_EQ(compared(Grain::Day, {"2026-03-30", "2026-03-31"}, "2026-03-30T02:30"),
              "2026-03-30T02:00 / 2026-03-29T03:00")
        << "that day had no two o'clock";
}

TEST(Range, KeepsADayInTwoPiecesApartFromTheDayBefore) {
    // Clocks went from 00:01 on the 29th back to 23:01 on the 28th.
    const Calendar calendar = *Calendar::make("America/St_Johns", calendar::WeekStart::Monday);
    const Moment now = *calendar.parse("2006-11-05");
    const auto day = *read_range(calendar, Grain::Day, {"2006-10-29", "2006-10-30"}, now);
    EXPECT_EQ(day.buckets.size(), 1u);
    const Spans pieces = spans_of(calendar, day);
    ASSERT_EQ(pieces.size(), 2u);
    EXPECT_EQ(pieces[0].to - pieces[0].from, 60);
    EXPECT_EQ(pieces[1].to - pieces[1].from, 24 * 3600);
    EXPECT_EQ(pieces[1].from - pieces[0].to, 3540);
}

}  // namespace
}  // namespace clickmill::query_api
