#include "aggregator/partition_folder.h"

#include "aggregator/store_answers.h"
#include "aggregator/test_doors.h"
#include "aggregator/test_world.h"
#include "metrics_store/copy.h"

#include <fmt/core.h>
#include <gmock/gmock.h>

namespace clickmill::aggregator {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

const FolderOptions kAcceptsGaps{.accepts_gap = [](PartitionId, Offset) { return true; }};

TEST(PartitionFolder, CountsEachClickOnceAcrossRestarts) {
    World world;
    for (int i = 0; i < 20; ++i) {
        world.clicks({{.id = std::to_string(i)}, {.id = std::to_string(i / 2)}});
        if (i % 3 == 0) world.count_all();
    }
    world.count_all();
    EXPECT_THAT(world.counts(), ElementsAre("pay 20"));
    EXPECT_EQ(world.accounting().counted, 20);
    EXPECT_EQ(world.accounting().duplicate, 20);
    EXPECT_EQ(world.accounting().total(), world.log_state().total_events);
}

TEST(PartitionFolder, GoesOnAfterADeathThatLostWhatWasFolded) {
    World world;
    world.click({.id = "a"});
    world.count_all();
    world.click({.id = "b"});
    {
        const auto dying = world.open();
        ASSERT_TRUE((*dying)->fold_some({.wait = {}}, {}, world.clock.now()));
    }
    world.clicks({{.id = "a"}, {.id = "b"}, {.id = "c"}});
    world.count_all();
    EXPECT_THAT(world.counts(), ElementsAre("pay 3"));
    EXPECT_EQ(world.accounting().duplicate, 2);
}

TEST(PartitionFolder, RefusesAnotherLog) {
    World world;
    world.click({.id = "a"});
    world.count_all();
    event_log::MemoryEventLog other({.log_id = "another", .answers_from_thread = false},
                                    world.clock);
    const auto opened = world.open_on(other);
    ASSERT_FALSE(opened);
    EXPECT_EQ(opened.error().code, ErrorCode::Conflict);
    EXPECT_THAT(opened.error().message(),
                HasSubstr("stored for log memory, found log another; bring the right event log"));
}

TEST(PartitionFolder, RefusesACopyThatIsNotComplete) {
    World world;
    world.click({.id = "a"});
    ASSERT_TRUE(world.store.commit(
        {.ledger = {.log_id = std::string(metrics_store::kUnfinishedCopy), .partition_count = 1}}));
    const auto opened = world.open();
    ASSERT_FALSE(opened);
    EXPECT_EQ(opened.error().code, ErrorCode::Conflict);
    EXPECT_THAT(opened.error().message(), HasSubstr("start the same 'clickmill store copy' again"));
}

TEST(PartitionFolder, RefusesAnotherNumberOfPartitions) {
    World world;
    world.click({.id = "a"});
    world.count_all();
    event_log::MemoryEventLog wider({.partition_count = 4, .answers_from_thread = false},
                                    world.clock);
    const auto opened = world.open_on(wider);
    ASSERT_FALSE(opened);
    EXPECT_EQ(opened.error().code, ErrorCode::Conflict);
    EXPECT_THAT(opened.error().message(), HasSubstr("counted with 1, found 4"));
}

TEST(PartitionFolder, RefusesALogThatEndsBeforeItsPosition) {
    World world;
    world.click({.id = "a"});
    world.click({.id = "b"});
    world.count_all();
    event_log::MemoryEventLog older({.answers_from_thread = false}, world.clock);
    const auto opened = world.open_on(older);
    ASSERT_FALSE(opened);
    EXPECT_EQ(opened.error().code, ErrorCode::Conflict);
    EXPECT_THAT(opened.error().message(), HasSubstr("position 2, end 0; an older copy"));
}

TEST(PartitionFolder, StopsWhereRecordsWereDeletedBeforeTheyWereCounted) {
    World world;
    world.click({.id = "a"});
    world.count_all();
    for (int i = 0; i < 5; ++i) world.click({.id = std::to_string(i)});
    world.log.trim(PartitionId{0}, Offset{4});
    const auto opened = world.open();
    ASSERT_FALSE(opened);
    EXPECT_EQ(opened.error().code, ErrorCode::NotFound);
    EXPECT_THAT(opened.error().message(),
                HasSubstr("position 1, oldest record 4; bring the records back"));
    EXPECT_THAT(world.counts(), ElementsAre("pay 1")) << "nothing was skipped";
}

TEST(PartitionFolder, CountsAnAcceptedGapAsLost) {
    World world;
    world.click({.id = "a"});
    world.count_all();
    for (int i = 0; i < 5; ++i)
        world.clicks({{.id = std::to_string(2 * i)}, {.id = std::to_string(2 * i + 1)}});
    world.log.trim(PartitionId{0}, Offset{4});
    world.count_all(0, kAcceptsGaps);
    EXPECT_EQ(world.accounting().lost, 6);
    EXPECT_EQ(world.accounting().counted, 1 + 4);
    EXPECT_EQ(world.accounting().total(), world.log_state().total_events);
    world.click({.id = "z"});
    world.count_all(0, kAcceptsGaps);
    EXPECT_EQ(world.accounting().lost, 6) << "a gap is counted once";
    EXPECT_EQ(world.accounting().total(), world.log_state().total_events);
}

TEST(PartitionFolder, AcceptsTheGapThatItWasToldOf) {
    World world;
    world.click({.id = "a"});
    world.count_all();
    for (int i = 0; i < 5; ++i) world.click({.id = std::to_string(i)});
    world.log.trim(PartitionId{0}, Offset{4});
    Offset accepted{2};
    const FolderOptions options{.accepts_gap = [&](PartitionId partition, Offset position) {
        return partition == PartitionId{0} && position == accepted;
    }};
    const auto refused = world.open(0, options);
    ASSERT_FALSE(refused);
    EXPECT_THAT(refused.error().message(),
                HasSubstr("'clickmill partition resume 0 --accept-gap'"));
    accepted = Offset{1};
    EXPECT_TRUE(world.open(0, options));
}

// Nothing is pending when nothing comes any more.
TEST(PartitionFolder, CountsAGapAtTheEndOfTheLogAtOnce) {
    World world;
    world.click({.id = "a"});
    world.count_all();
    world.clicks({{.id = "b"}, {.id = "c"}});
    world.log.trim(PartitionId{0}, Offset{2});
    world.count_all(0, kAcceptsGaps);
    EXPECT_EQ(world.accounting().lost, 2);
    EXPECT_EQ(world.ledger().through, Offset{2});
    EXPECT_EQ(world.accounting().total(), world.log_state().total_events);
}

// Kafka counts records, not events.
TEST(PartitionFolder, CountsTheRecordsOfAGapWhereTheLogCountsNoEvents) {
    World world;
    world.click({.id = "a"});
    world.count_all();
    for (int i = 0; i < 5; ++i) world.clicks({{.id = std::to_string(i)}, {.id = "x"}});
    world.log.trim(PartitionId{0}, Offset{4});
    DoorToLog door(world.log);
    door.counts_events = false;
    const auto folder = world.open_on(door, 0, kAcceptsGaps);
    ASSERT_TRUE(folder) << folder.error().message();
    world.fold_all(**folder);
    EXPECT_EQ(world.accounting().lost, 3);
    EXPECT_EQ(world.accounting().counted, 1 + 2 + 1);
}

TEST(PartitionFolder, CountsDamagedAndMissingRecordsAsLost) {
    World world;
    for (int i = 0; i < 4; ++i)
        world.clicks({{.id = std::to_string(2 * i)}, {.id = std::to_string(2 * i + 1)}});
    world.log.damage(PartitionId{0}, Offset{1});
    world.log.lose(PartitionId{0}, Offset{2});
    world.count_all();
    EXPECT_THAT(world.counts(), ElementsAre("pay 4"));
    EXPECT_EQ(world.accounting().lost, 4);
    EXPECT_EQ(world.accounting().total(), world.log_state().total_events);
}

TEST(PartitionFolder, GoesOnWithWhatIsStoredWhenADefinitionChanges) {
    World world;
    world.definitions.push_back(definition_of("by_platform", {"platform"}));
    world.click({.id = "a"});
    world.count_all();
    world.definitions.back().rollup.dimensions = {"browser"};
    world.click({.id = "b"});
    world.count_all();
    EXPECT_EQ(world.view_of("by_platform").definition.rollup.dimensions,
              std::vector<std::string>{"platform"});
    EXPECT_THAT(world.counts("by_platform"), ElementsAre("pay 2"));
}

TEST(PartitionFolder, BuildsALaterRollupFromTheLogsBeginning) {
    World world;
    world.clicks({{.id = "a"}, {.id = "b"}});
    world.count_all();
    world.definitions.push_back(definition_of("by_platform", {"platform"}));
    world.clicks({{.id = "b"}, {.id = "c", .at = kNine + 300}});
    world.count_all();
    EXPECT_EQ(world.view_of("by_platform").since, Moment{});
    EXPECT_THAT(world.counts(), ElementsAre("pay 3"));
    EXPECT_THAT(world.counts("by_platform"), ElementsAre("pay 3")) << "b is a repeat there, too";
}

TEST(PartitionFolder, LeavesARollupToAReplayThatIsFarBehindOrNeedsWhatIsGone) {
    World world;
    for (int i = 0; i < 4; ++i) world.click({.id = std::to_string(i)});
    world.count_all();
    world.definitions.push_back(definition_of("by_platform", {"platform"}));
    world.count_all(0, {.joins_within = 3});
    EXPECT_THAT(world.counts("by_platform"), ElementsAre());
    world.log.trim(PartitionId{0}, Offset{2});
    world.count_all(0, {.joins_within = 10});
    EXPECT_THAT(world.counts("by_platform"), ElementsAre());
    EXPECT_THAT(world.counts(), ElementsAre("pay 4"));
}

TEST(PartitionFolder, IsOutdatedOnceOtherViewsAreToBeFolded) {
    World world;
    world.click({.id = "a"});
    const auto folder = *world.open();
    world.fold_all(*folder);
    ASSERT_TRUE(folder->refresh_definitions(world.clock.now()));
    EXPECT_FALSE(folder->is_outdated());
    const fold::View next = *metrics_store::begin_generation(world.store, world.definitions[0]);
    ASSERT_TRUE(folder->refresh_definitions(world.clock.now()));
    EXPECT_TRUE(folder->is_outdated()) << "it begins below what was folded";
    const auto both = *world.open();
    world.fold_all(*both);
    EXPECT_FALSE(both->is_outdated());
    ASSERT_TRUE(metrics_store::make_current(world.store, std::vector{next.id}));
    ASSERT_TRUE(both->refresh_definitions(world.clock.now()));
    EXPECT_TRUE(both->is_outdated()) << "the first generation is folded no more";
}

TEST(PartitionFolder, GoesOnWhereItsOwnViewsStandWhateverElseIsStored) {
    World world;
    EXPECT_EQ(*next_to_fold(world.store, PartitionId{0}), Offset{0});
    for (int i = 0; i < 4; ++i) world.click({.id = std::to_string(i)});
    world.count_all();
    const fold::View next = *metrics_store::begin_generation(world.store, world.definitions[0]);
    EXPECT_EQ(*next_to_fold(world.store, PartitionId{0}), Offset{4}) << "it is a replay's";
    world.count_all();
    ASSERT_TRUE(metrics_store::make_current(world.store, std::vector{next.id}));
    world.click({.id = "more"});
    world.count_all();
    EXPECT_EQ(*next_to_fold(world.store, PartitionId{0}), Offset{5}) << "the old one stays behind";
}

TEST(PartitionFolder, CountsAProjectInTwoZonesWhileItMoves) {
    World world;
    world.click({.id = "a"});
    world.count_all();
    world.definitions[0].zone = "Asia/Kathmandu";
    world.clicks({{.id = "a"}, {.id = "b"}});
    const auto folder = *world.open();
    world.fold_all(*folder);
    ASSERT_EQ(folder->views().size(), 2u);
    for (const auto& [id, view] : folder->views()) {
        const bool has_moved = view.view().definition.zone != "UTC";
        const calendar::BucketKey hour = has_moved ? kNine - 2700 : kNine;
        const auto stored =
            world.store.load(id, PartitionId{0}, std::vector<fold::CellKey>{{hour, {"pay"}}});
        EXPECT_EQ(stored->front().clicks, 2) << "in the hour from " << hour;
    }
    EXPECT_EQ(world.accounting().counted, 2);
    EXPECT_EQ(world.accounting().duplicate, 1);
}

TEST(PartitionFolder, CountsALaterProjectFromWhereTheLedgerStandsThoughOldRecordsAreGone) {
    World world;
    for (int i = 0; i < 3; ++i) world.click({.id = std::to_string(i)});
    world.count_all();
    world.log.trim(PartitionId{0}, Offset{2});
    world.definitions.push_back(definition_of("totals", {}, "blog"));
    world.click({.id = "x", .project = "blog"});
    world.count_all();
    EXPECT_EQ(world.ledger().projects.at("blog").counted, 1);
}

TEST(PartitionFolder, AsksForProjectsThatItDoesNotKnowButNotForEachClick) {
    World world;
    int asked = 0;
    const auto folder = *PartitionFolder::open(
        PartitionId{0}, {}, world.log, world.store,
        [&] {
            ++asked;
            return world.known();
        },
        world.clock.now());
    EXPECT_EQ(asked, 1);
    for (int i = 0; i < 10; ++i) world.click({.id = std::to_string(i), .project = "blog"});
    world.fold_all(*folder);
    EXPECT_EQ(asked, 2) << "a name that is new is asked for at once";
    EXPECT_EQ(world.ledger().projects[""].unreadable, 10);

    world.definitions.push_back(definition_of("totals", {}, "blog"));
    world.clock.advance(std::chrono::seconds(2));
    world.click({.id = "later", .project = "blog"});
    world.fold_all(*folder);
    EXPECT_EQ(asked, 3);
    EXPECT_EQ(world.ledger().projects["blog"].counted, 1);
    EXPECT_EQ(world.accounting().total(), world.log_state().total_events);
}

TEST(PartitionFolder, SetsAsideWhatIsNoEventBeforeItIsCommitted) {
    World world;
    std::vector<std::string> aside;
    Result<void> may;
    const FolderOptions options{
        .set_aside = [&](PartitionId, std::span<const event_log::Unreadable> records) {
            for (const auto& record : records) {
                aside.push_back(fmt::format("{} {} {}", record.offset.value,
                                            microseconds_of(record.append_time) / 1'000'000,
                                            record.payload));
            }
            return may;
        }};
    world.click({.id = "a"});
    world.append("garbage\n", 1);
    world.append(line_of({.id = "b"}) + "[]\n", 2);
    may = fail(ErrorCode::Unavailable, "no broker", "", "");
    {
        const auto folder = *world.open(0, options);
        EXPECT_FALSE(folder->fold_some({.wait = {}}, {}, world.clock.now()));
    }
    EXPECT_EQ(world.accounting().total(), 0) << "nothing without a copy";
    may = {};
    aside.clear();
    world.count_all(0, options);
    const std::string nine = std::to_string(kNine);
    EXPECT_THAT(aside, ElementsAre("1 " + nine + " garbage\n", "2 " + nine + " []\n"));
    EXPECT_EQ(world.accounting().unreadable, 2);
    EXPECT_EQ(world.accounting().counted, 2);
    aside.clear();
    world.count_all(0, options);
    EXPECT_THAT(aside, IsEmpty()) << "what is committed is in hand";
}

TEST(PartitionFolder, KeepsTheRecordsOfTheRepeatWindow) {
    World world;
    const FolderOptions options{.repeats = {.slice_seconds = 8 * kHour}};
    const auto folder = *world.open(0, options);
    for (int i = 0; i < 60; ++i) {  // an hour apart
        world.click({.id = std::to_string(i), .at = kNine + i * kHour});
        world.fold_all(*folder);
        world.clock.advance(std::chrono::hours(1));
    }
    const Offset kept = folder->keep_from();
    EXPECT_GT(kept, Offset{0}) << "two days and a half are more than the window";
    EXPECT_LE(kept, Offset{60 - 24});
    // What is kept is enough: after a restart the oldest id in it is still known.
    world.log.trim(PartitionId{0}, kept);
    world.click({.id = std::to_string(kept.value), .at = kNine + 60 * kHour});
    world.count_all(0, options);
    EXPECT_EQ(world.accounting().duplicate, 1);
    EXPECT_EQ(world.accounting().counted, 60);
}

TEST(PartitionFolder, ReadsAgainOnlyWhatNoStoredPieceHolds) {
    World world;
    const FolderOptions options{.repeats = {.piece_seconds = 10}};
    for (int i = 0; i < 100; ++i) {
        world.click({.id = std::to_string(i), .at = kNine + i});
        world.clock.advance(std::chrono::seconds(1));
    }
    world.count_all(0, options);
    EXPECT_EQ((*world.open(0, options))->fold().read_from(), Offset{90}) << "after a kill";
    {
        const auto folder = *world.open(0, options);
        world.fold_all(*folder);
        folder->end();
        world.commit(*folder);
    }
    EXPECT_EQ((*world.open(0, options))->fold().read_from(), Offset{100}) << "after a stop";
    for (int i = 0; i < 100; ++i) world.click({.id = std::to_string(i), .at = kNine + i});
    world.count_all(0, options);
    EXPECT_EQ(world.accounting().duplicate, 100);
    EXPECT_EQ(world.accounting().counted, 100);
}

TEST(PartitionFolder, DropsPiecesThatLeaveTheRepeatWindow) {
    World world;
    const FolderOptions options{.repeats = {.slice_seconds = kHour, .piece_seconds = 60}};
    for (int i = 0; i < 20; ++i) {
        world.click({.id = std::to_string(i), .at = kNine + i * kHour / 2});
        world.clock.advance(std::chrono::minutes(30));
        if (i % 5 == 4) world.count_all(0, options);
    }
    const auto pieces = *world.store.repeat_pieces(PartitionId{0});
    ASSERT_FALSE(pieces.empty());
    EXPECT_GT(pieces.front().first, Offset{0});
    EXPECT_LE(pieces.front().first, (*world.open(0, options))->keep_from());
}

}  // namespace
}  // namespace clickmill::aggregator
