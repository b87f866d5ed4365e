// What settle(), retire() and a snapshot promise.
#include "tests/contract/metrics_store_contract.h"

#include <atomic>
#include <thread>

namespace clickmill::metrics_store {
namespace {

using Lines = std::vector<std::string>;

TEST_P(MetricsStoreContract, StoresABuildUnderItsHeader) {
    const fold::View view = declare();
    ASSERT_TRUE(store().settle(Settled(view, Grain::Hour, hour(0), {10, 20})
                                   .row({"buy"}, 3, {"ann", "bob"})
                                   .row({"sell"}, 4)
                                   .build()));
    const auto stored = headers(view, Grain::Hour);
    ASSERT_EQ(stored.size(), 1u);
    EXPECT_EQ(stored[0].bucket, hour(0));
    EXPECT_EQ(stored[0].positions, (std::vector<Offset>{{10}, {20}}));
    EXPECT_EQ(stored[0].held, (std::vector<HourRange>{{hour(0), hour(0)}}));
    EXPECT_GT(stored[0].build, 0);
    EXPECT_FALSE(stored[0].is_live_gone);
    EXPECT_EQ(rows_in(view, false, Grain::Hour, hour(0)), (Lines{"buy| 3 2", "sell| 4 -"}));
}

TEST_P(MetricsStoreContract, KeepsWhatABuildHoldsOfEachGrain) {
    const fold::View view = declare();
    for (const Grain grain : {Grain::Day, Grain::Week, Grain::Month}) {
        ASSERT_TRUE(store().settle(Settled(view, grain, 86'400 * 20'000, {7})
                                       .row({"buy"}, 3)
                                       .holds(0, 4)
                                       .holds(6, 9)
                                       .build()));
        const auto stored = headers(view, grain);
        ASSERT_EQ(stored.size(), 1u);
        EXPECT_EQ(stored[0].grain, grain);
        EXPECT_EQ(stored[0].held, (std::vector<HourRange>{{hour(0), hour(4)}, {hour(6), hour(9)}}));
    }
}

TEST_P(MetricsStoreContract, KeepsAHeaderThatHoldsNothing) {
    const fold::View view = declare();
    ASSERT_TRUE(store().settle(Settled(view, Grain::Day, 0, {}).build()));
    EXPECT_TRUE(headers(view, Grain::Day)[0].held.empty());
    EXPECT_TRUE(headers(view, Grain::Day)[0].positions.empty());
}

TEST_P(MetricsStoreContract, ReplacesABuildByALaterOneWhole) {
    const fold::View view = declare();
    ASSERT_TRUE(store().settle(Settled(view, Grain::Hour, hour(0), {10})
                                   .row({"buy"}, 3, {"ann"})
                                   .row({"sell"}, 4, {"ann"})
                                   .build()));
    const int64_t first = headers(view, Grain::Hour)[0].build;
    ASSERT_TRUE(store().settle(
        Settled(view, Grain::Hour, hour(0), {11}).row({"sell"}, 5, {"ann", "bob"}).build()));
    EXPECT_EQ(rows_in(view, false, Grain::Hour, hour(0)), (Lines{"sell| 5 2"}));
    EXPECT_GT(headers(view, Grain::Hour)[0].build, first);
    EXPECT_EQ(headers(view, Grain::Hour).size(), 1u);
}

TEST_P(MetricsStoreContract, KeepsABuildWhosePositionsAreNotAllAtOrBelowTheNewOnes) {
    const fold::View view = declare();
    ASSERT_TRUE(
        store().settle(Settled(view, Grain::Hour, hour(0), {10, 20}).row({"buy"}, 3).build()));
    for (const std::vector<int64_t>& positions :
         {std::vector<int64_t>{11, 19}, {9, 21}, {30}, {}}) {
        const auto refused =
            store().settle(Settled(view, Grain::Hour, hour(0), positions).row({"buy"}, 9).build());
        ASSERT_FALSE(refused);
        EXPECT_EQ(refused.error().code, ErrorCode::Conflict);
    }
    EXPECT_EQ(rows_in(view, false, Grain::Hour, hour(0)), (Lines{"buy| 3 -"}));
    EXPECT_TRUE(
        store().settle(Settled(view, Grain::Hour, hour(0), {10, 20}).row({"buy"}, 3).build()))
        << "equal positions make an equal build";
}

TEST_P(MetricsStoreContract, StoresManyBuildsAtOnceAndLeavesOutThoseThatAreOld) {
    const fold::View view = declare();
    ASSERT_TRUE(
        store().settle(Settled(view, Grain::Hour, hour(1), {9}).row({"buy"}, 7, {"ann"}).build()));
    const std::vector builds{
        Settled(view, Grain::Hour, hour(0), {5}).row({"buy"}, 1, {"ann"}).build(),
        Settled(view, Grain::Hour, hour(1), {5}).row({"buy"}, 2, {"ann"}).build(),
        Settled(view, Grain::Hour, hour(2), {5}).row({"buy"}, 3, {"ann", "bob"}).build(),
    };
    EXPECT_EQ(store().settle_all(builds), 2);
    EXPECT_EQ(rows_in(view, false, Grain::Hour, hour(0)), (Lines{"buy| 1 1"}));
    EXPECT_EQ(rows_in(view, false, Grain::Hour, hour(1)), (Lines{"buy| 7 1"}));
    EXPECT_EQ(rows_in(view, false, Grain::Hour, hour(2)), (Lines{"buy| 3 2"}));
    EXPECT_EQ(store().settle_all({}), 0);
}

TEST_P(MetricsStoreContract, RefusesABuildOfAViewThatNobodyDeclared) {
    const auto refused =
        store().settle(Settled(fold::View{.id = {99}}, Grain::Hour, hour(0), {1}).build());
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, ErrorCode::NotFound);
}

TEST_P(MetricsStoreContract, KeepsBucketsOfOneKeyButOtherGrainOrViewApart) {
    const fold::View shop = declare("shop");
    const fold::View blog = declare("blog");
    const BucketKey key = 86'400 * 20'000;
    ASSERT_TRUE(store().settle(Settled(shop, Grain::Day, key, {1}).row({"buy"}, 1).build()));
    ASSERT_TRUE(store().settle(Settled(shop, Grain::Week, key, {1}).row({"buy"}, 2).build()));
    ASSERT_TRUE(store().settle(Settled(blog, Grain::Day, key, {1}).row({"buy"}, 3).build()));
    EXPECT_EQ(rows_in(shop, false, Grain::Day, key), (Lines{"buy| 1 -"}));
    EXPECT_EQ(rows_in(shop, false, Grain::Week, key), (Lines{"buy| 2 -"}));
    EXPECT_EQ(rows_in(blog, false, Grain::Day, key), (Lines{"buy| 3 -"}));
}

TEST_P(MetricsStoreContract, SumsLiveRowsAndUnitesSketchesOverPartitions) {
    const fold::View view = declare("shop", {"by_os", {"os"}});
    committed(Change(view, 0, 5)
                  .clicks(0, {"buy", "mac"}, 3)
                  .users(0, {"buy", "mac"}, {"ann", "bob"})
                  .clicks(0, {"buy", "linux"}, 1),
              0);
    committed(Change(view, 0, 5)
                  .clicks(0, {"buy", "mac"}, 4)
                  .users(0, {"buy", "mac"}, {"bob", "eve"})
                  .clicks(1, {"buy", "mac"}, 9),
              1);
    EXPECT_EQ(rows_in(view, true, Grain::Hour, hour(0)), (Lines{"buy|linux| 1 -", "buy|mac| 7 3"}));
}

TEST_P(MetricsStoreContract, RetiresLiveRowsOfHoursWhoseBuildCounts) {
    const fold::View view = declare();
    const fold::View other = declare("blog");
    committed(
        Change(view, 0, 5).clicks(0, {"buy"}, 3).users(0, {"buy"}, {"ann"}).clicks(1, {"buy"}, 4));
    committed(Change(other, 0, 5).clicks(0, {"buy"}, 3));
    ASSERT_TRUE(
        store().settle(Settled(view, Grain::Hour, hour(0), {5}).row({"buy"}, 3, {"ann"}).build()));
    const std::vector<BucketKey> hours{hour(0)};
    ASSERT_TRUE(store().retire(view.id, hours));
    EXPECT_EQ(rows_in(view, true, Grain::Hour, hour(0)), Lines{});
    EXPECT_EQ(cell(view, 0, {"buy"}).clicks, 0);
    EXPECT_TRUE(cell(view, 0, {"buy"}).sketch.empty());
    EXPECT_TRUE(headers(view, Grain::Hour)[0].is_live_gone);
    EXPECT_EQ(rows_in(view, false, Grain::Hour, hour(0)), (Lines{"buy| 3 1"}));
    EXPECT_EQ(rows_in(view, true, Grain::Hour, hour(1)), (Lines{"buy| 4 -"}));
    EXPECT_EQ(rows_in(other, true, Grain::Hour, hour(0)), (Lines{"buy| 3 -"}));
    const auto snapshot = store().snapshot();
    EXPECT_EQ((*snapshot)->marks(view.id, {hour(0), hour(0)})->size(), 1u) << "marks stay";
}

TEST_P(MetricsStoreContract, LeavesLiveRowsAloneWhileNoBuildOfTheirHourCounts) {
    const fold::View view = declare();
    committed(Change(view, 0, 5).clicks(0, {"buy"}, 3).clicks(1, {"buy"}, 4));
    ASSERT_TRUE(store().settle(Settled(view, Grain::Hour, hour(0), {4}).row({"buy"}, 2).build()));
    const std::vector<BucketKey> hours{hour(0), hour(1)};
    ASSERT_TRUE(store().retire(view.id, hours));
    EXPECT_EQ(cell(view, 0, {"buy"}).clicks, 3) << "touched after the build";
    EXPECT_EQ(cell(view, 1, {"buy"}).clicks, 4) << "never settled";
    EXPECT_FALSE(headers(view, Grain::Hour)[0].is_live_gone);
}

TEST_P(MetricsStoreContract, LeavesAnHourAsItIsOnceItsLiveRowsAreGone) {
    const fold::View view = declare();
    committed(Change(view, 0, 5).clicks(0, {"buy"}, 3));
    ASSERT_TRUE(store().settle(Settled(view, Grain::Hour, hour(0), {5}).row({"buy"}, 3).build()));
    const std::vector<BucketKey> hours{hour(0)};
    ASSERT_TRUE(store().retire(view.id, hours));
    const auto refused = store().settle(Settled(view, Grain::Hour, hour(0), {50}).build());
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, ErrorCode::Conflict);
    EXPECT_EQ(rows_in(view, false, Grain::Hour, hour(0)), (Lines{"buy| 3 -"}));
}

