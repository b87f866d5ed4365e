#include "aggregator/settler.h"

#include "aggregator/test_doors.h"
#include "aggregator/test_world.h"

#include <gmock/gmock.h>

namespace clickmill::aggregator {
namespace {

using calendar::Grain;
using testing::ElementsAre;
using testing::IsEmpty;

class Settling : public testing::Test {
protected:
    explicit Settling(int32_t partitions = 1) : world(partitions) {}

    int64_t settle() {
        const auto settled = settler().pass({});
        EXPECT_TRUE(settled) << settled.error().message();
        return settled.value_or(-1);
    }
    // A pass by a settler that has just started: it looks at all of history.
    Settler settler() {
        return Settler({.partition_count = world.log.partition_count()}, world.store, *logger);
    }
    std::vector<metrics_store::Header> headers(Grain grain) {
        const auto snapshot = *world.store.snapshot();
        return *snapshot->headers(world.view_of("totals").id, grain, {INT64_MIN, INT64_MAX});
    }
    // "pay 3" of one settled bucket.
    std::vector<std::string> settled(Grain grain, calendar::BucketKey bucket) {
        const auto snapshot = *world.store.snapshot();
        const auto rows = snapshot->bucket_rows(world.view_of("totals").id, false, grain, bucket);
        std::vector<std::string> lines;
        for (const auto& row : *rows)
            lines.push_back(std::string(row.labels.feature()) + " " + std::to_string(row.clicks));
        return lines;
    }

