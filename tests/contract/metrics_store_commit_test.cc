// What declare(), commit(), load() and progress() promise.
#include "tests/contract/metrics_store_contract.h"

#include <limits>

namespace clickmill::metrics_store {
namespace {

using fold::RollupDefinition;

constexpr int64_t kMost = std::numeric_limits<int64_t>::max();
constexpr int64_t kLeast = std::numeric_limits<int64_t>::min();

fold::ViewDefinition definition(std::string project, RollupDefinition rollup) {
    return {.project = std::move(project), .rollup = std::move(rollup), .zone = "UTC"};
}

TEST_P(MetricsStoreContract, GivesAnEqualDefinitionTheSameViewAgain) {
    const fold::View first = declare("shop");
    const fold::View again = declare("shop");
    EXPECT_EQ(first.id, again.id);
    EXPECT_EQ(again.definition, first.definition);
    EXPECT_EQ(again.since, first.since);
}

TEST_P(MetricsStoreContract, GivesEachProjectItsOwnViewOfARollup) {
    EXPECT_NE(declare("shop").id, declare("blog").id);
}

TEST_P(MetricsStoreContract, AnswersADeclarationInTheOrderOfItsDefinitions) {
    const auto views = metrics_store::declare(
        store(), std::vector{definition("shop", {"by_page", {"page"}, false}),
                             definition("shop", {"totals", {}}),
                             definition("shop", {"by_page", {"page"}, false})});
    ASSERT_TRUE(views) << views.error().message();
    ASSERT_EQ(views->size(), 3u);
    EXPECT_EQ((*views)[0].id, (*views)[2].id);
    EXPECT_EQ((*views)[1].definition.rollup.name, "totals");
    EXPECT_FALSE((*views)[0].definition.rollup.users);
}

TEST_P(MetricsStoreContract, RefusesNamesThatNoRollupCanHave) {
    for (const auto* name : {"", "Totals", "1st", "a-b", "x\"; DROP TABLE views; --",
                             "a23456789012345678901234567890123456789012"}) {
        const auto refused = metrics_store::declare(
            store(),
            std::vector{definition("blog", {"totals", {}}), definition("shop", {name, {}})});
        ASSERT_FALSE(refused) << name;
        EXPECT_EQ(refused.error().code, ErrorCode::InvalidInput);
    }
    EXPECT_TRUE((*store().snapshot())->views()->empty()) << "nothing of a refused one is kept";
}

TEST_P(MetricsStoreContract, TakesNamesThatAreWordsOfAStoreItself) {
    for (const auto* name : {"views", "headers", "sqlite_master", "totals_live", "daily_clicks",
                             "select", "totals_settled_by_bucket"}) {
        const fold::View view = declare(name, {name, {"os"}});
        committed(Change(view, 0, 5).clicks(0, {"buy", "linux"}, 3));
        EXPECT_EQ(cell(view, 0, {"buy", "linux"}).clicks, 3) << name;
    }
}

TEST_P(MetricsStoreContract, KeepsRollupsOfOneNameButOtherDimensionsApart) {
    const fold::View shop = declare("shop", {"by_client", {"os"}});
    const fold::View blog = declare("blog", {"by_client", {"browser", "os"}});
    committed(Change(shop, 0, 5).clicks(0, {"buy", "linux"}, 3));
    committed(Change(blog, 0, 5).clicks(0, {"buy", "firefox", "linux"}, 4));
    EXPECT_EQ(cell(shop, 0, {"buy", "linux"}).clicks, 3);
    EXPECT_EQ(cell(blog, 0, {"buy", "firefox", "linux"}).clicks, 4);
}

TEST_P(MetricsStoreContract, TakesDimensionsThatDifferInCaseOnly) {
    const fold::View view =
        declare("shop", {"by_plan", {"properties.plan", "properties.Plan", "properties.\"x"}});
    committed(Change(view, 0, 5).clicks(0, {"buy", "pro", "PRO", "'"}, 3));
    EXPECT_EQ(cell(view, 0, {"buy", "pro", "PRO", "'"}).clicks, 3);
}

TEST_P(MetricsStoreContract, LetsTheFirstRollupsOfAProjectHoldEverything) {
    declare("blog");
    committed(Change(declare("blog"), 0, 40).clicks(0, {"buy"}, 1));
    const fold::View view = declare("shop");
    EXPECT_EQ(view.since, Moment{});
    EXPECT_EQ(position(view).through, Offset{0});
}

TEST_P(MetricsStoreContract, GivesBackWhatWasCommitted) {
    const fold::View view = declare();
    committed(Change(view, 0, 10)
                  .clicks(0, {"buy"}, 3)
                  .users(0, {"buy"}, {"ann", "bob"})
                  .complete_through(77));
    const fold::StoredCell stored = cell(view, 0, {"buy"});
    EXPECT_EQ(stored.clicks, 3);
    EXPECT_EQ(stored.clicks_through, Offset{10});
    EXPECT_EQ(stored.sketch, sketch_of({"ann", "bob"}));
    EXPECT_EQ(stored.sketch_through, Offset{10});
    EXPECT_EQ(position(view),
              (fold::Position{
                  .through = {10}, .newest_hour = hour(0), .complete_through = at_second(77)}));
}

TEST_P(MetricsStoreContract, KnowsNothingOfCellsThatWereNeverWritten) {
    const fold::View view = declare();
    committed(Change(view, 0, 10).clicks(0, {"buy"}, 3));
    const std::vector<fold::CellKey> keys{
        {hour(0), {"sell"}}, {hour(0), {"buy"}}, {hour(1), {"buy"}}};
    const auto cells = store().load(view.id, {0}, keys);
    ASSERT_EQ(cells->size(), 3u);
    EXPECT_EQ((*cells)[0].clicks, 0);
    EXPECT_EQ((*cells)[0].clicks_through, Offset{0});
    EXPECT_TRUE((*cells)[0].sketch.empty());
    EXPECT_EQ((*cells)[1].clicks, 3);
    EXPECT_EQ((*cells)[2].clicks, 0);
    EXPECT_EQ(cell(view, 0, {"buy"}, 1).clicks, 0) << "another partition";
}

TEST_P(MetricsStoreContract, RefusesACommitThatDoesNotGoOnFromTheStoredPosition) {
    const fold::View totals = declare();
    const fold::View by_os = declare("shop", {"by_os", {"os"}});
    committed(Change(totals, 0, 10).clicks(0, {"buy"}, 3));
    for (const int64_t from : {0, 9, 11}) {
        const auto refused = commit({Change(by_os, 0, 12).clicks(0, {"buy", "linux"}, 1),
                                     Change(totals, from, 12).clicks(0, {"buy"}, 4)},
                                    12);
        ASSERT_FALSE(refused);
        EXPECT_EQ(refused.error().code, ErrorCode::Conflict);
    }
    EXPECT_EQ(cell(totals, 0, {"buy"}).clicks, 3);
    EXPECT_EQ(cell(by_os, 0, {"buy", "linux"}).clicks, 0) << "nothing was written";
    EXPECT_EQ(position(by_os).through, Offset{0});
    EXPECT_EQ(store().progress({0})->ledger.through, Offset{10});
}

TEST_P(MetricsStoreContract, RefusesACommitOfAViewThatNobodyDeclared) {
    const auto refused = commit({Change(fold::View{.id = {99}}, 0, 5).clicks(0, {"buy"}, 1)}, 5);
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, ErrorCode::NotFound);
    EXPECT_FALSE(store().progress({0})->has_ledger);
}

TEST_P(MetricsStoreContract, CommitsEachPartitionOnItsOwn) {
    const fold::View view = declare();
    committed(Change(view, 0, 10).clicks(0, {"buy"}, 3), 0);
    committed(Change(view, 0, 4).clicks(0, {"buy"}, 5), 3);
    EXPECT_EQ(cell(view, 0, {"buy"}, 0).clicks, 3);
    EXPECT_EQ(cell(view, 0, {"buy"}, 3).clicks, 5);
    EXPECT_EQ(position(view, 3).through, Offset{4});
}

TEST_P(MetricsStoreContract, ReplacesRowsSketchesAndMarksThatAreCompleteLessFar) {
    const fold::View view = declare();
    committed(Change(view, 0, 10).clicks(0, {"buy"}, 3).users(0, {"buy"}, {"ann"}));
    committed(Change(view, 10, 20).clicks(0, {"buy"}, 8).users(0, {"buy"}, {"ann", "bob"}));
    EXPECT_EQ(cell(view, 0, {"buy"}).clicks, 8);
    EXPECT_EQ(cell(view, 0, {"buy"}).clicks_through, Offset{20});
    EXPECT_EQ(cell(view, 0, {"buy"}).sketch, sketch_of({"ann", "bob"}));
}

TEST_P(MetricsStoreContract, NeverLowersAMarkNorClearsOne) {
    const fold::View view = declare();
    committed(Change(view, 0, 10).mark(0, 9));
    committed(Change(view, 10, 20).mark(0, 5).mark(1, 15));
    const auto snapshot = store().snapshot();
    const auto marks = (*snapshot)->marks(view.id, {hour(0), hour(1)});
    ASSERT_EQ(marks->size(), 2u);
    EXPECT_EQ((*marks)[0].touched, Offset{9});
    EXPECT_EQ((*marks)[1].touched, Offset{15});
}

TEST_P(MetricsStoreContract, GivesMarksInOrderOfHourAndPartitionWithinTheRange) {
    const fold::View view = declare();
    committed(Change(view, 0, 10).mark(1, 9).mark(0, 8).mark(2, 7), 1);
    committed(Change(view, 0, 10).mark(1, 6).mark(5, 7), 0);
    const auto snapshot = store().snapshot();
    const auto marks = (*snapshot)->marks(view.id, {hour(1), hour(2)});
    std::vector<std::pair<BucketKey, int32_t>> order;
    for (const PartitionMark& mark : *marks) order.emplace_back(mark.hour, mark.partition.value);
    const std::vector<std::pair<BucketKey, int32_t>> expected{
        {hour(1), 0}, {hour(1), 1}, {hour(2), 1}};
    EXPECT_EQ(order, expected);
}

TEST_P(MetricsStoreContract, RefreshesAPositionThatStandsStill) {
    const fold::View view = declare();
    committed(Change(view, 0, 10).clicks(0, {"buy"}, 3).complete_through(50));
    committed(Change(view, 10, 10).complete_through(60));
    EXPECT_EQ(position(view).complete_through, at_second(60));
    EXPECT_EQ(position(view).newest_hour, hour(0));
    committed(Change(view, 10, 10).complete_through(55));
    EXPECT_EQ(position(view).complete_through, at_second(60)) << "it never falls";
}

TEST_P(MetricsStoreContract, KeepsAWholeLedger) {
    fold::Ledger ledger = ledger_at(30, 2);
    ledger.repeat_key = 0xFEDC'BA98'7654'3210;
    ledger.repeat_window_seconds = 86'400;
    ledger.cuts = {{{0}, at_second(1), 28'800, 100}, {{17}, at_second(2), 28'800, 100}};
    ledger.projects[""] = {.unreadable = 4, .lost = 2};
    ledger.projects["shop '\";--\xF0\x9F\x9B\x92"] = {
        .counted = kMost, .duplicate = 2, .left_out = 3, .late = 1};
    ASSERT_TRUE(store().commit({.ledger = ledger}));

    const auto progress = store().progress({2});
    ASSERT_TRUE(progress->has_ledger);
    const fold::Ledger& stored = progress->ledger;
    EXPECT_EQ(stored.partition, PartitionId{2});
    EXPECT_EQ(stored.log_id, "log");
    EXPECT_EQ(stored.partition_count, 4);
    EXPECT_EQ(stored.through, Offset{30});
    EXPECT_EQ(stored.folded_to, at_second(30));
    EXPECT_EQ(stored.complete_through, at_second(30));
    EXPECT_EQ(stored.repeat_key, 0xFEDC'BA98'7654'3210);
    EXPECT_EQ(stored.repeat_window_seconds, 86'400);
    EXPECT_EQ(stored.cuts, ledger.cuts);
    EXPECT_EQ(stored.projects, ledger.projects);
    EXPECT_FALSE(store().progress({0})->has_ledger);
}

TEST_P(MetricsStoreContract, KeepsPiecesOfTheRepeatTablesAndDropsThoseBelow) {
    const fold::RepeatPiece first{Offset{0}, Offset{0}, Offset{7}, std::string("\0\xff a", 4)};
    const fold::RepeatPiece second{Offset{0}, Offset{7}, Offset{9}, "b"};
    const fold::RepeatPiece longer{Offset{0}, Offset{7}, Offset{12}, "bc"};
    const fold::RepeatPiece third{Offset{12}, Offset{12}, Offset{20}, ""};
    const auto commit = [&](int32_t partition, std::vector<fold::RepeatPiece> pieces,
                            Offset from = {}) {
        ASSERT_TRUE(store().commit({.ledger = ledger_at(20, partition),
                                    .pieces = std::move(pieces),
                                    .pieces_from = from,
                                    .views = {}}));
    };
    const auto stored = [&](int32_t partition = 0) {
        return *store().repeat_pieces(PartitionId{partition});
    };
    EXPECT_TRUE(stored().empty());
    commit(0, {second, first});
    EXPECT_EQ(stored(), (std::vector{first, second}));
    commit(0, {third, longer});
    EXPECT_EQ(stored(), (std::vector{first, longer, third}));
    commit(0, {second});
    EXPECT_EQ(stored(), (std::vector{first, longer, third})) << "the longer one says more";
    commit(1, {second}, Offset{7});
    EXPECT_EQ(stored(1), (std::vector{second}));
    EXPECT_EQ(stored().size(), 3U) << "each partition on its own";
    commit(0, {third}, Offset{12});
    EXPECT_EQ(stored(), (std::vector{third})) << "what ends at 12 is of no use above it";
}

TEST_P(MetricsStoreContract, StoresNoPieceOfACommitThatItRefuses) {
    const fold::View view = declare();
    committed(Change(view, 0, 10));
    fold::Commit commit{.ledger = ledger_at(20),
                        .pieces = {{Offset{0}, Offset{0}, Offset{7}, "a"}},
                        .views = {Change(view, 5, 20).changes()}};
    EXPECT_EQ(store().commit(commit).error().code, ErrorCode::Conflict);
    EXPECT_TRUE(store().repeat_pieces(PartitionId{0})->empty());
}

TEST_P(MetricsStoreContract, KeepsTheLedgerThatIsCompleteFurther) {
    fold::Ledger further = ledger_at(30);
    further.projects["shop"].counted = 30;
    further.cuts = {{{7}, at_second(1), 1, 1}};
    ASSERT_TRUE(store().commit({.ledger = further}));
    fold::Ledger behind = ledger_at(20);
    behind.projects["shop"].counted = 20;
    ASSERT_TRUE(store().commit({.ledger = behind}));
    EXPECT_EQ(store().progress({0})->ledger.through, Offset{30});
    EXPECT_EQ(store().progress({0})->ledger.projects["shop"].counted, 30);
    EXPECT_EQ(store().progress({0})->ledger.cuts, further.cuts);

    further.complete_through = at_second(99);  // no record came, but time went by
    further.cuts.push_back({{8}, at_second(2), 1, 1});
    ASSERT_TRUE(store().commit({.ledger = further}));
    EXPECT_EQ(store().progress({0})->ledger.complete_through, at_second(99));
    EXPECT_EQ(store().progress({0})->ledger.cuts.size(), 2u);
}

TEST_P(MetricsStoreContract, ListsTheLabelsOfLiveRowsOnceAndOfThoseHoursOnly) {
    const fold::View view = declare("shop", {"by_os", {"os"}});
    committed(Change(view, 0, 10)
                  .clicks(0, {"buy", "linux"}, 1)
                  .clicks(0, {"sell", "mac"}, 1)
                  .users(1, {"buy", "linux"}, {"ann"})
                  .users(1, {"lend", "mac"}, {"ann"})
                  .clicks(2, {"hidden", "linux"}, 1));
    committed(Change(view, 0, 10).clicks(0, {"elsewhere", "linux"}, 1), 1);
    const std::vector<BucketKey> hours{hour(0), hour(1), hour(7)};
    const auto labels = store().labels_of(view.id, {0}, hours);
    EXPECT_EQ(*labels, (std::vector<Labels>{{"buy", "linux"}, {"lend", "mac"}, {"sell", "mac"}}));
}

TEST_P(MetricsStoreContract, KeepsExtremeNumbersExact) {
    const fold::View view = declare();
    committed(Change(view, 0, kMost).clicks(0, {"most"}, kMost).clicks(0, {"least"}, kLeast));
    EXPECT_EQ(cell(view, 0, {"most"}).clicks, kMost);
    EXPECT_EQ(cell(view, 0, {"least"}).clicks, kLeast);
    EXPECT_EQ(cell(view, 0, {"most"}).clicks_through, Offset{kMost});
    EXPECT_EQ(position(view).through, Offset{kMost});
    EXPECT_EQ(
        groups({.view = view.id, .is_live = true, .buckets = {kAllBuckets}, .features = {"most"}}),
        std::vector<std::string>{std::to_string(kMost)});
}

TEST_P(MetricsStoreContract, SaysSoWhenASumIsBeyond64Bits) {
    const fold::View view = declare();
    committed(Change(view, 0, 5).clicks(0, {"a"}, kMost).clicks(0, {"b"}, kMost));
    const auto snapshot = store().snapshot();
    const auto answer =
        (*snapshot)->rows({.view = view.id, .is_live = true, .buckets = {kAllBuckets}});
    ASSERT_FALSE(answer);
    EXPECT_EQ(answer.error().code, ErrorCode::Internal);
    EXPECT_TRUE(store().health());
}

TEST_P(MetricsStoreContract, KeepsAnyTextInALabelAsItIs) {
    const std::vector<std::string> hostile{"'; DROP TABLE views; --",
                                           "\"quoted\"",
                                           "`back`",
                                           "%_\\",
                                           "?1 :a @b $1",
                                           "NULL",
                                           "0x00",
                                           "\xF0\x9F\x9B\x92 \xE2\x80\xAE right to left",
                                           "\xC3\xA9 and e\xCC\x81",
                                           "(other)",
                                           " leading and trailing ",
                                           "",
                                           std::string(128, 'x'),
                                           std::string(20'000, '\''),
                                           "=cmd|' /C calc'!A0",
                                           "<script>alert(1)</script>",
                                           "1e999",
                                           "tab\tand\nline"};
    const fold::View view = declare("sh'o\"p", {"by_os", {"os"}});
    Change change(view, 0, 5);
    for (size_t i = 0; i < hostile.size(); ++i) {
        const auto clicks = static_cast<int64_t>(i) + 1;
        change.clicks(0, {hostile[i], hostile[hostile.size() - 1 - i]}, clicks)
            .users(0, {hostile[i], hostile[hostile.size() - 1 - i]}, {"ann"});
    }
    committed(change);
    for (size_t i = 0; i < hostile.size(); ++i) {
        const std::string& other = hostile[hostile.size() - 1 - i];
        EXPECT_EQ(cell(view, 0, {hostile[i], other}).clicks, static_cast<int64_t>(i) + 1);
        const auto answer = ask({.view = view.id,
                                 .is_live = true,
                                 .buckets = {kAllBuckets},
                                 .features = {hostile[i]},
                                 .filters = {{.dimension = 0, .values = {other}}},
                                 .by_feature = true,
                                 .by_dimension = 0,
                                 .users = true});
        ASSERT_EQ(answer.groups.size(), 1u) << hostile[i];
        EXPECT_EQ(answer.groups[0].feature, hostile[i]);
        EXPECT_EQ(answer.groups[0].value, other);
        EXPECT_EQ(answer.groups[0].users.count(), 1);
    }
}

TEST_P(MetricsStoreContract, IsHealthyWhileCommitsSucceed) {
    EXPECT_TRUE(store().health());
    const fold::View view = declare();
    committed(Change(view, 0, 5));
    ASSERT_FALSE(commit({Change(view, 0, 5)}, 5));
    EXPECT_TRUE(store().health()) << "a refused commit is the caller's matter";
}

INSTANTIATE_TEST_SUITE_P(Every, MetricsStoreContract, testing::ValuesIn(backends()),
                         [](const auto& backend) { return backend.param.name; });

}  // namespace
}  // namespace clickmill::metrics_store
