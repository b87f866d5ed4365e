// clickmill partition resume: goes on where retention has deleted what was not counted.
#include "aggregator/store_answers.h"
#include "cli/command_world.h"
#include "cli/commands.h"
#include "cli/console.h"
#include "server/accepted_gaps.h"
#include "server/data_folder.h"

#include <fmt/format.h>

namespace clickmill::cli {

namespace {

struct Gap {
    Offset from;  // the partition's position
    Offset to;    // the oldest record that is left
};

Result<Gap> gap_of(const config::Config& config, PartitionId partition) {
    CommandWorld of_command;
    const server::World world = of_command.world();
    ASSIGN_OR_RETURN(const auto store,
                     server::open_metrics_store(config, world, server::Writes::Elsewhere));
    ASSIGN_OR_RETURN(const Offset next, aggregator::next_to_fold(*store, partition));
    ASSIGN_OR_RETURN(const auto log, server::open_event_log_to_read(config, world));
    ASSIGN_OR_RETURN(const event_log::PartitionState state, log->state(partition));
    return Gap{next, state.first};
}

}  // namespace

int resume_partition(const PartitionArguments& arguments) {
    const auto config = settings_of(arguments.settings);
    if (!config) return kWrongUse;
    const PartitionId partition{arguments.partition};
    const auto gap = gap_of(*config, partition);
    if (!gap) return report(gap.error());
    if (gap->from >= gap->to) {
        fmt::print(
            "partition {} has no gap: it is counted up to {}, and the log holds {} and "
            "later\n",
            partition.value, gap->from.value, gap->to.value);
        return kDone;
    }
    fmt::print("partition {}: records {} to {} were deleted before they were counted\n",
               partition.value, gap->from.value, gap->to.value - 1);
    if (!arguments.accepts_gap) {
        fmt::print(
            "bring them back from a copy of the log; or add --accept-gap: they are counted "
            "as lost, and the partition goes on\n");
        return kFailed;
    }
    const auto accepted =
        server::accept_gap(server::accepted_gaps_path(config->data_folder), partition, gap->from);
    if (!accepted) return report(accepted.error());
    fmt::print("accepted: the aggregator goes on with {} within ten seconds\n", gap->to.value);
    return kDone;
}

}  // namespace clickmill::cli
