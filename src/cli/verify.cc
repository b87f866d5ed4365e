// clickmill verify: recounts stored numbers from the raw events.
#include "verify/verify.h"

#include "cli/commands.h"
#include "cli/console.h"
#include "cli/raw_world.h"

#include <fmt/format.h>

#include <cstdio>

namespace clickmill::cli {

namespace {

Result<verify::Report> recount(RawWorld& world, const config::Config& config,
                               const VerifyArguments& arguments) {
    ASSIGN_OR_RETURN(const auto store,
                     server::open_metrics_store(config, world.world(), server::Writes::Elsewhere));
    verify::Request request{.from = arguments.from,
                            .to = arguments.to,
                            .project = arguments.project,
                            .rollup = arguments.rollup,
                            .sample = arguments.sample,
                            .on_progress = {}};
    ProgressLine progress;
    request.on_progress = [&](const std::string& doing) { progress.show(doing); };
    return verify::verify(world.events(), *store, request);
}

void print_differences(const verify::Report& report) {
    std::vector<std::vector<std::string>> table = {{"project", "rollup", "grain", "bucket",
                                                    "feature and values", "what", "stored",
                                                    "recounted", "where"}};
    for (const verify::Difference& each : report.differences) {
        table.push_back({each.project, each.rollup, each.grain, each.bucket, each.labels, each.what,
                         each.stored, each.recounted, each.where});
    }
    print_table(table);
    if (const auto shown = static_cast<int64_t>(report.differences.size());
        shown < report.difference_count)
        fmt::print("and {} more\n", report.difference_count - shown);
}

}  // namespace

int verify_numbers(const VerifyArguments& arguments) {
    const auto config = settings_of(arguments.settings);
    if (!config) return kWrongUse;
    const auto world = RawWorld::open(*config, {.memory_mib = arguments.memory_mib});
    if (!world) return report(world.error());
    const auto found = recount(**world, *config, arguments);
    if (!found) return report(found.error());
    if (!found->differences.empty()) print_differences(*found);
    for (const std::string& each : found->not_checked)
        fmt::print(stderr, "not checked: {}\n", each);
    const bool is_equal = found->difference_count == 0 && (*world)->is_whole();
    fmt::print("{}: {} rows of {} buckets compared with {} clicks, {} differ{}\n",
               is_equal ? "equal" : "NOT EQUAL", found->rows, found->buckets, found->events,
               found->difference_count,
               (*world)->is_whole() ? "" : "; raw events are missing, see above");
    return is_equal ? kDone : kFailed;
}

}  // namespace clickmill::cli
