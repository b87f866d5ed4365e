#include "fold/partition_fold.h"

#include "event/test_click.h"

#include <fmt/core.h>
#include <gtest/gtest.h>

#include <map>

namespace clickmill::fold {
namespace {

using calendar::BucketKey;

using event::kHour;
using event::kNine;
using event::line_of;
using ClickSpec = event::TestClick;

View view_of(int32_t id, std::string name, std::vector<std::string> dimensions,
             Limits limits = {}) {
    return {.id = {id},
            .definition = {.project = "shop",
                           .rollup = {std::move(name), std::move(dimensions), true},
                           .zone = "UTC",
                           .limits = limits}};
}

// A partition whose store is a map of what was committed: the fold's own small world.
class World {
public:
    using Rows =
        std::map<std::string, std::pair<int64_t, int64_t>>;  // "09 pay web" -> clicks, users

    explicit World(std::vector<View> views = {view_of(1, "totals", {})})
        : views_(std::move(views)) {
        restart();
    }

    void restart() {
        fold_ = std::make_unique<PartitionFold>(
            PartitionFold::Options{
                .log_id = "log", .repeats = {.slice_seconds = 8 * kHour}, .repeat_key = 7},
            ledger_ ? &*ledger_ : nullptr);
        for (const View& view : views_) EXPECT_TRUE(fold_->add_view(view, positions_[view.id]));
        for (size_t offset = static_cast<size_t>(fold_->read_from().value); offset < log_.size();
             ++offset)
            fold(offset);
    }

    void append(std::vector<ClickSpec> clicks, int64_t append_at = 0) {
        std::string payload;
        for (const ClickSpec& click : clicks) payload += line_of(click);
        append_raw(payload, static_cast<int32_t>(clicks.size()),
                   append_at ? append_at : clicks.back().at);
    }
    void append_raw(std::string payload, int32_t count, int64_t append_at) {
        payload.reserve(payload.size() + event::kPadding);
        log_.emplace_back(append_at, std::move(payload));
        counts_.push_back(count);
        fold(log_.size() - 1);
    }

    const Ledger& stored() const { return *ledger_; }
    void commit(std::optional<Moment> at_end_since = std::nullopt) {
        for (auto& [id, view] : fold_->views()) {
            load(view);
            const ViewChanges changes = view.changes(fold_->next(), moment_of(0));
            for (const LiveRow& row : changes.rows)
                clicks_[{id, row.key}] = {row.clicks, changes.position.through};
            for (const LiveSketch& row : changes.sketches)
                sketches_[{id, row.key}] = {row.sketch, changes.position.through};
            for (const Mark& mark : changes.marks) marks[{id, mark.hour}] = mark.touched;
            positions_[id] = changes.position;
            view.committed(changes.position);
        }
        ledger_ = fold_->ledger(at_end_since);
    }

    void evict_all() {
        for (auto& [id, view] : fold_->views()) EXPECT_EQ(view.evict(-1, 0), 0u);
    }

    // "<hour of the day> <labels>" -> clicks and users, as stored.
    Rows rows(int32_t view) const {
        Rows rows;
        for (const auto& [key, value] : clicks_) {
            if (key.first.value != view) continue;
            const int64_t hours_since = (key.second.hour - kNine) / kHour;
            std::string name =
                std::to_string(9 + hours_since);  // 33 is nine o'clock of the next day
            for (const char c : " " + key.second.labels.text()) name += c == '\0' ? ' ' : c;
            name.pop_back();
            const auto sketch = sketches_.find(key);
            rows[name] = {value.first, sketch == sketches_.end()
                                           ? 0
                                           : Hll::parse(sketch->second.first)->count()};
        }
        return rows;
    }
    Accounting accounting(const std::string& project = "shop") {
        return fold_->ledger(std::nullopt).projects[project];
    }
    PartitionFold& partition_fold() { return *fold_; }

