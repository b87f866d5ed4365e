// From the event log to the metrics store: one thread for each partition that is ours, one that
// settles, one that learns which are ours.
#pragma once

#include "aggregator/generations.h"
#include "aggregator/partition_follower.h"
#include "aggregator/settler.h"

#include <map>
#include <mutex>
#include <set>
#include <span>
#include <thread>

namespace clickmill::aggregator {

struct Options {
    FollowerOptions follower;
    SettlerOptions settler;  // partition_count is taken from the event log
    std::chrono::milliseconds settle_interval{5'000};
};

// Starts with the first call of start() and ends with stop() or its own end. What goes wrong is
// logged, shown in Health as "aggregator.<partition>", and tried again for ever. Which partitions
// it follows the event log says; who has partition 0 settles.
class Aggregator {
public:
    // `definitions` is called from several threads.
    Aggregator(Options options, Parts parts, Definitions definitions);
    ~Aggregator();

    void start();
    // Folds what was read, commits it and ends.
    void stop();

    // Those that are followed here at the moment. Any thread.
    std::vector<PartitionId> partitions() const;

private:
    void share(std::stop_token stop);
    Result<void> follow_assignment(const std::stop_token& stop);
    void begin(std::span<const PartitionId> partitions);
    void end(std::span<const PartitionId> partitions);
    void follow(PartitionId partition, std::stop_token stop);
    void settle(std::stop_token stop);

    Options options_;
    Parts parts_;
    Definitions definitions_;
    mutable std::mutex mutex_;
    std::set<PartitionId> partitions_;               // guarded by mutex_
    std::map<PartitionId, std::jthread> followers_;  // of the next thread alone
    std::jthread settler_;                           // the same
    std::jthread thread_;
};

}  // namespace clickmill::aggregator
