// Every store against the one in memory: the same changes at random, in order, late, twice and of
// views that another has moved on, give the same answers (and the same refusals). So does a copy.
#include "metrics_store/copy.h"
#include "metrics_store/memory/memory_metrics_store.h"
#include "tests/contract/metrics_store_contract.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>
#include <map>
#include <random>

namespace clickmill::metrics_store {
namespace {

constexpr int32_t kPartitions = 3;
constexpr int64_t kHours = 6;
constexpr int kSteps = 120;
constexpr auto kFeatures = {"buy", "sell", "it's \"ß\" \\ %_"};
constexpr auto kSystems = {"linux", "mac", ""};
constexpr auto kPeople = {"ann", "bob", "cyd", "dan", "eve"};

template <typename T>
T got(Result<T> answer) {
    EXPECT_TRUE(answer) << answer.error().message();
    return answer ? *std::move(answer) : T();
}

uint64_t seeds_to_run() {
    const char* text = std::getenv("CLICKMILL_MODEL_SEEDS");
    return text ? std::strtoull(text, nullptr, 10) : 4;
}

class MetricsStoreModel : public MetricsStoreContract {
protected:
    int64_t below(int64_t limit) {
        return std::uniform_int_distribution<int64_t>(0, limit - 1)(random_);
    }
    bool chance(int percent) { return below(100) < percent; }
    std::string one_of(std::initializer_list<const char*> texts) {
        return *(texts.begin() + below(static_cast<int64_t>(texts.size())));
    }

    void begin(uint64_t seed) {
        random_.seed(seed);
        model_ = std::make_unique<MemoryMetricsStore>();
        views_.clear();
        stored_ids_.clear();
        before_.reset();
        begin_anew();
    }

    // The same call on both; what it says about itself must be the same, too.
    template <typename Call>
    void both(const std::string& what, Call call) {
        const auto wanted = call(*model_);
        const auto got = call(store());
        ASSERT_EQ(got.has_value(), wanted.has_value())
            << what << (got ? "" : ": " + got.error().message());
        if (!got) {
            EXPECT_EQ(got.error().code, wanted.error().code) << what;
        }
    }

    void declare_one() {
        const bool has_systems = chance(50);
        const std::vector<fold::ViewDefinition> wanted{
            {.project = one_of({"shop", "blog"}),
             .rollup = has_systems ? fold::RollupDefinition{"by_os", {"os"}}
                                   : fold::RollupDefinition{"totals", {}},
             .zone = "Asia/Kathmandu"}};
        both("declare", [&](MetricsStore& of) { return metrics_store::declare(of, wanted); });
        // A copy takes what answers.
        both("switch", [&](MetricsStore& of) -> Result<std::vector<fold::View>> {
            ASSIGN_OR_RETURN(auto views, metrics_store::declare(of, wanted));
            RETURN_IF_ERROR(metrics_store::make_current(of, std::vector{views.front().id}));
            return views;
        });
        views_ = got((*model_->snapshot())->views());
        learn_ids(store());
    }
    void learn_ids(MetricsStore& of) {
        stored_ids_.clear();
        for (const fold::View& stored : got((*of.snapshot())->views())) {
            const auto same = std::ranges::find(views_, stored.definition, &fold::View::definition);
            if (same != views_.end()) stored_ids_[same->id] = stored.id;
        }
    }
    // Stores number their views as they like; what is asked here names those of the model.
    fold::ViewId id_in(const MetricsStore& of, fold::ViewId id) const {
        return &of == model_.get() ? id : stored_ids_.at(id);
    }
    fold::Commit commit_for(const MetricsStore& of, fold::Commit commit) const {
        for (fold::ViewChanges& changes : commit.views) changes.view = id_in(of, changes.view);
        return commit;
    }
    std::vector<Build> builds_for(const MetricsStore& of, std::vector<Build> builds) const {
        for (Build& build : builds) build.view = id_in(of, build.view);
        return builds;
    }
    const fold::View& any_view() {
        return views_[static_cast<size_t>(below(static_cast<int64_t>(views_.size())))];
    }
    Labels any_labels(const fold::View& view) {
        Labels labels{one_of(kFeatures)};
        if (!view.definition.rollup.dimensions.empty()) labels.append(one_of(kSystems));
        return labels;
    }

