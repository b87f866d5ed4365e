// A metrics store in memory: the plainest reading of the contract, for tests and the simulation.
#pragma once

#include "metrics_store/memory/state.h"
#include "metrics_store/metrics_store.h"

#include <functional>
#include <memory>
#include <mutex>

namespace clickmill::metrics_store {

struct MemoryOptions {
    // False: each call on a snapshot reads the latest, as on a store that has none.
    bool has_snapshots = true;
};

class MemoryMetricsStore final : public MetricsStore {
public:
    explicit MemoryMetricsStore(MemoryOptions options = {}) : options_(options) {}

    Result<std::vector<fold::View>> change_views(const PlanViews& plan) override;
    Result<Progress> progress(PartitionId partition) override;
    Result<std::vector<fold::RepeatPiece>> repeat_pieces(PartitionId partition) override;
    Result<std::vector<fold::StoredCell>> load(fold::ViewId view, PartitionId partition,
                                               std::span<const fold::CellKey> keys) override;
    Result<std::vector<fold::Labels>> labels_of(
        fold::ViewId view, PartitionId partition,
        std::span<const calendar::BucketKey> hours) override;
    Result<void> commit(const fold::Commit& commit) override;
    Result<void> settle(const Build& build) override;
    Result<int64_t> settle_all(std::span<const Build> builds) override;
    Result<void> retire(fold::ViewId view, std::span<const calendar::BucketKey> hours) override;
    Result<void> forget(fold::ViewId view, calendar::Grain grain,
                        std::span<const calendar::BucketKey> buckets) override;
    Result<bool> clear_some(fold::ViewId view) override;
    Result<std::unique_ptr<Snapshot>> snapshot() override;
    Result<void> health() override { return {}; }

    // The single writes of a commit, in the order in which a store without transactions makes them:
    // ledger, marks, then rows and sketches, then positions. Each may come late, again or never.
    // `fenced`: the first looks at `from`, and if it differs none of them writes.
    std::vector<std::function<void()>> commit_steps(fold::Commit commit, bool fenced);
    // The same for settle(): the rows, then the header, which is kept when it is newer.
    std::vector<std::function<void()>> settle_steps(Build build);

private:
    class MemorySnapshot;
    using Write = std::function<void(MemoryState&)>;

    Result<void> check_known(fold::ViewId id) const;
    Result<void> check_from(const fold::Commit& commit) const;
    static std::vector<Write> writes_of(const std::shared_ptr<const fold::Commit>& commit);
    static std::vector<Write> writes_of(const std::shared_ptr<Build>& build);

    const MemoryOptions options_;
    mutable std::mutex mutex_;
    MemoryState state_;  // guarded by mutex_
};

}  // namespace clickmill::metrics_store
