// Where rows and positions live and questions are answered. Backends: sqlite/ postgres/ clickhouse/
// memory/; sql/ holds what those with SQL share. Promises tested by
// tests/contract/metrics_store_contract_test.cc.
#pragma once

#include "base/result.h"
#include "fold/rows.h"
#include "metrics_store/snapshot.h"
#include "metrics_store/views.h"

#include <memory>
#include <span>
#include <vector>

namespace clickmill::metrics_store {

// What the aggregator starts from.
struct Progress {
    bool has_ledger = false;
    fold::Ledger ledger;                                         // when has_ledger
    std::vector<std::pair<fold::ViewId, fold::Position>> views;  // of this partition
};

// Any thread.
class MetricsStore {
public:
    virtual ~MetricsStore() = default;

    // Does to the views what `plan` says when it is asked about the stored ones, all of them or
    // nothing; it may be asked again. Returns plan.views as they are stored then. See views.h.
    virtual Result<std::vector<fold::View>> change_views(const PlanViews& plan) = 0;

    virtual Result<Progress> progress(PartitionId partition) = 0;
    // What commits have stored of the repeat tables, in order of their first offset.
    virtual Result<std::vector<fold::RepeatPiece>> repeat_pieces(PartitionId partition) = 0;

    // One StoredCell for each key, in the same order.
    virtual Result<std::vector<fold::StoredCell>> load(fold::ViewId view, PartitionId partition,
                                                       std::span<const fold::CellKey> keys) = 0;
    // The distinct labels of live rows in these hours: what a local day's limits on variety stand
    // on.
    virtual Result<std::vector<fold::Labels>> labels_of(
        fold::ViewId view, PartitionId partition, std::span<const calendar::BucketKey> hours) = 0;

    // One transaction where the store has them; else ledger, pieces and marks, then rows and
    // sketches, then positions. A row, mark or ledger with a higher `through` wins, of pieces the
    // longer one; equal ones are equal.
    // Conflict: the stored position of a view is not its `from`; nothing was written; read
    // progress() again.
    virtual Result<void> commit(const fold::Commit& commit) = 0;

    // Stores a settled bucket under the next build number: rows first, then the header. The header
    // of a bucket whose positions are not all at or below the new ones is kept (Conflict).
    virtual Result<void> settle(const Build& build) = 0;
    // The same for many, in one transaction where the store has them. Returns how many were stored:
    // not those whose header is kept.
    virtual Result<int64_t> settle_all(std::span<const Build> builds) = 0;
    // Deletes live rows and sketches of these hours, which are settled and past their late limit,
    // and says so in their headers.
    virtual Result<void> retire(fold::ViewId view, std::span<const calendar::BucketKey> hours) = 0;

    // Deletes settled rows and sketches of these buckets, whose retention is over, and says so in
    // their headers, which stay for ever. Of hours only those whose live rows are gone.
    virtual Result<void> forget(fold::ViewId view, calendar::Grain grain,
                                std::span<const calendar::BucketKey> buckets) = 0;

    // What an answer is read from: one moment of the store, while it is held. Keep it briefly.
    virtual Result<std::unique_ptr<Snapshot>> snapshot() = 0;

    // Deletes a part of what is stored of a dropped view. False: nothing is left, and it is Gone.
    // Conflict: it is not dropped.
    virtual Result<bool> clear_some(fold::ViewId view) = 0;

    // Whether commits succeed at the moment. For readiness.
    virtual Result<void> health() = 0;
};

}  // namespace clickmill::metrics_store
