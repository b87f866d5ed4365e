// clickmill_rows: fills a metrics store with years of numbers that were never clicked, for
// benchmarks of questions: settled buckets as a settler would write them, of a project that a
// server has made. Or measures commits of live rows. The figures of either go to standard output as
// JSON.
#include "base/clock.h"
#include "calendar/calendar.h"
#include "fold/hll.h"
#include "metrics_store/metrics_store.h"
#include "server/wiring.h"
#include "telemetry/logger.h"
#include "telemetry/metrics.h"

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <map>
#include <memory>
#include <random>
#include <string>
#include <sys/resource.h>
#include <vector>

namespace {

using namespace clickmill;
using calendar::BucketKey;
using calendar::Grain;
using std::chrono::steady_clock;

constexpr size_t kRowsAtOnce = 50'000;
constexpr double kUsersPerClick = 0.6;

struct Options {
    std::string to;
    std::string project = "default";
    std::vector<std::string> rollups = {"totals", "by_platform_version"};
    double clicks = 10e6;
    int days = 730;
    int hour_days = 90;
    int features = 5000;
    double zipf = 1.1;
    int64_t commit_rows = 0;  // measure commits of so many rows instead
    int commits = 20;
    uint64_t seed = 1;
};

// What a dimension's values are, with their shares; of other dimensions there is one value.
struct Value {
    const char* text;
    double share;
};
const std::map<std::string, std::vector<Value>> kValues = {
    {"platform", {{"android", 0.2}, {"ios", 0.2}, {"web", 0.6}}},
    {"app_version", {{"4.10.0", 0.2}, {"4.11.1", 0.2}, {"4.11.2", 0.2}, {"4.12.0", 0.4}}},
    {"page", {{"/", 0.4}, {"/cart", 0.2}, {"/product/:id", 0.3}, {"/search", 0.1}}},
    {"experiment", {{"new_pay", 1}}},
    {"variant", {{"A", 0.5}, {"B", 0.5}}},
};

double cpu_seconds() {
    rusage usage{};
    getrusage(RUSAGE_SELF, &usage);
    const auto seconds = [](const timeval& t) {
        return static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_usec) / 1e6;
    };
    return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

// Sketches of so many people, made once for each order of magnitude: what they say about a row is
// near enough, and as large as the real one.
class Sketches {
public:
    const std::string& of_clicks(int64_t clicks) {
        const double people = std::max(1.0, kUsersPerClick * static_cast<double>(clicks));
        const auto step = static_cast<int64_t>(std::floor(8 * std::log2(people)));
        std::string& made = made_[step];
        if (made.empty()) {
            fold::Hll sketch;
            const auto count = static_cast<int64_t>(std::exp2(static_cast<double>(step) / 8));
            for (int64_t i = 0; i < std::min<int64_t>(count, 100'000); ++i)
                sketch.add(fold::hll_hash(fmt::format("u_{}_{}", step, i)));
            made = sketch.bytes();
        }
        return made;
    }

private:
    std::map<int64_t, std::string> made_;
};

// The cells of a rollup, in the order of their labels, each with its share of all clicks.
struct Cell {
    fold::Labels labels;
    double share = 0;
};

std::vector<Cell> cells_of(const fold::View& view, const Options& options) {
    std::vector<std::pair<std::string, double>> features;
    double sum = 0;
    for (int rank = 1; rank <= options.features; ++rank) {
        const double share = 1.0 / std::pow(rank, options.zipf);
        sum += share;
        features.emplace_back(fmt::format("area{}.button{}", (rank - 1) % 40, rank - 1), share);
    }
    std::vector<Cell> cells;
    features.emplace_back(metrics_store::kAllFeatures, sum);
    for (const auto& [feature, share] : features) {
        std::vector<Cell> of_feature = {{fold::Labels{feature}, share / sum}};
        for (const std::string& dimension : view.definition.rollup.dimensions) {
            const auto known = kValues.find(dimension);
            std::vector<Cell> wider;
            for (const Cell& cell : of_feature) {
                for (const Value& value :
                     known == kValues.end() ? std::vector<Value>{{"one", 1}} : known->second) {
                    Cell next = cell;
                    next.labels.append(value.text);
                    next.share *= value.share;
                    wider.push_back(std::move(next));
                }
            }
            of_feature = std::move(wider);
        }
        std::ranges::move(of_feature, std::back_inserter(cells));
    }
    std::ranges::sort(cells, {}, &Cell::labels);
    return cells;
}

struct Written {
    int64_t rows = 0;
    int64_t buckets = 0;
};

// Fills one view: months, weeks and days of all the time, hours of its end.
class Filler {
public:
    Filler(metrics_store::MetricsStore& store, const fold::View& view, const Options& options,
           Sketches& sketches)
        : store_(store),
          view_(view),
          options_(options),
          sketches_(sketches),
          random_(options.seed),
          cells_(cells_of(view, options)) {}

    Result<Written> fill(Moment now, Offset position) {
        position_ = position;
        ASSIGN_OR_RETURN(
            const auto calendar,
            calendar::Calendar::make(view_.definition.zone, view_.definition.week_start));
        // Whole days, the last one yesterday; weeks and months that lie within them.
        const Moment to = calendar.start_of(Grain::Day, calendar.bucket_at(Grain::Day, now));
        const Moment from = to - std::chrono::days(options_.days);
        const Moment hours_from = to - std::chrono::days(options_.hour_days);
        for (const Grain grain : {Grain::Month, Grain::Week, Grain::Day, Grain::Hour}) {
            const Moment begin = grain == Grain::Hour ? hours_from : from;
            for (const BucketKey bucket : calendar.buckets(grain, begin, to)) {
                const Moment starts = calendar.start_of(grain, bucket);
                const Moment ends = calendar.end_of(grain, bucket);
                if (starts < begin || ends > to) continue;
                const double share = std::chrono::duration<double>(ends - starts) /
                                     std::chrono::duration<double>(to - from);
                const BucketKey last =
                    std::chrono::duration_cast<std::chrono::seconds>(ends.time_since_epoch())
                        .count() -
                    3'600;
                const BucketKey first =
                    std::chrono::duration_cast<std::chrono::seconds>(starts.time_since_epoch())
                        .count();
                RETURN_IF_ERROR(add(grain, bucket, {first, last}, share));
                if (grain == Grain::Day && (marks_.empty() || starts >= hours_from))
                    marks_.push_back({first, position_});
            }
        }
        RETURN_IF_ERROR(flush());
        return written_;
    }

    // When the project began, and what was touched of the days that have hours.
    const std::vector<fold::Mark>& marks() const { return marks_; }

private:
    Result<void> add(Grain grain, BucketKey bucket, metrics_store::HourRange held, double share) {
        metrics_store::Build build{.view = view_.id};
        build.header = {.grain = grain, .bucket = bucket, .positions = {position_}, .held = {held}};
        for (const Cell& cell : cells_) {
            std::poisson_distribution<int64_t> draw(options_.clicks * share * cell.share);
            const int64_t clicks = draw(random_);
            if (clicks == 0) continue;
            build.rows.push_back(
                {cell.labels, clicks,
                 view_.definition.rollup.users ? sketches_.of_clicks(clicks) : std::string()});
        }
        rows_ += build.rows.size();
        builds_.push_back(std::move(build));
        return rows_ < kRowsAtOnce ? Result<void>() : flush();
    }

    Result<void> flush() {
        if (builds_.empty()) return {};
        ASSIGN_OR_RETURN(const int64_t stored, store_.settle_all(builds_));
        written_.buckets += stored;
        written_.rows += static_cast<int64_t>(rows_);
        builds_.clear();
        rows_ = 0;
        return {};
    }

    metrics_store::MetricsStore& store_;
    const fold::View& view_;
    const Options& options_;
    Sketches& sketches_;
    std::mt19937_64 random_;
    const std::vector<Cell> cells_;
    Offset position_;
    std::vector<metrics_store::Build> builds_;
    std::vector<fold::Mark> marks_;
    size_t rows_ = 0;
    Written written_;
};

// Gives its snapshot back at once: SQLite could copy nothing out of its write-ahead log beside it.
Result<std::vector<fold::View>> views_of(metrics_store::MetricsStore& store) {
    ASSIGN_OR_RETURN(const auto snapshot, store.snapshot());
    return snapshot->views();
}

Result<void> fill(metrics_store::MetricsStore& store, const Options& options, Moment now) {
    ASSIGN_OR_RETURN(const metrics_store::Progress progress, store.progress(PartitionId{0}));
    if (!progress.has_ledger || progress.ledger.through == Offset{}) {
        return fail(ErrorCode::NotFound, "cannot fill the store", options.to,
                    "start a server on it and send a click first");
    }
    ASSIGN_OR_RETURN(const std::vector<fold::View> views, views_of(store));
    const std::map<fold::ViewId, fold::Position> positions(progress.views.begin(),
                                                           progress.views.end());
    Sketches sketches;
    Written all;
    const auto begin = steady_clock::now();
    for (const fold::View& view : views) {
        if (view.definition.project != options.project ||
            std::ranges::find(options.rollups, view.definition.rollup.name) ==
                options.rollups.end())
            continue;
        const fold::Position position = positions.at(view.id);
        Filler filler(store, view, options, sketches);
        ASSIGN_OR_RETURN(const Written written, filler.fill(now, position.through));
        fold::Commit commit{.ledger = progress.ledger};
        commit.views.push_back({.view = view.id,
                                .from = position.through,
                                .position = position,
                                .marks = filler.marks()});
        RETURN_IF_ERROR(store.commit(commit));
        all.rows += written.rows;
        all.buckets += written.buckets;
        fmt::print(stderr, "{}: {} rows in {} buckets\n", view.definition.rollup.name, written.rows,
                   written.buckets);
    }
    const std::chrono::duration<double> seconds = steady_clock::now() - begin;
    fmt::print(R"({{"rows":{},"buckets":{},"seconds":{:.2f},"cpu_seconds":{:.2f}}})"
               "\n",
               all.rows, all.buckets, seconds.count(), cpu_seconds());
    return {};
}

// Commits as the aggregator makes them: so many rows of an hour that grow, with their sketches.
Result<void> measure_commits(metrics_store::MetricsStore& store, const Options& options,
                             Moment now) {
    const fold::ViewDefinition totals{
        .project = "commits", .rollup = {"totals", {}, true}, .zone = "UTC"};
    ASSIGN_OR_RETURN(const auto views, metrics_store::declare(store, std::vector{totals}));
    const BucketKey hour =
        std::chrono::floor<std::chrono::hours>(now).time_since_epoch() / std::chrono::seconds(1);
    ASSIGN_OR_RETURN(const metrics_store::Progress progress, store.progress(PartitionId{0}));
    fold::Ledger ledger = progress.ledger;
    int64_t through = 0;
    for (const auto& [view, position] : progress.views) {
        if (view == views.front().id) through = position.through.value;
    }
    Sketches sketches;
    double seconds = 0;
    double cpu = 0;
    for (int number = 0; number < options.commits; ++number) {
        fold::ViewChanges changes{.view = views.front().id, .from = {through}};
        changes.position = {{++through}, hour, now};
        changes.marks.push_back({hour, {through}});
        for (int64_t i = 0; i < options.commit_rows; ++i) {
            fold::CellKey key{hour, fold::Labels{fmt::format("button{:06}", i)}};
            changes.sketches.push_back({key, sketches.of_clicks(number + 1)});
            changes.rows.push_back({std::move(key), number + 1});
        }
        const fold::Commit commit{.ledger = ledger, .views = {std::move(changes)}};
        const auto begin = steady_clock::now();
        const double cpu_before = cpu_seconds();
        RETURN_IF_ERROR(store.commit(commit));
        cpu += cpu_seconds() - cpu_before;
        seconds += std::chrono::duration<double>(steady_clock::now() - begin).count();
    }
    fmt::print(R"({{"rows":{},"seconds":{:.3f},"cpu_seconds":{:.3f}}})"
               "\n",
               2 * options.commit_rows * options.commits, seconds, cpu);
    return {};
}

Result<void> run(const Options& options) {
    SystemClock clock;
    const auto logger = telemetry::make_logger(telemetry::Level::Error, telemetry::Format::Text);
    telemetry::Registry registry;
    ASSIGN_OR_RETURN(
        const auto store,
        server::open_store_at(options.to, "", {clock, *logger, registry}, server::Writes::Here));
    return options.commit_rows > 0 ? measure_commits(*store, options, clock.now())
                                   : fill(*store, options, clock.now());
}

}  // namespace

int main(int argc, char** argv) {
    CLI::App app("Fills a metrics store with years of numbers, or measures commits to it.");
    Options options;
    app.add_option("--to", options.to, "sqlite:PATH, postgresql://... or clickhouse://...")
        ->required();
    app.add_option("--project", options.project, "that a server has made there");
    app.add_option("--rollup", options.rollups, "which to fill; repeat it for several");
    app.add_option("--clicks", options.clicks, "so many, over all days");
    app.add_option("--days", options.days, "until yesterday");
    app.add_option("--hour-days", options.hour_days, "of those, with numbers by the hour");
    app.add_option("--features", options.features, "Zipf-distributed");
    app.add_option("--commit-rows", options.commit_rows, "measure commits of so many rows instead");
    app.add_option("--commits", options.commits, "how many of them");
    app.add_option("--seed", options.seed, "");
    CLI11_PARSE(app, argc, argv);
    if (const auto done = run(options); !done) {
        fmt::print(stderr, "clickmill_rows: {}\n", done.error().message());
        return 1;
    }
    return 0;
}
