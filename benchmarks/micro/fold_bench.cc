// What one event costs in the fold: reading its line, judging it, adding it to every default
// rollup.
#include "event/event.h"
#include "fold/hll.h"
#include "fold/partition_fold.h"

#include <benchmark/benchmark.h>

#include <memory>
#include <random>
#include <string>
#include <vector>

namespace clickmill::fold {
namespace {

constexpr int64_t kStart = 1'763'888'400;
constexpr int kFeatures = 5'000;
constexpr int kUsers = 200'000;
constexpr int kEventsPerRecord = 500;

// Events of about 320 bytes; features and pages by a skewed choice, 2 % of ids repeated.
class Clicks {
public:
    std::string record(int64_t second) {
        std::string payload;
        for (int i = 0; i < kEventsPerRecord; ++i) append(payload, second);
        payload.reserve(payload.size() + event::kPadding);
        return payload;
    }

private:
    int64_t skewed(int64_t count) {
        const double u = std::uniform_real_distribution<>(0, 1)(random_);
        return static_cast<int64_t>(static_cast<double>(count) * u * u * u);
    }
    void append(std::string& payload, int64_t second) {
        const int64_t user = static_cast<int64_t>(random_() % kUsers);
        const int64_t number = random_() % 50 == 0 ? number_ - 7 : number_++;
        const std::string id = "install" + std::to_string(number % 4000) + ".boot" +
                               std::to_string(number / 400'000) + "#" +
                               std::to_string(number / 4000);
        const std::string feature = "checkout.feature_" + std::to_string(skewed(kFeatures));
        const std::string who = "user_" + std::to_string(user);
        const std::string page = "/products/category_" + std::to_string(skewed(300));
        const std::string version = "4." + std::to_string(user % 12) + ".0";
        const std::string session = "session_" + std::to_string(user * 31);
        event::Event event;
        event.project = "shop";
        event.received_at =
            moment_of((second * 1'000'000) + static_cast<int64_t>(random_() % 1'000'000));
        event.event_id = id;
        event.feature_id = feature;
        event.user_id = who;
        event.session_id = session;
        event.page = page;
        event.platform = user % 3 == 0 ? "ios" : "web";
        event.app_version = version;
        event.device = "desktop";
        event.browser = "Firefox";
        event.os = "Linux";
        event.locale = "de-DE";
        event.experiments = {{"new_pay", user % 2 == 0 ? "A" : "B"}};
        append_line(payload, event);
    }

    std::mt19937_64 random_{42};
    int64_t number_ = 7;
};

const std::vector<std::string>& records() {
    static const std::vector<std::string> made = [] {
        Clicks clicks;
        std::vector<std::string> out;
        for (int i = 0; i < 1000; ++i) out.push_back(clicks.record(kStart + i));
        return out;
    }();
    return made;
}

View view_of(int32_t id, std::vector<std::string> dimensions, bool users) {
    return {.id = {id},
            .definition = {.project = "shop",
                           .rollup = {"r" + std::to_string(id), std::move(dimensions), users},
                           .zone = "Europe/Berlin"}};
}

void run(benchmark::State& state, const std::vector<View>& views) {
    int64_t events = 0;
    std::unique_ptr<PartitionFold> fold;
    int64_t offset = 0;
    const auto begin = [&] {
        fold = std::make_unique<PartitionFold>(
            PartitionFold::Options{.log_id = "log", .repeat_key = 7}, nullptr);
        for (const View& view : views) (void)fold->add_view(view, {});
        offset = 0;
    };
    begin();
    for (auto _ : state) {
        if (offset == static_cast<int64_t>(records().size())) {
            state.PauseTiming();
            begin();
            state.ResumeTiming();
        }
        const std::string& payload = records()[static_cast<size_t>(offset)];
        fold->read({.offset = {offset},
                    .append_time = moment_of((kStart + offset) * 1'000'000),
                    .event_count = kEventsPerRecord,
                    .payload = payload});
        benchmark::DoNotOptimize(fold->missing_days());
        fold->apply();
        // Commits as at 25,000 events a second: totals every second, wide rollups every ten.
        if (++offset % 50 == 0) {
            for (auto& [id, view] : fold->views()) {
                if (!view.view().definition.rollup.dimensions.empty() && offset % 500 != 0)
                    continue;
                (void)view.provide_cells(std::vector<StoredCell>(view.missing_cells().size()));
                const ViewChanges changes = view.changes(fold->next(), {});
                benchmark::DoNotOptimize(changes.rows.size());
                view.committed(changes.position);
            }
        }
        events += kEventsPerRecord;
    }
    state.SetItemsProcessed(events);
}

void FoldTotals(benchmark::State& state) {
    run(state, {view_of(1, {}, true)});
}
BENCHMARK(FoldTotals)->MinTime(1);

void FoldDefaultRollups(benchmark::State& state) {
    run(state, {view_of(1, {}, true), view_of(2, {"platform", "app_version"}, true),
                view_of(3, {"experiment", "variant"}, true), view_of(4, {"page"}, false)});
}
BENCHMARK(FoldDefaultRollups)->MinTime(2);

void ReadLines(benchmark::State& state) {
    event::LineReader reader;
    size_t i = 0;
    int64_t events = 0;
    for (auto _ : state) {
        events += static_cast<int64_t>(reader.read(records()[i++ % records().size()], {}).size());
    }
    state.SetItemsProcessed(events);
}
BENCHMARK(ReadLines);

void SeeRepeats(benchmark::State& state) {
    RepeatTables tables(7, {}, {}, {});
    std::mt19937_64 random(1);
    tables.enter({0}, moment_of(0));
    std::vector<IdBlock> ids(500);
    std::vector<bool> repeats;
    for (int64_t i = 0; i < state.range(0); i += 500) {
        for (IdBlock& id : ids) id.hash = random();
        tables.see(ids, repeats);
    }
    int64_t seen = 0;
    for (auto _ : state) {
        for (IdBlock& id : ids) id.hash = random();
        tables.see(ids, repeats);
        seen += 500;
    }
    state.SetItemsProcessed(seen);
}
BENCHMARK(SeeRepeats)->Arg(100'000)->Arg(4'000'000)->Iterations(2000);

void AddToSketch(benchmark::State& state) {
    Hll sketch;
    std::mt19937_64 random(1);
    for (int64_t i = 0; i < state.range(0); ++i) sketch.add(random());
    for (auto _ : state) benchmark::DoNotOptimize(sketch.add(random() & 0xffff));
}
BENCHMARK(AddToSketch)->Arg(10)->Arg(100)->Arg(100'000)->Iterations(20'000);

void UniteSketches(benchmark::State& state) {
    std::mt19937_64 random(1);
    Hll other;
    for (int64_t i = 0; i < state.range(0); ++i) other.add(random());
    const std::string bytes = other.bytes();
    Hll sketch;
    for (auto _ : state) benchmark::DoNotOptimize(sketch.unite_bytes(bytes));
}
BENCHMARK(UniteSketches)->Arg(10)->Arg(300)->Arg(1'000)->Arg(100'000);

}  // namespace
}  // namespace clickmill::fold
