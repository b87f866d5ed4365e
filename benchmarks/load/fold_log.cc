// clickmill_fold_log: folds an event log that a server wrote, from its beginning into a metrics.db
// of its own, with the rollups that are named, and says what that cost. The program itself always
// keeps its default rollups; this shows what `totals` alone costs, with the same parts.
#include "aggregator/aggregator.h"
#include "base/hash.h"
#include "config/config.h"
#include "event_log/embedded/embedded_event_log.h"
#include "event_log/kafka/kafka_event_log.h"
#include "metrics_store/sqlite/sqlite_metrics_store.h"

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <cstdio>
#include <ctime>
#include <filesystem>
#include <string>
#include <thread>
#include <unistd.h>
#include <vector>

namespace {

using namespace clickmill;

constexpr PartitionId kOnly{0};

struct Options {
    std::string data;     // of a server that has stopped; or
    std::string brokers;  // of Kafka, with a topic of one partition
    std::string topic = "clicks";
    std::string scratch;  // a folder that is there; metrics.db in it is made anew
    std::vector<std::string> rollups{"totals"};
};

std::vector<fold::ViewDefinition> definitions_of(const Options& options) {
    std::vector<fold::ViewDefinition> definitions;
    for (const config::Rollup& rollup : config::default_rollups()) {
        if (std::ranges::find(options.rollups, rollup.name) == options.rollups.end()) continue;
        definitions.push_back({.project = "default",
                               .rollup = {rollup.name, rollup.dimensions, rollup.users},
                               .zone = "Europe/Berlin"});
    }
    return definitions;
}

double cpu_seconds() {
    timespec spent{};
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &spent);
    return static_cast<double>(spent.tv_sec) + static_cast<double>(spent.tv_nsec) / 1e9;
}

Result<std::unique_ptr<event_log::EventLog>> open_log(const Options& options, Clock& clock,
                                                      telemetry::Logger& logger) {
    if (options.brokers.empty()) {
        return event_log::EmbeddedEventLog::open({.path = options.data + "/events.db"}, clock,
                                                 logger);
    }
    return event_log::KafkaEventLog::open({.brokers = options.brokers,
                                           .topic = options.topic,
                                           .group = fmt::format("fold-log-{}", getpid())},
                                          event_log::KafkaUse::ReadOnly, clock, logger);
}

int64_t events_in(const metrics_store::Progress& progress) {
    int64_t events = 0;
    for (const auto& [project, classes] : progress.ledger.projects) events += classes.total();
    return events;
}

Result<bool> is_folded(metrics_store::MetricsStore& store, Offset end, size_t views) {
    ASSIGN_OR_RETURN(const metrics_store::Progress progress, store.progress(kOnly));
    return progress.views.size() == views &&
           std::ranges::all_of(progress.views,
                               [&](const auto& view) { return view.second.through == end; });
}

Result<void> fold_log(const Options& options) {
    SystemClock clock;
    const auto logger = telemetry::make_silent_logger();
    telemetry::Registry registry;
    telemetry::Health health;
    ASSIGN_OR_RETURN(const auto log, open_log(options, clock, *logger));
    const std::string path = options.scratch + "/metrics.db";
    for (const char* suffix : {"", "-wal", "-shm"}) std::filesystem::remove(path + suffix);
    ASSIGN_OR_RETURN(const auto store,
                     metrics_store::SqliteMetricsStore::open({.path = path}, *logger));
    ASSIGN_OR_RETURN(const event_log::PartitionState state, log->state(kOnly));
    const std::vector<fold::ViewDefinition> definitions = definitions_of(options);

    aggregator::Options of;
    of.follower.folder.repeat_key = random_u64();
    aggregator::Aggregator aggregator(
        of, {*log, *store, clock, *logger, registry, health},
        [&]() -> Result<std::vector<fold::ViewDefinition>> { return definitions; });
    const double before = cpu_seconds();
    aggregator.start();
    for (;;) {
        ASSIGN_OR_RETURN(const bool done, is_folded(*store, state.end, definitions.size()));
        if (done) break;
        std::this_thread::sleep_for(std::chrono::milliseconds(20));
    }
    const double spent = cpu_seconds() - before;
    ASSIGN_OR_RETURN(const metrics_store::Progress progress, store->progress(kOnly));
    const auto events = static_cast<double>(events_in(progress));
    fmt::print("{{\"events\":{},\"cpu_seconds\":{:.3f},\"cpu_seconds_per_million\":{:.3f}}}\n",
               events, spent, spent / (events / 1e6));
    aggregator.stop();
    return {};
}

}  // namespace

int main(int argc, char** argv) {
    CLI::App app("Folds an event log anew and says what it cost.");
    Options options;
    app.add_option("--data", options.data, "the data folder of a server that has stopped");
    app.add_option("--brokers", options.brokers, "of Kafka, instead of a data folder");
    app.add_option("--topic", options.topic, "with one partition");
    app.add_option("--scratch", options.scratch, "a folder for metrics.db")->required();
    app.add_option("--rollup", options.rollups, "which of the default rollups");
    CLI11_PARSE(app, argc, argv);
    if (const auto folded = fold_log(options); !folded) {
        fmt::print(stderr, "clickmill_fold_log: {}\n", folded.error().message());
        return 1;
    }
    return 0;
}