TEST_P(MetricsStoreContract, ForgetsSettledRowsAndKeepsTheirHeaders) {
    const fold::View view = declare();
    const fold::View other = declare("blog");
    committed(Change(view, 0, 5).clicks(0, {"buy"}, 3).clicks(1, {"buy"}, 4));
    for (const int64_t number : {0, 1}) {
        ASSERT_TRUE(store().settle(Settled(view, Grain::Hour, hour(number), {5})
                                       .row({"buy"}, 3 + number, {"ann"})
                                       .build()));
    }
    const std::vector<BucketKey> hours{hour(0), hour(1), hour(7)};
    for (const fold::View& one : {view, other}) {
        ASSERT_TRUE(store().settle(
            Settled(one, Grain::Day, hour(0), {5}).holds(0, 1).row({"buy"}, 7, {"ann"}).build()));
    }
    ASSERT_TRUE(store().retire(view.id, std::span(hours).first(1)));
    const auto forgotten = store().forget(view.id, Grain::Hour, hours);
    ASSERT_TRUE(forgotten) << forgotten.error().message();
    EXPECT_EQ(rows_in(view, false, Grain::Hour, hour(0)), Lines{});
    EXPECT_EQ(rows_in(view, false, Grain::Hour, hour(1)), (Lines{"buy| 4 1"}))
        << "its live rows are still there, so it may be settled again";
    EXPECT_EQ(rows_in(view, false, Grain::Day, hour(0)), (Lines{"buy| 7 1"}));
    const std::vector<Header> stored = headers(view, Grain::Hour);
    ASSERT_EQ(stored.size(), 2u);
    EXPECT_TRUE(stored[0].is_forgotten && stored[0].is_live_gone);
    EXPECT_FALSE(stored[1].is_forgotten || stored[1].is_live_gone);

    const std::vector<BucketKey> days{hour(0)};
    ASSERT_TRUE(store().forget(view.id, Grain::Day, days));
    EXPECT_EQ(rows_in(view, false, Grain::Day, hour(0)), Lines{});
    EXPECT_EQ(rows_in(other, false, Grain::Day, hour(0)), (Lines{"buy| 7 1"}));
    const std::vector<Header> day = headers(view, Grain::Day);
    ASSERT_EQ(day.size(), 1u);
    EXPECT_TRUE(day[0].is_forgotten);
    EXPECT_FALSE(day[0].is_live_gone);
    EXPECT_EQ(day[0].held, (std::vector<HourRange>{{hour(0), hour(1)}}));
    for (const Grain grain : {Grain::Hour, Grain::Day}) {
        const auto again =
            store().settle(Settled(view, grain, hour(0), {50}).holds(0, 1).row({"buy"}, 9).build());
        ASSERT_FALSE(again);
        EXPECT_EQ(again.error().code, ErrorCode::Conflict);
    }
}

