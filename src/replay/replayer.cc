#include "replay/replayer.h"

#include "base/pause.h"
#include "base/thread_name.h"

#include <algorithm>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

namespace clickmill::replay {
namespace {

constexpr std::chrono::milliseconds kRest{200};
// Of the thread alone: whoever else wants the processor gets it first. Source: setpriority(2),
// where Linux takes the id of a thread.
constexpr int kNice = 10;

}  // namespace

Replayer::Replayer(ReplayerOptions options, ReplayerParts parts)
    : options_(std::move(options)), parts_(std::move(parts)) {}

Replayer::~Replayer() {
    stop();
}

void Replayer::start() {
    thread_ = std::jthread([this](std::stop_token stop) {
        name_this_thread("replay");
        setpriority(PRIO_PROCESS, static_cast<id_t>(syscall(SYS_gettid)), kNice);
        run(stop);
    });
}

void Replayer::stop() {
    thread_ = {};
}

void Replayer::run(std::stop_token stop) {
    while (!stop.stop_requested()) {
        const Result<int64_t> done = pass(stop);
        // Another process that folds the same is no fault, and neither is being stopped.
        const bool is_wrong =
            !done && done.error().code != ErrorCode::Conflict && !stop.stop_requested();
        parts_.health.note("replay", is_wrong ? done.error().message() : std::string());
        if (is_wrong) {
            parts_.logger.warn("cannot build a rollup from raw events, trying again",
                               {{"error", done.error().message()}});
        }
        pause(is_wrong ? options_.retry_interval : options_.interval, stop);
    }
}

Result<int64_t> Replayer::pass(const std::stop_token& stop) {
    ASSIGN_OR_RETURN(const bool is_needed, has_work());
    if (!is_needed) return 0;
    std::unique_ptr<archive::ObjectStore> archive;
    if (parts_.open_archive) {
        ASSIGN_OR_RETURN(archive, parts_.open_archive());
    }
    const ReplayParts parts{.event_log = parts_.event_log,
                            .store = parts_.store,
                            .archive = archive.get(),
                            .give_way = [this](const std::stop_token& token) { give_way(token); }};
    telemetry::Counter& counter = parts_.registry.counter(
        "clickmill_replay_events_total", "Events folded again for rollups that are being built.");
    int64_t events = 0;
    for (const PartitionId partition : parts_.partitions()) {
        if (stop.stop_requested()) break;
        partition_ = partition;
        ASSIGN_OR_RETURN(const int64_t more,
                         replay_partition(partition, options_.replay, parts, stop));
        counter.add(more);
        events += more;
    }
    if (events > 0) parts_.logger.info("replayed", {{"events", events}});
    return events;
}

Result<bool> Replayer::has_work() {
    ASSIGN_OR_RETURN(const auto snapshot, parts_.store.snapshot());
    ASSIGN_OR_RETURN(const auto views, snapshot->views());
    return std::ranges::any_of(
        views, [](const fold::View& view) { return view.state == fold::ViewState::Building; });
}

void Replayer::give_way(const std::stop_token& stop) {
    while (!stop.stop_requested()) {
        const auto progress = parts_.store.progress(partition_);
        if (!progress) return;  // the commit will say what is wrong
        if (parts_.clock.now() - progress->ledger.complete_through <= options_.live_within) return;
        pause(kRest, stop);
    }
}

}  // namespace clickmill::replay
