#include "aggregator/partition_follower.h"

#include "aggregator/test_doors.h"
#include "aggregator/test_world.h"

#include <gmock/gmock.h>

namespace clickmill::aggregator {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

const Error kAway{ErrorCode::Unavailable, "cannot reach it", "the test's door", "closed"};

// Follows partition 0 through doors until the end of the log was seen `ends` times.
class PartitionFollowing : public testing::Test {
protected:
    Result<void> follow(int ends = 1) {
        std::stop_source source;
        log.at_end = [&source, ends]() mutable {
            if (--ends <= 0) source.request_stop();
        };
        PartitionFollower follower(PartitionId{0}, options,
                                   {log, store, world.clock, *logger, registry, health},
                                   [this] { return world.known(); });
        Result<void> ended = follower.follow(source.get_token());
        log.at_end = nullptr;
        return ended;
    }

    World world;
    DoorToLog log{world.log};
    DoorToStore store{world.store};
    FollowerOptions options{.folder = {.repeat_key = 7}, .read = {.wait = {}}};
    std::unique_ptr<telemetry::Logger> logger = telemetry::make_silent_logger();
    telemetry::Registry registry;
    telemetry::Health health;
};

TEST_F(PartitionFollowing, CommitsWhatIsFoldedWhenItStops) {
    world.clicks({{.id = "a"}, {.id = "b"}});
    ASSERT_TRUE(follow());
    EXPECT_THAT(world.counts(), ElementsAre("pay 2"));
    EXPECT_TRUE(health.is_ready());
    EXPECT_THAT(registry.text(), HasSubstr("clickmill_aggregator_position{partition=\"0\"} 1"));
    EXPECT_EQ(world.log.kept_from(PartitionId{0}), Offset{0}) << "the window is kept";
}

TEST_F(PartitionFollowing, TriesACommitAgainUntilItIsStored) {
    world.count_all();
    world.click({.id = "a"});
    store.commits_before.add(kAway, 2);
    options.flush_interval = std::chrono::milliseconds(0);
    ASSERT_TRUE(follow(2));
    EXPECT_GE(store.commits, 3);
    EXPECT_THAT(world.counts(), ElementsAre("pay 1"));
    EXPECT_EQ(world.accounting().counted, 1);
    EXPECT_TRUE(health.is_ready());
}

TEST_F(PartitionFollowing, EndsWhileTheStoreIsAway) {
    world.count_all();
    world.click({.id = "a"});
    store.commits_before.add(kAway, 1'000);
    const Result<void> ended = follow();
    ASSERT_FALSE(ended);
    EXPECT_EQ(store.commits, 1) << "the last try; what is not stored is folded again";
}

TEST_F(PartitionFollowing, FindsOutWhetherACommitWithoutAnAnswerIsStored) {
    world.count_all();
    world.click({.id = "a"});
    store.commits_after.add(kAway);
    ASSERT_TRUE(follow());
    EXPECT_EQ(store.commits, 1) << "it was there: nothing to send again";
    world.clicks({{.id = "a"}, {.id = "b"}});
    ASSERT_TRUE(follow());
    EXPECT_THAT(world.counts(), ElementsAre("pay 2"));
    EXPECT_EQ(world.accounting().duplicate, 1);
}

TEST_F(PartitionFollowing, BeginsAgainWhereSomebodyElseMovedThePosition) {
    world.clicks({{.id = "a"}, {.id = "b"}});
    std::stop_source source;
    log.at_end = [&] {
        world.click({.id = "more"});
        world.count_all();  // another process counts further, and commits first
        source.request_stop();
    };
    PartitionFollower follower(PartitionId{0}, options,
                               {log, store, world.clock, *logger, registry, health},
                               [this] { return world.known(); });
    const Result<void> refused = follower.follow(source.get_token());
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, ErrorCode::Conflict);
    world.click({.id = "c"});
    ASSERT_TRUE(follow());
    EXPECT_THAT(world.counts(), ElementsAre("pay 4"));
    EXPECT_EQ(world.accounting().counted, 4);
    EXPECT_EQ(world.accounting().duplicate, 0);
}

TEST_F(PartitionFollowing, EndsOnAnErrorOfTheLogAndGoesOnWhenItIsBack) {
    world.count_all();
    world.click({.id = "a"});
    log.reads.add(kAway);
    const Result<void> ended = follow();
    ASSERT_FALSE(ended);
    EXPECT_EQ(ended.error().code, ErrorCode::Unavailable);
    EXPECT_EQ(store.commits, 0);
    ASSERT_TRUE(follow());
    EXPECT_THAT(world.counts(), ElementsAre("pay 1"));
}

TEST_F(PartitionFollowing, MovesPositionsOnWhileNothingComes) {
    options.idle_refresh = std::chrono::milliseconds(0);
    world.click({.id = "a"});
    ASSERT_TRUE(follow());
    world.clock.advance(std::chrono::minutes(10));
    ASSERT_TRUE(follow(2));
    EXPECT_EQ(world.ledger().complete_through, at_second(kNine + 599))
        << "a second of grace below the moment of the look";
}

TEST_F(PartitionFollowing, LearnsOfARollupThatIsDeclaredWhileItRuns) {
    options.idle_refresh = std::chrono::milliseconds(0);
    world.click({.id = "a"});
    ASSERT_TRUE(follow());
    std::stop_source source;
    int ends = 0;
    log.at_end = [&] {
        ++ends;
        if (ends == 1) world.definitions.push_back(definition_of("by_platform", {"platform"}));
        if (ends == 2) world.click({.id = "b"});
        if (ends == 4) source.request_stop();
    };
    PartitionFollower follower(PartitionId{0}, options,
                               {log, store, world.clock, *logger, registry, health},
                               [this] { return world.known(); });
    ASSERT_TRUE(follower.follow(source.get_token())) << "it ends to begin anew with both";
    EXPECT_FALSE(source.stop_requested());
    ASSERT_TRUE(follower.follow(source.get_token()));
    EXPECT_THAT(world.counts(), ElementsAre("pay 2"));
    EXPECT_THAT(world.counts("by_platform"), ElementsAre("pay 2"));
}

}  // namespace
}  // namespace clickmill::aggregator