TEST_P(MetricsStoreContract, ShowsOneMomentForAsLongAsASnapshotIsHeld) {
    if (!GetParam().has_snapshots) GTEST_SKIP() << "it has no transactions";
    const fold::View view = declare();
    committed(Change(view, 0, 5).clicks(0, {"buy"}, 3));
    const auto before = store().snapshot();
    committed(Change(view, 5, 9).clicks(0, {"buy"}, 4).clicks(1, {"buy"}, 1));
    ASSERT_TRUE(store().settle(Settled(view, Grain::Hour, hour(0), {9}).row({"buy"}, 4).build()));

    const RowsQuestion live{.view = view.id, .is_live = true, .buckets = {kAllBuckets}};
    EXPECT_EQ((*before)->rows(live)->groups[0].clicks, 3);
    EXPECT_EQ((*before)->positions(view.id)->at(0).position.through, Offset{5});
    EXPECT_EQ((*before)->ledgers()->at(0).through, Offset{5});
    EXPECT_EQ((*before)->marks(view.id, kAllBuckets)->size(), 1u);
    EXPECT_TRUE((*before)->headers(view.id, Grain::Hour, kAllBuckets)->empty());
    const auto after = store().snapshot();
    EXPECT_EQ((*after)->rows(live)->groups[0].clicks, 5);
    EXPECT_EQ((*after)->headers(view.id, Grain::Hour, kAllBuckets)->size(), 1u);
}