    // Mostly goes on from where the store stands; now and then it is somebody else's, or sent
    // again.
    void commit_some() {
        if (before_ && chance(15)) {
            return both("a commit again",
                        [&](MetricsStore& of) { return of.commit(commit_for(of, *before_)); });
        }
        const PartitionId partition{static_cast<int32_t>(below(kPartitions))};
        const Progress progress = got(model_->progress(partition));
        std::map<fold::ViewId, int64_t> from;
        for (const auto& [view, position] : progress.views) from[view] = position.through.value;
        int64_t to = progress.has_ledger ? progress.ledger.through.value : 0;
        for (const auto& [view, through] : from) to = std::max(to, through);
        to += below(10);
        fold::Commit commit{.ledger = ledger_at(to, partition.value)};
        commit.ledger.projects["shop"].counted = below(1'000);
        if (chance(30)) {
            for (int64_t cut = 0; cut < to; cut += 7)
                commit.ledger.cuts.push_back({Offset{cut}, at_second(cut), 100, 1'000});
        }
        if (chance(40)) {
            const int64_t first = below(to + 1);
            const int64_t next = first + 1 + below(5);
            // Of one range there is one piece.
            const std::string ids(static_cast<size_t>(next % 3), 'x');
            commit.pieces.push_back({Offset{0}, Offset{first}, Offset{next}, ids});
            commit.pieces_from = Offset{below(to + 1)};
        }
        for (const fold::View& view : views_) {
            if (chance(30)) continue;
            Change change(view, chance(90) ? from[view.id] : below(to + 1), to);
            for (int64_t i = below(4); i > 0; --i) {
                const int64_t hour_number = below(kHours);
                const Labels labels = any_labels(view);
                if (has_row(change, hour_number, labels)) continue;
                // A row is a function of its key and of where it is complete.
                const int64_t clicks = (hour_number * 37 + to * 101 + partition.value) % 1'000;
                change.clicks(hour_number, labels, clicks - 10);
                if (chance(60)) {
                    const auto person = static_cast<size_t>(clicks) % kPeople.size();
                    change.users(hour_number, labels, {*(kPeople.begin() + person), "zoe"});
                }
            }
            change.complete_through(below(100));
            commit.views.push_back(change.changes());
        }
        both("a commit", [&](MetricsStore& of) { return of.commit(commit_for(of, commit)); });
        before_ = std::move(commit);
    }
    static bool has_row(const Change& change, int64_t hour_number, const Labels& labels) {
        const fold::CellKey key{hour(hour_number), labels};
        return std::ranges::any_of(change.changes().rows,
                                   [&](const fold::LiveRow& row) { return row.key == key; });
    }

    Build any_build() {
        const fold::View& view = any_view();
        const Grain grain = chance(60) ? Grain::Hour : Grain::Day;
        const int64_t number = below(kHours);
        std::vector<int64_t> positions;
        for (int32_t i = 0; i < kPartitions; ++i) positions.push_back(below(60));
        Settled settled(view, grain, grain == Grain::Hour ? hour(number) : 86'400 * below(2),
                        positions);
        if (grain == Grain::Day) settled.holds(number, number + below(3));
        std::vector<Labels> labels;
        for (int64_t i = below(4); i > 0; --i) labels.push_back(any_labels(view));
        std::ranges::sort(labels);
        labels.erase(std::ranges::unique(labels).begin(), labels.end());
        for (const Labels& one : labels) {
            if (chance(50))
                settled.row(one, below(1'000), {one_of(kPeople)});
            else
                settled.row(one, below(1'000));
        }
        return settled.build();
    }
    void settle_some() {
        if (chance(50)) {
            const Build build = any_build();
            return both("a build", [&](MetricsStore& of) {
                return of.settle(builds_for(of, {build}).front());
            });
        }
        const std::vector<Build> builds{any_build(), any_build(), any_build()};
        EXPECT_EQ(got(store().settle_all(builds_for(store(), builds))),
                  got(model_->settle_all(builds)));
    }
    void retire_some() {
        const fold::ViewId view = any_view().id;
        const std::vector<BucketKey> hours{hour(below(kHours)), hour(below(kHours))};
        both("retire", [&](MetricsStore& of) { return of.retire(id_in(of, view), hours); });
    }

    void forget_some() {
        const fold::ViewId view = any_view().id;
        const Grain grain = chance(60) ? Grain::Hour : Grain::Day;
        const BucketKey bucket = grain == Grain::Hour ? hour(below(kHours)) : 86'400 * below(2);
        const std::vector<BucketKey> buckets{bucket, bucket + 86'400};
        both("forget",
             [&](MetricsStore& of) { return of.forget(id_in(of, view), grain, buckets); });
    }

    void step() {
        const int64_t dice = views_.empty() ? 0 : below(100);
        if (dice < 4) return declare_one();
        if (dice < 70) return commit_some();
        if (dice < 88) return settle_some();
        if (dice < 93) return retire_some();
        if (dice < 96) return forget_some();
        if (GetParam().name != "Memory") reopen();  // its process is killed, or another takes over
    }

    // Everything that can be asked, as text.
    std::string all_of(MetricsStore& of) {
        std::string text;
        for (int32_t i = 0; i < kPartitions; ++i) text += of_partition(of, PartitionId{i});
        const auto snapshot = got(of.snapshot());
        EXPECT_EQ(got(snapshot->views()).size(), views_.size());
        for (fold::View view : views_) {
            view.id = id_in(of, view.id);
            text += fmt::format("view {} {} {}\n", view.definition.project,
                                view.definition.rollup.name, microseconds_of(view.since));
            text += of_view(*snapshot, view);
            text += cells_of(of, view);
        }
        return text;
    }
    std::string of_partition(MetricsStore& of, PartitionId partition) const {
        const Progress progress = got(of.progress(partition));
        const fold::Ledger& ledger = progress.ledger;
        std::string text = fmt::format(
            "partition {} {} {} {} {}\n", partition.value, progress.has_ledger,
            ledger.through.value, microseconds_of(ledger.complete_through), ledger.cuts.size());
        for (const auto& [project, classes] : ledger.projects)
            text += fmt::format("  {} {}\n", project, classes.counted);
        const std::map<fold::ViewId, fold::Position> positions(progress.views.begin(),
                                                               progress.views.end());
        for (const fold::View& view : views_) {
            const auto found = positions.find(id_in(of, view.id));
            if (found == positions.end()) continue;
            const fold::Position& at = found->second;
            text += fmt::format("  view {} {} {} {}\n", view.id.value, at.through.value,
                                at.newest_hour, microseconds_of(at.complete_through));
        }
        for (const fold::RepeatPiece& piece : got(of.repeat_pieces(partition))) {
            text += fmt::format("  piece {} {} {} {}\n", piece.slice.value, piece.first.value,
                                piece.next.value, piece.ids);
        }
        return text;
    }
    static std::string of_view(Snapshot& snapshot, const fold::View& view) {
        std::string text;
        for (const PartitionPosition& at : got(snapshot.positions(view.id)))
            text += fmt::format("  at {} {}\n", at.partition.value, at.position.through.value);
        for (const PartitionMark& mark : got(snapshot.marks(view.id, kAllBuckets))) {
            text += fmt::format("  mark {} {} {}\n", mark.hour, mark.partition.value,
                                mark.touched.value);
        }
        for (const Grain grain : {Grain::Hour, Grain::Day}) {
            for (const Header& header : got(snapshot.headers(view.id, grain, kAllBuckets))) {
                text += fmt::format("  header {} {} {} {}", name_of(grain), header.bucket,
                                    header.is_live_gone, header.is_forgotten);
                for (const Offset position : header.positions)
                    text += fmt::format(" {}", position.value);
                for (const HourRange& range : header.held)
                    text += fmt::format(" {}-{}", range.first, range.last);
                text += "\n";
            }
        }
        const bool has_systems = !view.definition.rollup.dimensions.empty();
        for (const bool is_live : {true, false}) {
            for (const Grain grain : {Grain::Hour, Grain::Day}) {
                RowsQuestion question{.view = view.id,
                                      .is_live = is_live,
                                      .grain = grain,
                                      .buckets = {kAllBuckets},
                                      .by_bucket = true,
                                      .by_feature = true,
                                      .users = true};
                if (has_systems) question.by_dimension = 0;
                const RowsAnswer answer = got(snapshot.rows(question));
                for (const Group& group : answer.groups) {
                    text += fmt::format("  {} {} {} '{}' '{}' {} {}\n", is_live, name_of(grain),
                                        group.bucket, group.feature, group.value, group.clicks,
                                        group.users.count());
                }
                if (is_live) break;  // live rows are those of hours
            }
        }
        return text;
    }
    std::string cells_of(MetricsStore& of, const fold::View& view) const {
        std::string text;
        std::vector<BucketKey> hours;
        for (int64_t i = 0; i < kHours; ++i) hours.push_back(hour(i));
        for (int32_t i = 0; i < kPartitions; ++i) {
            std::vector<fold::CellKey> keys;
            for (const Labels& labels : got(of.labels_of(view.id, PartitionId{i}, hours))) {
                for (const BucketKey key : hours) keys.push_back({key, labels});
            }
            for (const fold::StoredCell& cell : got(of.load(view.id, PartitionId{i}, keys))) {
                text += fmt::format("  cell {} {} {} {}\n", cell.clicks,
                                    through_of(cell.clicks_through), cell.sketch.size(),
                                    through_of(cell.sketch_through));
            }
        }
        return text;
    }

    // In a copy a row is complete through where its view is.
    int64_t through_of(Offset through) const {
        return is_of_copies_ && through > Offset{} ? 1 : through.value;
    }

    // As a server leaves a store behind: of what is counted, some has gone with its retention.
    void leave_something(uint64_t seed) {
        begin(seed);
        for (int number = 0; number < kSteps; ++number) {
            const int64_t dice = views_.empty() ? 0 : below(100);
            if (dice < 4)
                declare_one();
            else if (dice < 70)
                commit_some();
            else
                settle_some();
        }
        retire_some();
        forget_some();
    }
    // All of it from here on is told as of copies.
    std::string as_copied(MetricsStore& of) {
        is_of_copies_ = true;
        learn_ids(of);
        return all_of(of);
    }

    bool is_of_copies_ = false;
    std::mt19937_64 random_;
    std::unique_ptr<MemoryMetricsStore> model_;
    std::vector<fold::View> views_;                    // of the model
    std::map<fold::ViewId, fold::ViewId> stored_ids_;  // of the same in the store
    std::optional<fold::Commit> before_;
};

TEST_P(MetricsStoreModel, AnswersAsTheOneInMemoryWhateverComes) {
    for (uint64_t seed = 0; seed < seeds_to_run(); ++seed) {
        begin(seed);
        for (int number = 0; number < kSteps; ++number) {
            step();
            ASSERT_FALSE(HasFatalFailure()) << "seed " << seed << " step " << number;
            if (number % 10 != 9) continue;
            ASSERT_EQ(all_of(store()), all_of(*model_)) << "seed " << seed << " step " << number;
        }
    }
}

TEST_P(MetricsStoreModel, ACopyAnswersAsItsOrigin) {
    for (uint64_t seed = 0; 4 * seed < seeds_to_run(); ++seed) {
        leave_something(seed);
        ASSERT_FALSE(HasFatalFailure()) << "seed " << seed;
        const std::string wanted = as_copied(*model_);
        MemoryMetricsStore in_memory;
        const auto there = copy_store(store(), in_memory, {.rows_at_once = 3});
        ASSERT_TRUE(there) << "seed " << seed << ": " << there.error().message();
        ASSERT_EQ(as_copied(in_memory), wanted) << "seed " << seed;
        begin_anew();
        const auto back = copy_store(in_memory, store());
        ASSERT_TRUE(back) << "seed " << seed << ": " << back.error().message();
        ASSERT_EQ(as_copied(store()), wanted) << "seed " << seed;
        reopen();
        if (GetParam().name != "Memory") {
            EXPECT_EQ(as_copied(store()), wanted) << "seed " << seed;
        }
        is_of_copies_ = false;
    }
}

INSTANTIATE_TEST_SUITE_P(Every, MetricsStoreModel, testing::ValuesIn(backends()),
                         [](const auto& backend) { return backend.param.name; });

}  // namespace
}  // namespace clickmill::metrics_store
