// A copy of a store that is cut off, whose origin goes on, or whose target is taken (copy.h).
#include "metrics_store/copy.h"
#include "metrics_store/memory/memory_metrics_store.h"
#include "tests/contract/metrics_store_contract.h"

namespace clickmill::metrics_store {
namespace {

class MetricsStoreCopy : public MetricsStoreContract {
protected:
    // Two hours of clicks in two partitions, the first one settled, its day as well.
    void fill(MetricsStore& origin) {
        const fold::ViewDefinition totals{
            .project = "shop", .rollup = {"totals", {}}, .zone = "Europe/Berlin"};
        view_ = metrics_store::declare(origin, std::vector{totals})->front();
        for (const int32_t partition : {0, 1}) {
            Change change(view_, 0, 10);
            change.clicks(0, {"buy"}, 4).users(0, {"buy"}, {"ann"}).clicks(1, {"sell"}, 3);
            const fold::Commit commit{.ledger = ledger_at(10, partition),
                                      .views = {change.changes()}};
            ASSERT_TRUE(origin.commit(commit));
        }
        Settled hour_0(view_, Grain::Hour, hour(0), {10, 10});
        Settled day(view_, Grain::Day, 1'793'491'200, {10, 10});
        ASSERT_TRUE(origin.settle(hour_0.row({"buy"}, 8, {"ann"}).holds(0, 0).build()));
        ASSERT_TRUE(origin.settle(day.row({"buy"}, 8, {"ann"}).holds(0, 0).build()));
    }
    // Goes on so that both partitions have `count` more clicks on "late" in the second hour.
    void go_on(MetricsStore& origin, int64_t from, int64_t count) {
        for (const int32_t partition : {0, 1}) {
            Change change(view_, from, from + 5);
            change.clicks(1, {"late"}, count);
            ASSERT_TRUE(origin.commit(
                {.ledger = ledger_at(from + 5, partition), .views = {change.changes()}}));
        }
    }
    std::string log_id(int32_t partition = 0) {
        return store().progress(PartitionId{partition})->ledger.log_id;
    }
    std::vector<std::string> live(const std::string& feature) {
        const fold::View copied = (*store().snapshot())->views()->front();
        return groups({.view = copied.id,
                       .is_live = true,
                       .buckets = {kAllBuckets},
                       .features = {feature},
                       .by_feature = true});
    }

    fold::View view_;
};

// Stops a copy after so many buckets, as a kill would.
struct CutOff {};
CopyOptions cut_off_after(int64_t buckets) {
    return {.on_progress =
                [left = buckets](const CopyProgress&) mutable {
                    if (left-- == 0) throw CutOff();
                },
            .rows_at_once = 1};
}

TEST_P(MetricsStoreCopy, GoesOnWhereItWasCutOffAndIsNobodysUntilItIsWhole) {
    for (int64_t buckets = 0; buckets < 100; buckets += 3) {
        begin_anew();
        MemoryMetricsStore origin;
        fill(origin);
        try {
            ASSERT_TRUE(copy_store(origin, store(), cut_off_after(buckets)));
            EXPECT_GT(buckets, 6);  // this one reached its end
            return;
        } catch (const CutOff&) {
            EXPECT_EQ(log_id(0), kUnfinishedCopy) << buckets;
            EXPECT_EQ(log_id(1), kUnfinishedCopy) << buckets;
        }
        reopen();
        if (GetParam().name == "Memory") continue;  // an empty one
        const auto copied = copy_store(origin, store());
        ASSERT_TRUE(copied) << copied.error().message();
        EXPECT_EQ(log_id(), origin.progress(PartitionId{0})->ledger.log_id);
        EXPECT_EQ(live("buy"), (std::vector<std::string>{"buy 8"}));
    }
    FAIL() << "it had more buckets than there are";
}

TEST_P(MetricsStoreCopy, TakesWhatItsOriginCountedSinceItWasCutOff) {
    MemoryMetricsStore origin;
    fill(origin);
    go_on(origin, 10, 2);
    EXPECT_THROW((void)copy_store(origin, store(), cut_off_after(5)), CutOff);
    go_on(origin, 15, 7);
    const auto copied = copy_store(origin, store());
    ASSERT_TRUE(copied) << copied.error().message();
    EXPECT_EQ(live("late"), (std::vector<std::string>{"late 14"}));
    EXPECT_EQ(store().progress(PartitionId{1})->ledger.through, Offset{20});
}

TEST_P(MetricsStoreCopy, IsRefusedWhenItsOriginCountsMeanwhile) {
    MemoryMetricsStore origin;
    fill(origin);
    bool is_done = false;
    const auto copied =
        copy_store(origin, store(), {.on_progress = [&](const CopyProgress& progress) {
                       if (progress.doing == "copying" || std::exchange(is_done, true)) return;
                       go_on(origin, 10, 2);
                   }});
    ASSERT_FALSE(copied);
    EXPECT_EQ(copied.error().code, ErrorCode::Conflict);
    EXPECT_EQ(log_id(), kUnfinishedCopy);
    ASSERT_TRUE(copy_store(origin, store()));
    EXPECT_EQ(live("late"), (std::vector<std::string>{"late 4"}));
}

TEST_P(MetricsStoreCopy, LeavesAStoreAloneThatCountsSomethingElse) {
    MemoryMetricsStore origin;
    fill(origin);
    const fold::View own = declare();
    committed(Change(own, 0, 3).clicks(0, {"mine"}, 1));
    const auto copied = copy_store(origin, store());
    ASSERT_FALSE(copied);
    EXPECT_NE(copied.error().message().find("name an empty database"), std::string::npos)
        << copied.error().message();
    EXPECT_EQ(live("mine"), (std::vector<std::string>{"mine 1"}));
}

TEST_P(MetricsStoreCopy, IsDoneOnce) {
    MemoryMetricsStore origin;
    fill(origin);
    ASSERT_TRUE(copy_store(origin, store()));
    const auto again = copy_store(origin, store());
    ASSERT_FALSE(again);
    EXPECT_NE(again.error().message().find("complete"), std::string::npos);
}

INSTANTIATE_TEST_SUITE_P(Every, MetricsStoreCopy, testing::ValuesIn(backends()),
                         [](const auto& backend) { return backend.param.name; });

}  // namespace
}  // namespace clickmill::metrics_store