// Ninety settled days cost the same whether one partition filled them or sixteen.
TEST_P(MetricsStoreContract, ReadsAsManySettledRowsWithManyPartitionsAsWithOne) {
    constexpr int64_t kDays = 90;
    int64_t rows_read[2] = {};
    for (const int32_t partitions : {1, 16}) {
        const fold::View view = declare("shop" + std::to_string(partitions));
        for (int32_t partition = 0; partition < partitions; ++partition) {
            Change change(view, 0, 5);
            for (int64_t day = 0; day < kDays; ++day) change.clicks(24 * day, {"buy"}, 1);
            committed(change, partition);
        }
        std::vector<Build> builds;
        for (int64_t day = 0; day < kDays; ++day) {
            const std::vector<int64_t> positions(static_cast<size_t>(partitions), 5);
            Settled settled(view, Grain::Day, hour(24 * day), positions);
            settled.holds(24 * day, 24 * day + 23);
            const auto rows =
                store().snapshot().value()->bucket_rows(view.id, true, Grain::Hour, hour(24 * day));
            for (const SettledRow& row : *rows) settled.row(row.labels, row.clicks);
            builds.push_back(settled.build());
        }
        ASSERT_EQ(store().settle_all(builds).value_or(-1), kDays);
        const RowsAnswer answer = ask({.view = view.id,
                                       .grain = Grain::Day,
                                       .buckets = {{hour(0), hour(24 * kDays)}},
                                       .by_bucket = true});
        ASSERT_EQ(answer.groups.size(), static_cast<size_t>(kDays));
        EXPECT_EQ(answer.groups.front().clicks, partitions);
        rows_read[partitions == 1 ? 0 : 1] = answer.rows_read;
    }
    EXPECT_EQ(rows_read[0], kDays);
    EXPECT_EQ(rows_read[1], kDays);
}

