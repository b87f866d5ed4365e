#include "query_api/tiling.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>

namespace clickmill::query_api {
namespace {

using calendar::BucketKey;
using calendar::Calendar;
using calendar::Grain;
using metrics_store::Header;
using metrics_store::PartitionMark;

// Buckets by their local texts, and a plan as text: "day 2026-11-01>0" for each tile.
class TilingTest : public testing::Test {
protected:
    BucketKey key(Grain grain, const std::string& local) const {
        return calendar_.bucket_at(grain, *calendar_.parse(local));
    }
    Asked asked(Grain grain, const std::string& local) const {
        Spans spans;
        for (const auto& hour : calendar_.hours_in(grain, key(grain, local)))
            spans.push_back({hour.key, hour.end});
        return united(spans);
    }
    void touch(const std::string& local, int64_t offset, int32_t partition = 0) {
        marks_.push_back({{partition}, key(Grain::Hour, local), {offset}});
        std::ranges::sort(marks_, {}, &PartitionMark::hour);
    }
    // A build of everything in the bucket, made when the partitions stood at `positions`.
    Header build(Grain grain, const std::string& local, std::vector<Offset> positions) const {
        Header header{.grain = grain, .bucket = key(grain, local), .positions = positions};
        const auto hours = calendar_.hours_in(grain, header.bucket);
        header.held = {{hours.front().key, hours.back().key}};
        return header;
    }
    std::vector<std::string> plan(const std::vector<Asked>& what,
                                  const std::vector<Header>& headers) const {
        Tiler tiler(calendar_, what, marks_);
        tiler.offer(headers);
        const TilePlan plan = std::move(tiler).finish();
        std::vector<std::string> text;
        for (const Tile& tile : plan.settled)
            text.push_back(fmt::format("{} {}>{}", calendar::name_of(tile.grain),
                                       calendar_.label(tile.grain, tile.bucket), tile.asked));
        for (const Tile& tile : plan.live)
            text.push_back(fmt::format(
                "live {}>{}", calendar_.label(Grain::Hour, tile.bucket).substr(5, 8), tile.asked));
        return text;
    }

