// Every store against the one in memory: the same changes at random, in order, late, twice and of
// views that another has moved on, give the same answers (and the same refusals).
#include "metrics_store/memory/memory_metrics_store.h"
#include "tests/contract/metrics_store_contract.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>
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
        both("declare", [&](MetricsStore& of) { return of.declare(wanted, at_second(99)); });
        views_ = got((*model_->snapshot())->views());
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
            return both("a commit again", [&](MetricsStore& of) { return of.commit(*before_); });
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
            commit.pieces.push_back(
                {Offset{0}, Offset{first}, Offset{first + 1 + below(5)}, one_of({"a", "bc", ""})});
            commit.pieces_from = Offset{below(to + 1)};
        }
        for (const fold::View& view : views_) {
            if (chance(30)) continue;
            Change change(view, chance(90) ? from[view.id] : below(to + 1), to);
            for (int64_t i = below(4); i > 0; --i) {
                const int64_t hour_number = below(kHours);
                const Labels labels = any_labels(view);
                if (has_row(change, hour_number, labels)) continue;
                change.clicks(hour_number, labels, below(1'000) - 10);
                if (chance(60))
                    change.users(hour_number, labels, {one_of(kPeople), one_of(kPeople)});
            }
            change.complete_through(below(100));
            commit.views.push_back(change.changes());
        }
        both("a commit", [&](MetricsStore& of) { return of.commit(commit); });
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
            return both("a build", [&](MetricsStore& of) { return of.settle(build); });
        }
        const std::vector<Build> builds{any_build(), any_build(), any_build()};
        EXPECT_EQ(got(store().settle_all(builds)), got(model_->settle_all(builds)));
    }
    void retire_some() {
        const fold::ViewId view = any_view().id;
        const std::vector<BucketKey> hours{hour(below(kHours)), hour(below(kHours))};
        both("retire", [&](MetricsStore& of) { return of.retire(view, hours); });
    }

    void step() {
        const int64_t dice = views_.empty() ? 0 : below(100);
        if (dice < 4) return declare_one();
        if (dice < 70) return commit_some();
        if (dice < 88) return settle_some();
        if (dice < 94) return retire_some();
        if (GetParam().name != "Memory") reopen();  // its process is killed, or another takes over
    }

    // Everything that can be asked, as text.
    std::string all_of(MetricsStore& of) {
        std::string text;
        for (int32_t i = 0; i < kPartitions; ++i) text += of_partition(of, PartitionId{i});
        const auto snapshot = got(of.snapshot());
        for (const fold::View& view : got(snapshot->views())) {
            text += fmt::format("view {} {} {} {}\n", view.id.value, view.definition.project,
                                view.definition.rollup.name, microseconds_of(view.since));
            text += of_view(*snapshot, view);
            text += cells_of(of, view);
        }
        return text;
    }
    static std::string of_partition(MetricsStore& of, PartitionId partition) {
        const Progress progress = got(of.progress(partition));
        const fold::Ledger& ledger = progress.ledger;
        std::string text = fmt::format(
            "partition {} {} {} {} {}\n", partition.value, progress.has_ledger,
            ledger.through.value, microseconds_of(ledger.complete_through), ledger.cuts.size());
        for (const auto& [project, classes] : ledger.projects)
            text += fmt::format("  {} {}\n", project, classes.counted);
        auto views = progress.views;
        std::ranges::sort(views, {}, [](const auto& entry) { return entry.first; });
        for (const auto& [view, at] : views) {
            text += fmt::format("  view {} {} {} {}\n", view.value, at.through.value,
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
                text += fmt::format("  header {} {} {}", name_of(grain), header.bucket,
                                    header.is_live_gone);
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
    static std::string cells_of(MetricsStore& of, const fold::View& view) {
        std::string text;
        std::vector<BucketKey> hours;
        for (int64_t i = 0; i < kHours; ++i) hours.push_back(hour(i));
        for (int32_t i = 0; i < kPartitions; ++i) {
            std::vector<fold::CellKey> keys;
            for (const Labels& labels : got(of.labels_of(view.id, PartitionId{i}, hours))) {
                for (const BucketKey key : hours) keys.push_back({key, labels});
            }
            for (const fold::StoredCell& cell : got(of.load(view.id, PartitionId{i}, keys))) {
                text += fmt::format("  cell {} {} {} {}\n", cell.clicks, cell.clicks_through.value,
                                    cell.sketch.size(), cell.sketch_through.value);
            }
        }
        return text;
    }

    std::mt19937_64 random_;
    std::unique_ptr<MemoryMetricsStore> model_;
    std::vector<fold::View> views_;
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

INSTANTIATE_TEST_SUITE_P(Every, MetricsStoreModel, testing::ValuesIn(backends()),
                         [](const auto& backend) { return backend.param.name; });

}  // namespace
}  // namespace clickmill::metrics_store