TEST_P(MetricsStoreContract, ShowsTheHeadersOfARangeInOrder) {
    const fold::View view = declare();
    for (const int64_t number : {3, 1, 2, 9})
        ASSERT_TRUE(store().settle(Settled(view, Grain::Hour, hour(number), {1}).build()));
    const auto snapshot = store().snapshot();
    const auto found = (*snapshot)->headers(view.id, Grain::Hour, {hour(1), hour(3)});
    ASSERT_EQ(found->size(), 3u);
    for (size_t i = 0; i < 3; ++i) EXPECT_EQ((*found)[i].bucket, hour(static_cast<int64_t>(i) + 1));
}

TEST_P(MetricsStoreContract, KnowsNothingOfViewsThatWereNeverDeclared) {
    const fold::ViewId nobody{99};
    const auto snapshot = store().snapshot();
    EXPECT_TRUE((*snapshot)->positions(nobody)->empty());
    EXPECT_TRUE((*snapshot)->marks(nobody, kAllBuckets)->empty());
    EXPECT_TRUE((*snapshot)->headers(nobody, Grain::Day, kAllBuckets)->empty());
    EXPECT_TRUE((*snapshot)->rows({.view = nobody, .buckets = {kAllBuckets}})->groups.empty());
    EXPECT_TRUE((*snapshot)->bucket_rows(nobody, true, Grain::Hour, hour(0))->empty());
    const std::vector<BucketKey> hours{hour(0)};
    EXPECT_TRUE(store().labels_of(nobody, {0}, hours)->empty());
}

// Each commit moves one click count and the position together; whoever reads never sees them apart.
TEST_P(MetricsStoreContract, NeverShowsHalfACommitToAReaderOnAnotherThread) {
    if (!GetParam().has_snapshots) GTEST_SKIP() << "it has no transactions";
    constexpr int64_t kCommits = 300;
    const fold::View view = declare();
    std::atomic<bool> is_done = false;
    std::jthread reader([&] {
        while (!is_done) {
            const auto snapshot = store().snapshot();
            ASSERT_TRUE(snapshot);
            const auto positions = (*snapshot)->positions(view.id);
            const auto answer =
                (*snapshot)->rows({.view = view.id, .is_live = true, .buckets = {kAllBuckets}});
            const int64_t through =
                positions->empty() ? 0 : positions->at(0).position.through.value;
            const int64_t clicks = answer->groups.empty() ? 0 : answer->groups[0].clicks;
            ASSERT_EQ(clicks, through);
        }
    });
    for (int64_t i = 0; i < kCommits; ++i)
        committed(Change(view, i, i + 1).clicks(0, {"buy"}, i + 1));
    is_done = true;
}

}  // namespace
}  // namespace clickmill::metrics_store
