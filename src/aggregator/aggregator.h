// From the event log to the metrics store: one thread for each partition, one that settles.
#pragma once

#include "aggregator/partition_follower.h"
#include "aggregator/settler.h"

#include <memory>
#include <thread>
#include <vector>

namespace clickmill::aggregator {

struct Options {
    FollowerOptions follower;
    SettlerOptions settler;  // partition_count is taken from the event log
    std::chrono::milliseconds settle_interval{5'000};
};

// Starts with the first call of start() and ends with stop() or its own end. What goes wrong is
// logged, shown in Health as "aggregator.<partition>", and tried again for ever.
class Aggregator {
public:
    // `definitions` is called from several threads.
    Aggregator(Options options, Parts parts, Definitions definitions);
    ~Aggregator();

    void start();
    // Folds what was read, commits it and ends.
    void stop();

private:
    void follow(PartitionId partition, std::stop_token stop);
    void settle(std::stop_token stop);

    Options options_;
    Parts parts_;
    Definitions definitions_;
    std::vector<std::jthread> threads_;
};

}  // namespace clickmill::aggregator