    World world;
    std::unique_ptr<telemetry::Logger> logger = telemetry::make_silent_logger();
};

TEST_F(Settling, SettlesAnHourAMinuteAfterItIsCompleteAndThenItsDay) {
    world.clicks({{.id = "a"}, {.id = "b", .feature = "buy"}});
    world.clock.jump_to(at_second(kNine + kHour + 60));  // complete to a second before
    world.count_all();
    EXPECT_EQ(settle(), 0);
    world.clock.jump_to(at_second(kNine + kHour + 61));
    world.count_all();
    EXPECT_GT(settle(), 0);
    EXPECT_THAT(settled(Grain::Hour, kNine), ElementsAre("(all) 2", "buy 1", "pay 1"));
    ASSERT_EQ(headers(Grain::Day).size(), 1u) << "a running day is settled as far as it goes";
    EXPECT_EQ(headers(Grain::Week).size(), 1u);
    EXPECT_EQ(headers(Grain::Month).size(), 1u);
    EXPECT_EQ(settle(), 0) << "nothing changed";
}

TEST_F(Settling, SettlesAgainWhatALateClickTouched) {
    world.click({.id = "a"});
    world.clock.jump_to(at_second(kNine + 2 * kHour));
    world.count_all();
    EXPECT_GT(settle(), 0);
    world.click({.id = "late", .at = kNine + 60});
    world.count_all();
    EXPECT_GT(settle(), 0);
    EXPECT_THAT(settled(Grain::Hour, kNine), ElementsAre("(all) 2", "pay 2"));
    const auto days = headers(Grain::Day);
    ASSERT_EQ(days.size(), 1u);
    EXPECT_THAT(settled(Grain::Day, days[0].bucket), ElementsAre("(all) 2", "pay 2"));
    EXPECT_EQ(settle(), 0);
}

TEST_F(Settling, LetsLiveRowsGoOnceNoClickCanTouchThem) {
    world.click({.id = "a"});
    world.clock.jump_to(at_second(kNine + 2 * kHour));
    world.count_all();
    settle();
    EXPECT_THAT(world.counts(), ElementsAre("pay 1"));
    world.clock.jump_to(at_second(kNine + 9 * 24 * kHour));
    world.count_all();
    settle();
    EXPECT_THAT(world.counts(), IsEmpty());
    EXPECT_TRUE(headers(Grain::Hour)[0].is_live_gone);
    EXPECT_THAT(settled(Grain::Hour, kNine), ElementsAre("(all) 1", "pay 1"));
}

class Forgetting : public Settling {
protected:
    void pass(SettlerOptions options) {
        options.partition_count = world.log.partition_count();
        const auto done = Settler(std::move(options), world.store, *logger).pass({});
        ASSERT_TRUE(done) << done.error().message();
    }
    void jump_by_days(int64_t days) {
        world.clock.jump_to(at_second(kNine + days * 24 * kHour));
        world.count_all();
    }
    std::vector<bool> forgotten(Grain grain) {
        std::vector<bool> each;
        for (const auto& header : headers(grain)) each.push_back(header.is_forgotten);
        return each;
    }
};

TEST_F(Forgetting, LetsHoursGoAfterTheirRetentionAndKeepsTheirDays) {
    world.click({.id = "a"});
    world.click({.id = "b", .at = kNine + 30 * 24 * kHour});
    jump_by_days(45);
    pass({.retention = {.hour_days = 44}});
    EXPECT_THAT(forgotten(Grain::Hour), ElementsAre(true, false));
    EXPECT_THAT(settled(Grain::Hour, kNine), IsEmpty());
    const auto days = headers(Grain::Day);
    ASSERT_EQ(days.size(), 2u);
    EXPECT_THAT(settled(Grain::Day, days[0].bucket), ElementsAre("(all) 1", "pay 1"));
    EXPECT_EQ(settle(), 0) << "nothing is built again from what is gone";
}

TEST_F(Forgetting, KeepsAnHourThatAClickCanTouchStill) {
    world.click({.id = "a"});
    jump_by_days(6);
    pass({.retention = {.hour_days = 1}});
    EXPECT_THAT(forgotten(Grain::Hour), ElementsAre(false));
    jump_by_days(9);
    pass({.retention = {.hour_days = 1}});
    EXPECT_THAT(forgotten(Grain::Hour), ElementsAre(true));
}

TEST_F(Forgetting, KeepsADayUntilItsWeekAndMonthHoldItForGood) {
    world.click({.id = "a"});
    jump_by_days(10);
    pass({.retention = {.day_days = 1}});
    EXPECT_THAT(forgotten(Grain::Day), ElementsAre(false)) << "its month is not over for good";
    jump_by_days(45);
    pass({.retention = {.day_days = 1}});
    EXPECT_THAT(forgotten(Grain::Day), ElementsAre(true));
    EXPECT_THAT(forgotten(Grain::Week), ElementsAre(false));
    EXPECT_THAT(settled(Grain::Month, headers(Grain::Month)[0].bucket),
                ElementsAre("(all) 1", "pay 1"));
    EXPECT_EQ(settle(), 0);
}

TEST_F(Forgetting, TakesARollupsOwnRetention) {
    world.click({.id = "a"});
    jump_by_days(45);
    const Retention all{.hour_days = 1, .week_days = 1, .month_days = 1};
    pass({.retention = all, .retention_of = {{"totals", {.week_days = 1}}}});
    EXPECT_THAT(forgotten(Grain::Hour), ElementsAre(false));
    EXPECT_THAT(forgotten(Grain::Week), ElementsAre(true));
    EXPECT_THAT(forgotten(Grain::Month), ElementsAre(false));
    pass({.retention = all});
    EXPECT_THAT(forgotten(Grain::Hour), ElementsAre(true));
    EXPECT_THAT(forgotten(Grain::Month), ElementsAre(true));
}

TEST_F(Settling, SettlesWhatWasFoldedWellBehindItsLastPass) {
    world.click({.id = "first"});
    world.clock.jump_to(at_second(kNine + 2 * kHour));
    world.count_all();
    Settler settler = this->settler();
    EXPECT_GT(*settler.pass({}), 0);
    // The settler was away or busy while forty days were counted.
    for (int day = 1; day <= 40; ++day)
        world.click({.id = std::to_string(day), .at = kNine + day * 24 * kHour});
    world.clock.jump_to(at_second(kNine + 41 * 24 * kHour));
    world.count_all();
    EXPECT_GT(*settler.pass({}), 0);
    EXPECT_EQ(headers(Grain::Hour).size(), 41u);
    EXPECT_EQ(headers(Grain::Day).size(), 41u);
    EXPECT_EQ(*settler.pass({}), 0);
}

// A store cannot reuse what it wrote since a snapshot that is held.
TEST_F(Settling, HoldsNoSnapshotWhileItWrites) {
    DoorToStore store{world.store};
    world.click({.id = "a"});
    world.click({.id = "b", .at = kNine + kHour});
    world.clock.jump_to(at_second(kNine + 9 * 24 * kHour));
    world.count_all();
    Settler settler({}, store, *logger);
    EXPECT_GT(*settler.pass({}), 0);
    EXPECT_TRUE(headers(Grain::Hour)[0].is_live_gone) << "it retired, too";
    EXPECT_EQ(store.held_while_writing, 0);
    EXPECT_EQ(store.held, 0);
}

class SettlingOfTwo : public Settling {
protected:
    SettlingOfTwo() : Settling(2) {}
};

TEST_F(SettlingOfTwo, WaitsForEveryPartitionAndForAnIdleOneOnlyUntilItSaysSo) {
    world.click({.id = "a"}, 0);
    world.click({.id = "b"}, 1);
    world.clock.jump_to(at_second(kNine + kHour / 2));
    world.count_all(1);
    world.clock.jump_to(at_second(kNine + 2 * kHour));
    world.count_all(0);
    EXPECT_EQ(settle(), 0) << "partition 1 stands at half past nine";
    world.count_all(1);  // nothing new there, and it says so
    EXPECT_GT(settle(), 0);
    EXPECT_THAT(settled(Grain::Hour, kNine), ElementsAre("(all) 2", "pay 2"));
}

}  // namespace
}  // namespace clickmill::aggregator
