// clickmill store copy: all numbers of one metrics store into another. clickmill store migrate: its
// tables as this program needs them.
#include "cli/command_world.h"
#include "cli/commands.h"
#include "cli/console.h"
#include "metrics_store/copy.h"

#include <fmt/format.h>

#include <chrono>
#include <cstdio>
#include <unistd.h>

namespace clickmill::cli {

namespace {

using std::chrono::steady_clock;

// Says on standard error how far it is: over the same line on a terminal, else now and then.
class ProgressLine {
public:
    void operator()(const metrics_store::CopyProgress& progress) {
        const bool is_last = progress.buckets == progress.buckets_in_all;
        const auto now = steady_clock::now();
        if (!is_last && now - said_at_ < every_) return;
        said_at_ = now;
        fmt::print(stderr, "{}{} {}: {} of {} buckets, {} rows{}", is_terminal_ ? "\r\x1b[K" : "",
                   progress.doing, progress.view, progress.buckets, progress.buckets_in_all,
                   progress.rows, is_terminal_ && !is_last ? "" : "\n");
    }

private:
    const bool is_terminal_ = isatty(STDERR_FILENO) != 0;
    const std::chrono::milliseconds every_{is_terminal_ ? 200 : 10'000};
    steady_clock::time_point said_at_ = steady_clock::now();
};

Result<metrics_store::CopySummary> copy(const StoreCopyArguments& arguments) {
    CommandWorld of_command;
    const server::World world = of_command.world();
    ASSIGN_OR_RETURN(const auto from, server::open_store_at(arguments.from, arguments.cluster,
                                                            world, server::Writes::Elsewhere));
    ASSIGN_OR_RETURN(const auto to, server::open_store_at(arguments.to, arguments.cluster, world,
                                                          server::Writes::Here));
    ProgressLine line;
    return metrics_store::copy_store(
        *from, *to,
        {.on_progress = [&line](const metrics_store::CopyProgress& progress) { line(progress); }});
}

}  // namespace

int copy_metrics(const StoreCopyArguments& arguments) {
    for (const std::string& url : {arguments.from, arguments.to}) {
        if (url.starts_with("sqlite:") || url.starts_with("postgres") ||
            url.starts_with("clickhouse")) {
            continue;
        }
        fmt::print(stderr,
                   "clickmill: '{}' is no metrics store: write sqlite:PATH (of a metrics.db), "
                   "postgresql://... or clickhouse://...\n",
                   url);
        return kWrongUse;
    }
    const auto begin = steady_clock::now();
    const auto summary = copy(arguments);
    if (!summary) return report(summary.error());
    std::vector<std::vector<std::string>> table = {{"rollup", "month", "rows", "checksum"}};
    for (const metrics_store::CopiedMonth& month : summary->months) {
        table.push_back({month.view, month.month, std::to_string(month.rows),
                         fmt::format("{:016x}", month.checksum)});
    }
    print_table(table);
    const std::chrono::duration<double> seconds = steady_clock::now() - begin;
    fmt::print(
        "copied: {} rows in {:.1f} s, {} settled buckets were there already; both stores say "
        "the same\n",
        summary->rows, seconds.count(), summary->buckets_kept);
    return kDone;
}

int migrate_metrics(const SettingsArguments& arguments) {
    const auto config = settings_of(arguments);
    if (!config) return kWrongUse;
    CommandWorld of_command;
    const auto begin = steady_clock::now();
    // Whoever opens it to write brings it to the newest version, at its first question.
    const auto store =
        server::open_metrics_store(*config, of_command.world(), server::Writes::Here);
    if (!store) return report(store.error());
    if (const auto progress = (*store)->progress(PartitionId{0}); !progress)
        return report(progress.error());
    const std::chrono::duration<double> seconds = steady_clock::now() - begin;
    fmt::print("the metrics store has the tables that this program needs ({:.1f} s)\n",
               seconds.count());
    return kDone;
}

}  // namespace clickmill::cli