    Calendar calendar_ = *Calendar::make("Europe/Berlin", calendar::WeekStart::Monday);
    std::vector<PartitionMark> marks_;
    using Tiles = std::vector<std::string>;
};

TEST_F(TilingTest, ReadsNothingWhereNothingHappened) {
    EXPECT_EQ(plan({asked(Grain::Month, "2026-11-01")}, {}), Tiles{});
}

TEST_F(TilingTest, ReadsLiveHoursThatHaveClicks) {
    touch("2026-11-01T09:00", 5);
    touch("2026-11-02T10:00", 6);
    touch("2026-11-03T10:00", 7);
    EXPECT_EQ(plan({asked(Grain::Day, "2026-11-01"), asked(Grain::Day, "2026-11-02")}, {}),
              (Tiles{"live 11-01T09>0", "live 11-02T10>1"}));
}

TEST_F(TilingTest, TakesABuildWhileNoMarkExceedsIt) {
    touch("2026-11-01T09:00", 5);
    const auto day = {asked(Grain::Day, "2026-11-01")};
    EXPECT_EQ(plan(day, {build(Grain::Day, "2026-11-01", {{5}})}), Tiles{"day 2026-11-01>0"});
    EXPECT_EQ(plan(day, {build(Grain::Day, "2026-11-01", {{4}})}), Tiles{"live 11-01T09>0"});
}

TEST_F(TilingTest, LooksAtTheMarksOfEveryPartition) {
    touch("2026-11-01T09:00", 5, 0);
    touch("2026-11-01T09:00", 8, 1);
    const auto day = {asked(Grain::Day, "2026-11-01")};
    EXPECT_EQ(plan(day, {build(Grain::Day, "2026-11-01", {{5}, {8}})}), Tiles{"day 2026-11-01>0"});
    EXPECT_EQ(plan(day, {build(Grain::Day, "2026-11-01", {{9}, {7}})}), Tiles{"live 11-01T09>0"});
    EXPECT_EQ(plan(day, {build(Grain::Day, "2026-11-01", {{9}})}), Tiles{"live 11-01T09>0"})
        << "a build from before the partition was there";
}

TEST_F(TilingTest, ReadsHoursThatABuildDoesNotHoldOnTheirOwn) {
    touch("2026-11-01T09:00", 5);
    touch("2026-11-01T15:00", 9);
    Header morning = build(Grain::Day, "2026-11-01", {{6}});
    morning.held.front().last = key(Grain::Hour, "2026-11-01T11:00");
    EXPECT_EQ(plan({asked(Grain::Day, "2026-11-01")}, {morning}),
              (Tiles{"day 2026-11-01>0", "live 11-01T15>0"}));
}

TEST_F(TilingTest, NeverCoversAnHourTwice) {
    touch("2026-11-02T09:00", 5);
    const auto month = {asked(Grain::Month, "2026-11-01")};
    const Header whole = build(Grain::Month, "2026-11-01", {{5}});
    const Header week = build(Grain::Week, "2026-11-02", {{5}});
    const Header day = build(Grain::Day, "2026-11-02", {{5}});
    EXPECT_EQ(plan(month, {whole, week, day}), Tiles{"month 2026-11>0"});
    EXPECT_EQ(plan(month, {week, whole, day}), Tiles{"week 2026-11-02>0"});
}

TEST_F(TilingTest, LeavesBuildsThatReachBeyondTheQuestion) {
    touch("2026-11-01T09:00", 5);  // a Sunday: its week began in October
    EXPECT_EQ(plan({asked(Grain::Month, "2026-11-01")}, {build(Grain::Week, "2026-11-01", {{5}})}),
              Tiles{"live 11-01T09>0"});
    EXPECT_EQ(plan({asked(Grain::Day, "2026-11-01"), asked(Grain::Day, "2026-10-31")},
                   {build(Grain::Week, "2026-11-01", {{5}})}),
              Tiles{"live 11-01T09>0"});
}

TEST_F(TilingTest, TakesTheBuildWhenTheLiveRowsAreGone) {
    touch("2026-11-01T09:00", 9);
    Header hour = build(Grain::Hour, "2026-11-01T09:00", {{5}});
    hour.is_live_gone = true;
    EXPECT_EQ(plan({asked(Grain::Day, "2026-11-01")}, {hour}),
              Tiles{"hour 2026-11-01T09:00:00+01:00>0"});
}

TEST_F(TilingTest, KnowsNothingOfAForgottenHourUnlessALongerBucketHoldsIt) {
    touch("2026-11-01T09:00", 5);
    touch("2026-11-02T09:00", 5);
    Header hour = build(Grain::Hour, "2026-11-01T09:00", {{5}});
    hour.is_live_gone = hour.is_forgotten = true;
    const std::vector<Asked> days = {asked(Grain::Day, "2026-11-01"),
                                     asked(Grain::Day, "2026-11-02")};
    Tiler alone(calendar_, days, marks_);
    alone.offer(std::vector{hour});
    const TilePlan plan_of_hours = std::move(alone).finish();
    EXPECT_EQ(plan_of_hours.forgotten, std::vector<size_t>{0});
    EXPECT_EQ(plan_of_hours.live.size(), 1u) << "the other day's hour";
    EXPECT_EQ(plan(days, {build(Grain::Day, "2026-11-01", {{5}}), hour}),
              (Tiles{"day 2026-11-01>0", "live 11-02T09>1"}));
    Header day = build(Grain::Day, "2026-11-01", {{5}});
    day.is_forgotten = true;
    Tiler neither(calendar_, days, marks_);
    neither.offer(std::vector{day});
    neither.offer(std::vector{hour});
    EXPECT_EQ(std::move(neither).finish().forgotten, std::vector<size_t>{0});
}

TEST_F(TilingTest, FillsADayOfTwentyFiveHours) {
    for (int hour = 0; hour < 24; ++hour) touch(fmt::format("2026-10-25T{:02}:00", hour), 1);
    touch("2026-10-25T02:00:00+01:00", 1);  // the second time
    EXPECT_EQ(plan({asked(Grain::Day, "2026-10-25")}, {}).size(), 25u);
    EXPECT_EQ(plan({asked(Grain::Day, "2026-10-25")}, {build(Grain::Day, "2026-10-25", {{1}})}),
              Tiles{"day 2026-10-25>0"});
}

TEST_F(TilingTest, JoinsTilesWithNothingBetweenThem) {
    for (const char* hour :
         {"2026-11-01T01:00", "2026-11-01T05:00", "2026-11-01T06:00", "2026-11-01T09:00"})
        touch(hour, 5);
    const std::vector<Asked> day = {asked(Grain::Day, "2026-11-01")};
    Tiler tiler(calendar_, day, marks_);
    tiler.offer(std::vector{build(Grain::Hour, "2026-11-01T06:00", {{5}})});
    const TilePlan plan = std::move(tiler).finish();
    ASSERT_EQ(plan.live.size(), 3u);
    EXPECT_TRUE(plan.live[1].adjoins) << "from 1 to 5 nothing happened";
    EXPECT_FALSE(plan.live[2].adjoins) << "the live rows of 6 must not be read";
}

TEST(Spans, UniteSubtractAndCover) {
    EXPECT_EQ(united({{5, 7}, {1, 3}, {3, 4}, {6, 9}, {2, 2}}), (Spans{{1, 4}, {5, 9}}));
    Spans spans = {{1, 4}, {5, 9}};
    EXPECT_TRUE(covers(spans, Span{5, 9}));
    EXPECT_FALSE(covers(spans, Span{3, 6}));
    EXPECT_FALSE(covers(spans, 4));
    EXPECT_EQ(before(spans, 6), (Spans{{1, 4}, {5, 6}}));
    subtract(spans, {3, 6});
    EXPECT_EQ(spans, (Spans{{1, 3}, {6, 9}}));
    subtract(spans, {7, 8});
    EXPECT_EQ(spans, (Spans{{1, 3}, {6, 7}, {8, 9}}));
}

}  // namespace
}  // namespace clickmill::query_api
