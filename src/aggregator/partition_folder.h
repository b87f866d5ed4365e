// One partition between log and store, a step at a time and without a clock: reads on, folds, says
// what is to be committed. The loop around it is partition_follower.h; the simulation drives it
// directly.
#pragma once

#include "event_log/event_log.h"
#include "fold/partition_fold.h"
#include "metrics_store/metrics_store.h"

#include <functional>
#include <memory>
#include <set>
#include <span>
#include <stop_token>
#include <string>
#include <vector>

namespace clickmill::aggregator {

// The definitions of every rollup of every project known now, to be declared; asked again when a
// click names another project.
using Definitions = std::function<Result<std::vector<fold::ViewDefinition>>()>;

// Keeps copies of what is no event, durable when it returns. What was not committed afterwards is
// folded, and kept, again.
using SetAside = std::function<Result<void>(PartitionId, std::span<const event_log::Unreadable>)>;

struct FolderOptions {
    SetAside set_aside;  // empty: the log itself keeps them for long enough
    fold::RepeatLimits repeats;
    uint64_t repeat_key = 0;  // for a partition that has no ledger yet
    // Whether to go on at the log's first record when that is above the partition's position, and
    // to count what is gone as lost. Empty: no, it stops the partition.
    std::function<bool(PartitionId, Offset position)> accepts_gap;
    // A rollup that is being built is folded here from so few records behind on; before that it is
    // a replay's.
    int64_t joins_within = 50'000;
};

// One thread.
class PartitionFolder {
public:
    // Reads progress and definitions and begins where the stored pieces of the repeat window end.
    // Conflict: the positions belong to another log or another number of partitions. NotFound: the
    // log no longer holds the position.
    static Result<std::unique_ptr<PartitionFolder>> open(PartitionId partition,
                                                         const FolderOptions& options,
                                                         event_log::EventLog& event_log,
                                                         metrics_store::MetricsStore& store,
                                                         Definitions definitions, Moment now);

    // Reads and folds what there is, at most one batch. Returns the number of records.
    Result<int64_t> fold_some(const event_log::ReadOptions& options, std::stop_token stop,
                              Moment now);
    // Views that were declared since. Cheap when there are none.
    Result<void> refresh_definitions(Moment now);
    // Other views are to be folded than those that this one can: another one is to be opened.
    bool is_outdated() const { return is_outdated_; }

    // What these views have to commit, with the ledger. A view without changes moves its position
    // on.
    fold::Commit changes(std::span<const fold::ViewId> views) const;
    void committed(const fold::Commit& commit);
    // Nothing more is folded before the next changes(): they leave nothing to be read again.
    void end() { fold_.end_piece(); }

    std::map<fold::ViewId, fold::ViewFold>& views() { return fold_.views(); }
    const fold::PartitionFold& fold() const { return fold_; }
    PartitionId partition() const { return partition_; }
    bool is_at_end() const { return at_end_since_.has_value(); }
    Offset log_end() const { return log_end_; }  // as last seen
    // Records below are needed by nobody here: not by the repeat window, not by a view.
    Offset keep_from() const;

private:
    PartitionFolder(PartitionId partition, event_log::EventLog& event_log,
                    metrics_store::MetricsStore& store, Definitions definitions,
                    fold::PartitionFold::Options options, const fold::Ledger* ledger,
                    SetAside set_aside);
    Result<void> begin_reading(const FolderOptions& options, const fold::Ledger& ledger);
    Result<void> fold_record(const event_log::StoredRecord& record, Moment now);
    Result<void> learn_projects(Moment now);
    Result<std::vector<fold::View>> declared_views();
    Result<bool> is_folded_here(const fold::View& view, const metrics_store::Progress& progress);
    Result<void> add_views(std::span<const fold::View> views);
    Result<void> begin_views(std::span<const fold::View> views, metrics_store::Progress& progress);
    Result<void> add_view(fold::View view, const fold::Position& position);

    PartitionId partition_;
    event_log::EventLog& event_log_;
    metrics_store::MetricsStore& store_;
    Definitions definitions_;
    SetAside set_aside_;
    std::vector<event_log::Unreadable> unreadable_;  // of the batch being folded
    fold::PartitionFold fold_;
    std::unique_ptr<event_log::Reader> reader_;
    std::optional<Moment> at_end_since_;
    Offset log_end_;
    int64_t joins_within_ = 0;
    bool is_outdated_ = false;
    std::set<std::string, std::less<>> unknown_projects_;  // as of definitions_asked_at_
    Moment definitions_asked_at_{};
};

}  // namespace clickmill::aggregator
