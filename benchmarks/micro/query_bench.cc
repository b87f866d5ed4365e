// What a question costs behind HTTP, on SQLite: 90 days of hourly clicks and users on 5,000
// features, settled as they are after a night.
#include "calendar/calendar.h"
#include "metrics_store/sqlite/sqlite_metrics_store.h"
#include "query_api/features.h"
#include "query_api/series.h"

#include <benchmark/benchmark.h>

#include <cstdlib>
#include <filesystem>
#include <map>
#include <random>
#include <set>

namespace clickmill::query_api {
namespace {

using calendar::BucketKey;
using calendar::Grain;

constexpr int kDays = 90;
constexpr int kFeatures = 5'000;
constexpr int kClicksAnHour = 400;
constexpr int kPeople = 20'000;

// A store that is filled once, for all benchmarks of the process.
class Filled {
public:
    Filled() {
        std::string pattern = (std::filesystem::temp_directory_path() / "bench.XXXXXX").string();
        folder_ = mkdtemp(pattern.data());
        store_ =
            *metrics_store::SqliteMetricsStore::open({.path = folder_ + "/metrics.db"}, *logger_);
        const fold::ViewDefinition totals{
            .project = "shop", .rollup = {"totals", {}, true}, .zone = "Europe/Berlin"};
        view_ = metrics_store::declare(*store_, std::vector{totals})->front();
        start_ = *calendar_.parse("2026-08-01");
        end_ = start_ + std::chrono::days(kDays);
        fill();
    }
    ~Filled() {
        store_.reset();
        std::filesystem::remove_all(folder_);
    }

    http::Head head(const std::string& query) const {
        http::Head head;
        head.query = query;
        return head;
    }
    Context context() {
        return *make_context(*store_->snapshot(), "shop", end_, {calendars_, first_hours_});
    }
    // Another moment of the store, as after each commit.
    template <typename Question, typename Answerer>
    void ask(benchmark::State& state, const Question& question, Answerer answer) {
        int64_t rows = 0;
        for (auto _ : state) {
            const Context now = context();
            Budget budget(clock_, std::chrono::minutes(1), INT64_MAX);
            const auto answered = answer(now, question, budget);
            if (!answered) state.SkipWithError(answered.error().message.c_str());
            rows = budget.rows_read();
        }
        state.counters["rows"] = static_cast<double>(rows);
    }

private:
    using Rows = std::map<fold::Labels, std::pair<int64_t, fold::Hll>>;

    void fill() {
        fold::Commit commit;
        commit.ledger.log_id = "log";
        commit.ledger.partition_count = 1;
        commit.ledger.through = Offset{1};
        commit.views.push_back({.view = view_.id});
        auto& changes = commit.views.front();
        changes.position = {Offset{1}, 0, end_};
        std::map<std::pair<Grain, BucketKey>, Rows> coarse;
        std::map<std::pair<Grain, BucketKey>, std::vector<metrics_store::HourRange>> held;
        for (const BucketKey hour : calendar_.buckets(Grain::Hour, start_, end_)) {
            changes.marks.push_back({hour, Offset{1}});
            Rows rows;
            for (int i = 0; i < kClicksAnHour; ++i) {
                const double u = std::uniform_real_distribution<>(0, 1)(random_);
                const auto feature = "feature." + std::to_string(int(kFeatures * u * u));
                const auto person =
                    fold::hll_hash(std::to_string(static_cast<int>(random_() % kPeople)));
                for (const std::string& name : {std::string("(all)"), feature}) {
                    auto& [clicks, users] = rows[fold::Labels{name}];
                    ++clicks;
                    users.add(person);
                }
            }
            for (const Grain grain : {Grain::Day, Grain::Week, Grain::Month}) {
                const BucketKey bucket =
                    calendar_.bucket_of_day(grain, calendar_.hour_of(hour).day);
                for (auto& [labels, row] : rows) {
                    auto& sum = coarse[{grain, bucket}][labels];
                    sum.first += row.first;
                    sum.second.unite(row.second);
                }
                auto& ranges = held[{grain, bucket}];
                if (ranges.empty()) ranges.push_back({hour, hour});
                ranges.back().last = hour;
            }
            settle(Grain::Hour, hour, {{hour, hour}}, rows);
        }
        if (!store_->commit(commit)) std::abort();
        for (const auto& [key, rows] : coarse) settle(key.first, key.second, held[key], rows);
    }

    void settle(Grain grain, BucketKey bucket, std::vector<metrics_store::HourRange> held,
                const Rows& rows) {
        metrics_store::Build build{.view = view_.id, .header = {}, .rows = {}};
        build.header.grain = grain;
        build.header.bucket = bucket;
        build.header.positions = {Offset{1}};
        build.header.held = std::move(held);
        for (const auto& [labels, row] : rows)
            build.rows.push_back({labels, row.first, row.second.bytes()});
        if (!store_->settle(build)) std::abort();
    }

    calendar::Calendar calendar_ =
        *calendar::Calendar::make("Europe/Berlin", calendar::WeekStart::Monday);
    std::unique_ptr<telemetry::Logger> logger_ = telemetry::make_silent_logger();
    std::mt19937_64 random_{1};
    SystemClock clock_;
    std::string folder_;
    std::unique_ptr<metrics_store::MetricsStore> store_;
    fold::View view_;
    Moment start_;
    Moment end_;
    Calendars calendars_;
    FirstHours first_hours_;
};

Filled& filled() {
    static Filled made;
    return made;
}

void ask_series(benchmark::State& state, const std::string& query) {
    const auto question = *read_series_question(filled().head(query), false);
    filled().ask(state, question, answer_series);
}

void ask_features(benchmark::State& state, const std::string& query) {
    const auto question = *read_features_question(filled().head(query), false);
    filled().ask(state, question, answer_features);
}

const std::string kFive =
    "feature_id=feature.1,feature.2,feature.3,feature.4,feature.5&from=2026-08-01&to=2026-10-30";

void series_of_90_days_hourly_for_5_features(benchmark::State& state) {
    ask_series(state, kFive + "&grain=hour");
}
void series_of_90_days_hourly_for_5_features_users(benchmark::State& state) {
    ask_series(state, kFive + "&grain=hour&metric=users");
}
void series_of_90_days_daily_for_5_features(benchmark::State& state) {
    ask_series(state, kFive + "&grain=day");
}
void top_100_of_5000_features_over_30_days(benchmark::State& state) {
    ask_features(state, "limit=100&from=2026-09-30&to=2026-10-30");
}
void top_100_of_5000_features_over_30_days_users(benchmark::State& state) {
    ask_features(state, "limit=100&users=1&from=2026-09-30&to=2026-10-30");
}

BENCHMARK(series_of_90_days_hourly_for_5_features)->Unit(benchmark::kMillisecond);
BENCHMARK(series_of_90_days_hourly_for_5_features_users)->Unit(benchmark::kMillisecond);
BENCHMARK(series_of_90_days_daily_for_5_features)->Unit(benchmark::kMillisecond);
BENCHMARK(top_100_of_5000_features_over_30_days)->Unit(benchmark::kMillisecond);
BENCHMARK(top_100_of_5000_features_over_30_days_users)->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace clickmill::query_api