    std::map<std::pair<ViewId, BucketKey>, Offset> marks;

private:
    void load(ViewFold& view) {
        std::vector<StoredCell> stored;
        for (const CellKey& key : view.missing_cells()) {
            StoredCell& cell = stored.emplace_back();
            if (const auto row = clicks_.find({view.view().id, key}); row != clicks_.end()) {
                std::tie(cell.clicks, cell.clicks_through) = row->second;
            }
            if (const auto row = sketches_.find({view.view().id, key}); row != sketches_.end()) {
                std::tie(cell.sketch, cell.sketch_through) = row->second;
            }
        }
        EXPECT_TRUE(view.provide_cells(stored));
    }
    void fold(size_t offset) {
        fold_->read({.offset = Offset{static_cast<int64_t>(offset)},
                     .append_time = moment_of(log_[offset].first * 1'000'000),
                     .event_count = counts_[offset],
                     .payload = log_[offset].second});
        for (const MissingDay& missing : fold_->missing_days()) {
            std::vector<Labels> stored;
            for (const auto& [key, value] : clicks_) {
                const bool is_of_day = std::find(missing.hours.begin(), missing.hours.end(),
                                                 key.second.hour) != missing.hours.end();
                if (key.first == missing.view && is_of_day) stored.push_back(key.second.labels);
            }
            fold_->provide_day(missing.view, missing.day, stored);
        }
        fold_->apply();
    }

