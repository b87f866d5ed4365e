#include "aggregator/partition_follower.h"

#include "base/pause.h"

#include <fmt/core.h>

#include <algorithm>
#include <limits>

namespace clickmill::aggregator {
namespace {

constexpr std::chrono::milliseconds kFirstRetry{100};
constexpr std::chrono::milliseconds kLastRetry{5'000};
constexpr int64_t kCommitsKept =
    120;  // an hour's cells stay this many commits after their last click

telemetry::Labels label_of(PartitionId partition) {
    return {{"partition", std::to_string(partition.value)}};
}

}  // namespace

PartitionFollower::PartitionFollower(PartitionId partition, FollowerOptions options, Parts parts,
                                     Definitions definitions)
    : partition_(partition),
      options_(std::move(options)),
      parts_(parts),
      definitions_(std::move(definitions)),
      name_(fmt::format("aggregator.{}", partition.value)) {}

PartitionFollower::~PartitionFollower() {
    constexpr double kNone = std::numeric_limits<double>::quiet_NaN();
    show_lag(kNone, kNone);
}

Result<void> PartitionFollower::follow(std::stop_token stop) {
    ASSIGN_OR_RETURN(
        folder_, PartitionFolder::open(partition_, options_.folder, parts_.event_log, parts_.store,
                                       definitions_, parts_.clock.now()));
    last_view_flush_.clear();
    parts_.health.report(name_, {});
    while (!stop.stop_requested()) {
        event_log::ReadOptions read = options_.read;
        read.wait = wait();
        ASSIGN_OR_RETURN(const int64_t records, folder_->fold_some(read, stop, parts_.clock.now()));
        const auto since_flush = parts_.clock.steady() - last_flush_;
        const bool has_changes =
            std::any_of(folder_->views().begin(), folder_->views().end(),
                        [](const auto& view) { return view.second.has_changes(); });
        const bool is_full = std::any_of(
            folder_->views().begin(), folder_->views().end(),
            [&](const auto& view) { return view.second.changed_cells() >= options_.most_rows; });
        const bool is_idle = records == 0 && since_flush >= options_.idle_refresh;
        if (parts_.clock.steady() - last_refresh_ >= options_.idle_refresh) {
            last_refresh_ = parts_.clock.steady();
            RETURN_IF_ERROR(folder_->refresh_definitions(parts_.clock.now()));
            if (folder_->is_outdated()) break;
        }
        if (is_full || is_idle || (has_changes && since_flush >= options_.flush_interval)) {
            RETURN_IF_ERROR(flush(due_views(is_full || is_idle), stop));
        }
    }
    folder_->end();
    return flush(due_views(true), stop);
}

// Reads wait for records no longer than until changes have to be committed.
std::chrono::milliseconds PartitionFollower::wait() const {
    const auto until_flush = std::chrono::ceil<std::chrono::milliseconds>(
        last_flush_ + options_.flush_interval - parts_.clock.steady());
    return std::clamp(until_flush, std::chrono::milliseconds(1), options_.read.wait);
}

bool PartitionFollower::is_due(const fold::ViewFold& view) const {
    if (view.changed_cells() <= options_.few_rows) return true;
    if (view.view().definition.rollup.dimensions.empty()) return true;
    const auto last = last_view_flush_.find(view.view().id);
    return last == last_view_flush_.end() ||
           parts_.clock.steady() - last->second >= options_.wide_flush_interval;
}

std::vector<fold::ViewId> PartitionFollower::due_views(bool all) const {
    std::vector<fold::ViewId> due;
    for (const auto& [id, view] : folder_->views()) {
        if (all || is_due(view)) due.push_back(id);
    }
    return due;
}

Result<void> PartitionFollower::flush(std::span<const fold::ViewId> views, std::stop_token stop) {
    const fold::Commit commit = folder_->changes(views);
    for (auto retry = kFirstRetry;; retry = std::min(retry * 2, kLastRetry)) {
        const Result<void> stored = parts_.store.commit(commit);
        if (stored) break;
        parts_.health.report(name_, stored);
        const Result<bool> is_there = is_stored(commit);
        if (is_there && *is_there) break;
        // Somebody else moved the position on: forget everything and begin where they are.
        if (is_there && stored.error().code == ErrorCode::Conflict) return stored;
        parts_.logger.warn("cannot commit, trying again", {{"partition", int64_t{partition_.value}},
                                                           {"error", stored.error().message()}});
        if (stop.stop_requested()) return stored;
        pause(retry, stop);
    }
    parts_.health.report(name_, {});
    folder_->committed(commit);
    last_flush_ = parts_.clock.steady();
    for (const fold::ViewId view : views) last_view_flush_[view] = last_flush_;
    parts_.event_log.allow_deletion(partition_, event_log::ReaderRole::Aggregator,
                                    folder_->keep_from());
    parts_.event_log.note_counted(partition_, commit.ledger.through);
    evict();
    show(commit.ledger);
    return {};
}

Result<bool> PartitionFollower::is_stored(const fold::Commit& commit) {
    ASSIGN_OR_RETURN(const metrics_store::Progress progress, parts_.store.progress(partition_));
    return std::all_of(
        commit.views.begin(), commit.views.end(), [&](const fold::ViewChanges& view) {
            return view.position.through > view.from &&
                   std::any_of(progress.views.begin(), progress.views.end(),
                               [&](const auto& stored) {
                                   return stored.first == view.view &&
                                          stored.second.through == view.position.through;
                               });
        });
}

void PartitionFollower::evict() {
    size_t cells = 0;
    for (const auto& [id, view] : folder_->views()) cells += view.cells();
    for (auto& [id, view] : folder_->views()) {
        // Each view may keep its share of what is allowed.
        const size_t share =
            cells <= options_.max_cells ? view.cells() : view.cells() * options_.max_cells / cells;
        view.evict(kCommitsKept, share);
    }
}

void PartitionFollower::show_lag(double seconds, double records) {
    const telemetry::Labels labels = label_of(partition_);
    parts_.registry
        .gauge("clickmill_aggregator_lag_seconds", "Age of the newest complete moment.", labels)
        .set(seconds);
    parts_.registry
        .gauge("clickmill_aggregator_lag_records", "Records of the log that are not yet counted.",
               labels)
        .set(records);
}

void PartitionFollower::show(const fold::Ledger& ledger) {
    const telemetry::Labels labels = label_of(partition_);
    const auto seconds = [&](Moment moment) {
        return std::chrono::duration<double>(parts_.clock.now() - moment).count();
    };
    size_t cells = 0;
    for (const auto& [id, view] : folder_->views()) cells += view.cells();
    telemetry::Registry& registry = parts_.registry;
    show_lag(
        seconds(ledger.complete_through),
        static_cast<double>(std::max<int64_t>(0, folder_->log_end().value - ledger.through.value)));
    registry
        .gauge("clickmill_aggregator_position", "Offset that the partition is folded up to.",
               labels)
        .set(static_cast<double>(ledger.through.value));
    registry.gauge("clickmill_aggregator_cells", "Rows kept in memory.", labels)
        .set(static_cast<double>(cells));
    registry
        .gauge("clickmill_aggregator_repeat_window_seconds", "How far back repeats are recognised.",
               labels)
        .set(static_cast<double>(ledger.repeat_window_seconds));
    registry.gauge("clickmill_aggregator_repeat_bytes", "Memory of the repeat tables.", labels)
        .set(static_cast<double>(folder_->fold().repeats().bytes()));
}

}  // namespace clickmill::aggregator
