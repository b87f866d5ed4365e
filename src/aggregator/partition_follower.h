// The loop around a PartitionFolder: read on, fold, commit rows with their position about once a
// second, and say how far the partition is. On any error it returns; the caller waits and calls
// again, and the stored position says where to go on. There is no second way to recover.
#pragma once

#include "aggregator/partition_folder.h"
#include "base/clock.h"
#include "telemetry/health.h"
#include "telemetry/logger.h"
#include "telemetry/metrics.h"

#include <chrono>
#include <map>
#include <stop_token>
#include <string>

namespace clickmill::aggregator {

struct FollowerOptions {
    FolderOptions folder;
    std::chrono::milliseconds flush_interval{1'000};
    // A rollup that touches many rows waits longer while more than `few_rows` of them changed.
    std::chrono::milliseconds wide_flush_interval{10'000};
    size_t few_rows = 2'000;
    size_t most_rows = 200'000;  // changed in one view: flush at once, whatever the time
    std::chrono::milliseconds idle_refresh{2'000};
    size_t max_cells = 400'000;  // kept in memory over all views
    event_log::ReadOptions read;
};

// What the parts that a follower talks to are.
struct Parts {
    event_log::EventLog& event_log;
    metrics_store::MetricsStore& store;
    Clock& clock;
    telemetry::Logger& logger;
    telemetry::Registry& registry;
    telemetry::Health& health;
};

// One thread.
class PartitionFollower {
public:
    PartitionFollower(PartitionId partition, FollowerOptions options, Parts parts,
                      Definitions definitions);
    // Its metrics say no more: another process may follow the partition.
    ~PartitionFollower();

    // Follows the partition until `stop`, or until other views are to be folded, and commits what
    // is folded by then.
    Result<void> follow(std::stop_token stop);

private:
    bool is_due(const fold::ViewFold& view) const;
    std::vector<fold::ViewId> due_views(bool all) const;
    // Commits until it is known that it is stored: a refused or lost answer is settled by reading
    // progress again.
    Result<void> flush(std::span<const fold::ViewId> views, std::stop_token stop);
    Result<bool> is_stored(const fold::Commit& commit);
    void evict();
    void show(const fold::Ledger& ledger);
    void show_lag(double seconds, double records);
    std::chrono::milliseconds wait() const;

    PartitionId partition_;
    FollowerOptions options_;
    Parts parts_;
    Definitions definitions_;
    std::string name_;  // "aggregator.0", for health
    std::unique_ptr<PartitionFolder> folder_;
    std::chrono::steady_clock::time_point last_flush_{};
    std::chrono::steady_clock::time_point last_refresh_{};
    std::map<fold::ViewId, std::chrono::steady_clock::time_point> last_view_flush_;
};

}  // namespace clickmill::aggregator