    std::vector<View> views_;
    std::vector<std::pair<int64_t, std::string>> log_;
    std::vector<int32_t> counts_;
    std::unique_ptr<PartitionFold> fold_;
    std::optional<Ledger> ledger_;
    std::map<ViewId, Position> positions_;
    std::map<std::pair<ViewId, CellKey>, std::pair<int64_t, Offset>> clicks_;
    std::map<std::pair<ViewId, CellKey>, std::pair<std::string, Offset>> sketches_;
};

TEST(PartitionFold, CountsClicksAndUsersByFeatureAndForAll) {
    World world;
    world.append(
        {{.id = "1"}, {.id = "2"}, {.id = "3", .user = "bob"}, {.id = "4", .feature = "save"}});
    world.append({{.id = "5", .at = kNine + kHour}});
    world.commit();
    EXPECT_EQ(world.rows(1), (World::Rows{{"9 pay", {3, 2}},
                                          {"9 save", {1, 1}},
                                          {"9 (all)", {4, 2}},
                                          {"10 pay", {1, 1}},
                                          {"10 (all)", {1, 1}}}));
}

TEST(PartitionFold, ARepeatChangesNoNumberEvenAfterARestart) {
    World world;
    world.append({{.id = "1"}, {.id = "1"}});
    world.commit();
    world.restart();
    world.append({{.id = "1", .user = "bob", .at = kNine + 60}});
    world.commit();
    EXPECT_EQ(world.rows(1), (World::Rows{{"9 pay", {1, 1}}, {"9 (all)", {1, 1}}}));
    EXPECT_EQ(world.accounting(), (Accounting{.counted = 1, .duplicate = 2}));
}

TEST(PartitionFold, GoesOnWithStoredRowsAfterARestartAndAfterEviction) {
    World world;
    world.append({{.id = "1"}});
    world.commit();
    world.restart();
    world.append({{.id = "2", .user = "bob"}});
    world.commit();
    world.evict_all();
    world.append({{.id = "3", .user = "eve"}});
    world.commit();
    EXPECT_EQ(world.rows(1), (World::Rows{{"9 pay", {3, 3}}, {"9 (all)", {3, 3}}}));
}

TEST(PartitionFold, WhatWasNotCommittedIsFoldedAgainAndCountedOnce) {
    World world;
    world.append({{.id = "1"}});
    world.commit();
    world.append({{.id = "2"}});
    world.restart();
    world.commit();
    EXPECT_EQ(world.rows(1).at("9 pay").first, 2);
    EXPECT_EQ(world.accounting().counted, 2);
}

TEST(PartitionFold, SortsEveryEventIntoOneClassOfTheAccounting) {
    World world;
    world.append({{.id = "1"},
                  {.id = "1"},
                  {.id = "2", .bot = true},
                  {.id = "3", .at = kNine - 8 * 24 * kHour},
                  {.id = "4", .project = "nobody"}},
                 kNine);
    world.append_raw("garbage\n", 1, kNine);
    EXPECT_EQ(world.accounting(),
              (Accounting{.counted = 1, .duplicate = 1, .left_out = 1, .late = 1}));
    EXPECT_EQ(world.accounting(""), (Accounting{.unreadable = 2}));
    EXPECT_EQ(world.partition_fold().missing_projects(), (std::vector<std::string>{}));
}

TEST(PartitionFold, CountsDamagedRecordsAndGapsAsLost) {
    World world;
    world.append({{.id = "1"}});
    world.partition_fold().read({.offset = {4},
                                 .append_time = moment_of(kNine * 1'000'000),
                                 .event_count = 7,
                                 .lost_before = 3,
                                 .is_damaged = true});
    world.partition_fold().apply();
    EXPECT_EQ(world.accounting("").lost, 10);
}

TEST(PartitionFold, HandsOverTheLinesThatAreNoEvents) {
    World world;
    PartitionFold& fold = world.partition_fold();
    const auto unread = [&fold](std::string payload, std::string_view fault = {}) {
        payload.reserve(payload.size() + event::kPadding);
        fold.read({.offset = fold.next(),
                   .append_time = moment_of(kNine * 1'000'000),
                   .event_count = 2,
                   .fault = fault,
                   .payload = payload});
        const auto found = fold.unread();
        fold.apply();
        return found ? fmt::format("{}: {}", found->reason, found->lines) : "nothing";
    };
    const std::string good = line_of({.id = "1"});
    EXPECT_EQ(unread(good + line_of({.id = "2", .project = "nobody"})), "nothing");
    EXPECT_EQ(unread(good + "\n{}\n \n" + good + "[]"), "feature_id is missing: {}\n[]");
    EXPECT_EQ(unread("\n\n"), "no line in it: \n\n");
    EXPECT_EQ(unread("  "), "no line in it:   ");
    EXPECT_EQ(world.accounting("").unreadable, 1 + 2 + 2 + 2);
    EXPECT_EQ(unread(good + good, "too new"), "too new: " + good + good);
    EXPECT_EQ(world.accounting("").unreadable, 9);
    EXPECT_EQ(world.accounting().counted, 1);
    fold.read({.offset = fold.next(), .event_count = 1, .is_damaged = true});
    EXPECT_FALSE(fold.unread()) << "nothing is left of it";
}

TEST(PartitionFold, HandsOverWhatIsAccountedNoMore) {
    World world;
    world.append_raw("garbage\n", 1, kNine);
    world.commit();
    world.restart();
    EXPECT_FALSE(world.partition_fold().unread()) << "it was read for the repeat window alone";
}

TEST(PartitionFold, CountsLinesThatARecordPromisedAsUnreadable) {
    World world;
    world.append_raw(line_of({.id = "1"}), 3, kNine);
    EXPECT_EQ(world.accounting("").unreadable, 2);
}

TEST(PartitionFold, AClickIsLateAWeekAfterItsHourAndNotASecondSooner) {
    World world;
    const int64_t deadline = kNine + kHour + 7 * 86'400;
    world.append({{.id = "1"}}, deadline);
    world.append({{.id = "2"}}, deadline + 1);
    EXPECT_EQ(world.accounting(), (Accounting{.counted = 1, .late = 1}));
}

TEST(PartitionFold, MarksTheLastRecordThatTouchedAnHourRepeatsToo) {
    World world;
    world.append({{.id = "1"}});
    world.append({{.id = "2", .at = kNine + kHour}});
    world.append({{.id = "1"}}, kNine + kHour);
    world.append({{.id = "3", .at = kNine + kHour, .bot = true}});
    world.commit();
    EXPECT_EQ(world.marks.at({{1}, kNine}), Offset{3});
    EXPECT_EQ(world.marks.at({{1}, kNine + kHour}), Offset{2});
}

TEST(PartitionFold, KeepsEveryDimensionAndNamesWhatIsMissing) {
    World world({view_of(1, "by_platform", {"platform"})});
    world.append({{.id = "1"},
                  {.id = "2", .platform = "ios"},
                  {.id = "3", .platform = ""},
                  {.id = "4", .platform = "(other)"},
                  {.id = "5", .platform = "(all)"}});
    world.commit();
    EXPECT_EQ(world.rows(1), (World::Rows{{"9 pay web", {1, 1}},
                                          {"9 (all) web", {1, 1}},
                                          {"9 pay ios", {1, 1}},
                                          {"9 (all) ios", {1, 1}},
                                          {"9 pay (none)", {2, 1}},
                                          {"9 (all) (none)", {2, 1}},
                                          {"9 pay (other)", {1, 1}},
                                          {"9 (all) (other)", {1, 1}}}));
}

TEST(PartitionFold, AnEventInTwoExperimentsHasARowInEach) {
    World world({view_of(1, "by_experiment", {"experiment", "variant"})});
    world.append({{.id = "1", .experiments = {{"color", "red"}, {"size", "big"}}}, {.id = "2"}});
    world.commit();
    EXPECT_EQ(world.rows(1), (World::Rows{{"9 pay color red", {1, 1}},
                                          {"9 (all) color red", {1, 1}},
                                          {"9 pay size big", {1, 1}},
                                          {"9 (all) size big", {1, 1}},
                                          {"9 pay (none) (none)", {1, 1}},
                                          {"9 (all) (none) (none)", {1, 1}}}));
}

TEST(PartitionFold, LaterFeaturesOfADayFallIntoOtherAndTotalsStayRight) {
    World world({view_of(1, "totals", {}, {.features = 2})});
    world.append({{.id = "1", .feature = "a"},
                  {.id = "2", .feature = "b"},
                  {.id = "3", .feature = "c"},
                  {.id = "4", .feature = "a"},
                  {.id = "5", .feature = "d"}});
    world.append({{.id = "6", .feature = "c", .at = kNine + 24 * kHour}});
    world.commit();
    EXPECT_EQ(world.rows(1), (World::Rows{{"9 a", {2, 1}},
                                          {"9 b", {1, 1}},
                                          {"9 (other)", {2, 1}},
                                          {"9 (all)", {5, 1}},
                                          {"33 c", {1, 1}},
                                          {"33 (all)", {1, 1}}}));
}

TEST(PartitionFold, ADaysLimitSurvivesARestart) {
    World world({view_of(1, "totals", {}, {.features = 1})});
    world.append({{.id = "1", .feature = "a"}});
    world.commit();
    world.restart();
    world.append({{.id = "2", .feature = "b", .at = kNine + kHour},
                  {.id = "3", .feature = "a", .at = kNine + kHour}});
    world.commit();
    EXPECT_EQ(world.rows(1).at("10 (other)").first, 1);
    EXPECT_EQ(world.rows(1).at("10 a").first, 1);
}

TEST(PartitionFold, ViewsAtDifferentPositionsFoldWhatTheyMiss) {
    World world({view_of(1, "totals", {}), view_of(2, "by_platform", {"platform"})});
    world.append({{.id = "1"}});
    world.commit();
    EXPECT_EQ(world.rows(1).at("9 pay").first, 1);
    EXPECT_EQ(world.rows(2).at("9 pay web").first, 1);
}

TEST(PartitionFold, TheLedgerSaysHowFarItIsComplete) {
    World world;
    world.append({{.id = "1", .at = kNine}}, kNine + 30);
    const auto at = [](int64_t second) { return moment_of(second * 1'000'000); };
    EXPECT_EQ(world.partition_fold().ledger(std::nullopt).complete_through, at(kNine))
        << "thirty seconds of delay were seen";
    EXPECT_EQ(world.partition_fold().ledger(at(kNine + 100)).complete_through, at(kNine + 70));
    EXPECT_EQ(world.partition_fold().ledger(at(kNine + 5000)).complete_through, at(kNine + 4999))
        << "ten minutes later it is forgotten";
}

TEST(ViewFold, RefusesWhatItCannotKeep) {
    PartitionFold fold({}, nullptr);
    EXPECT_FALSE(fold.add_view(view_of(1, "x", {"nonsense"}), {}));
    EXPECT_FALSE(fold.add_view(view_of(1, "x", {}, {.features = 70'000}), {}));
    EXPECT_FALSE(fold.add_view(view_of(1, "x", {"page", "os", "locale", "device", "browser"}), {}));
}

// A collector was cut off or its clock is behind: what was promised before a restart is no reason
// to go on promising it.
TEST(PartitionFold, TakesBackWhatLateClicksDisprove) {
    const auto at = [](int64_t second) { return moment_of(second * 1'000'000); };
    World world;
    world.append({{.id = "1", .at = kNine}}, kNine);
    world.commit(at(kNine + 600));
    EXPECT_EQ(world.stored().complete_through, at(kNine + 599));
    world.restart();
    EXPECT_EQ(world.partition_fold().ledger(std::nullopt).complete_through, at(kNine + 599))
        << "until as much is read again";
    EXPECT_EQ(world.partition_fold().ledger(at(kNine + 602)).complete_through, at(kNine + 601));
    world.append({{.id = "2", .at = kNine + 303}}, kNine + 603);
    EXPECT_EQ(world.partition_fold().ledger(std::nullopt).complete_through, at(kNine + 303));
    EXPECT_EQ(world.partition_fold().ledger(at(kNine + 610)).complete_through, at(kNine + 310));
}

}  // namespace
}  // namespace clickmill::fold
