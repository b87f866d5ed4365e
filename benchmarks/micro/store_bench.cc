// A commit of the fold to metrics.db: rows of clicks that grow, and their sketches of users.
#include "metrics_store/sqlite/sqlite_metrics_store.h"

#include <benchmark/benchmark.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <string>

namespace clickmill::metrics_store {
namespace {

constexpr calendar::BucketKey kHour = 1'763'888'400;
constexpr int kPeople = 40;  // of each sketch: exact ones, as most are

class ScratchStore {
public:
    ScratchStore() {
        std::string pattern = (std::filesystem::temp_directory_path() / "bench.XXXXXX").string();
        folder_ = mkdtemp(pattern.data());
        store_ = *SqliteMetricsStore::open({.path = folder_ + "/metrics.db"}, *logger_);
        const fold::ViewDefinition totals{
            .project = "shop", .rollup = {"totals", {}, true}, .zone = "Europe/Berlin"};
        view_ = metrics_store::declare(*store_, std::vector{totals})->front().id;
    }
    ~ScratchStore() {
        store_.reset();
        std::filesystem::remove_all(folder_);
    }

    // What a second's clicks on `features` commit: made beforehand, then one transaction.
    fold::Commit next_commit(int64_t features, bool with_users) {
        fold::Commit commit;
        commit.ledger = {.log_id = "log", .through = {through_ + 1}};
        fold::ViewChanges& changes = commit.views.emplace_back();
        changes.view = view_;
        changes.from = {through_};
        changes.position = {{++through_}, kHour, moment_of(through_)};
        changes.marks.push_back({kHour, {through_}});
        for (int64_t i = 0; i < features; ++i) {
            fold::CellKey key{kHour, fold::Labels{"feature." + std::to_string(i)}};
            if (with_users) changes.sketches.push_back({key, sketch_});
            changes.rows.push_back({std::move(key), through_});
        }
        const auto by_key = [](const auto& a, const auto& b) { return a.key < b.key; };
        std::ranges::sort(changes.rows, by_key);
        std::ranges::sort(changes.sketches, by_key);
        return commit;
    }
    void commit(const fold::Commit& commit) {
        if (!store_->commit(commit)) std::abort();
    }

private:
    static std::string make_sketch() {
        fold::Hll sketch;
        for (int i = 0; i < kPeople; ++i) sketch.add(fold::hll_hash(std::to_string(i)));
        return sketch.bytes();
    }

    std::unique_ptr<telemetry::Logger> logger_ = telemetry::make_silent_logger();
    const std::string sketch_ = make_sketch();
    std::string folder_;
    std::unique_ptr<MetricsStore> store_;
    fold::ViewId view_;
    int64_t through_ = 0;
};

void commit_rows(benchmark::State& state, bool with_users) {
    ScratchStore store;
    for (auto _ : state) {
        state.PauseTiming();
        const fold::Commit commit = store.next_commit(state.range(0), with_users);
        state.ResumeTiming();
        store.commit(commit);
    }
    state.SetItemsProcessed(state.iterations() * state.range(0));
}

void CommitClicks(benchmark::State& state) {
    commit_rows(state, false);
}
BENCHMARK(CommitClicks)->Arg(1)->Arg(5'000)->UseRealTime()->Unit(benchmark::kMicrosecond);

void CommitClicksAndUsers(benchmark::State& state) {
    commit_rows(state, true);
}
BENCHMARK(CommitClicksAndUsers)->Arg(5'000)->UseRealTime()->Unit(benchmark::kMicrosecond);

}  // namespace
}  // namespace clickmill::metrics_store
