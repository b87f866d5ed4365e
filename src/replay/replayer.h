// Looks after rollups that are being built: replays the partitions that this process counts, one
// after the other, beside the live counting.
#pragma once

#include "base/clock.h"
#include "replay/partition_replay.h"
#include "telemetry/health.h"
#include "telemetry/logger.h"
#include "telemetry/metrics.h"

#include <chrono>
#include <functional>
#include <memory>
#include <thread>
#include <vector>

namespace clickmill::replay {

struct ReplayerOptions {
    ReplayOptions replay;
    std::chrono::milliseconds interval{2'000};  // between two looks whether there is work
    std::chrono::milliseconds retry_interval{30'000};
    // The replay rests while live numbers are older than this.
    std::chrono::milliseconds live_within{10'000};
};

// All outlive the replayer.
struct ReplayerParts {
    event_log::EventLog& event_log;
    metrics_store::MetricsStore& store;
    // Called when there is work. Null, or a null store: there is no archive.
    std::function<Result<std::unique_ptr<archive::ObjectStore>>()> open_archive;
    std::function<std::vector<PartitionId>()> partitions;  // that this process counts now
    Clock& clock;
    telemetry::Logger& logger;
    telemetry::Registry& registry;
    telemetry::Health& health;  // a note "replay" says what is wrong; nobody is kept from work
};

// One thread starts and stops it.
class Replayer {
public:
    Replayer(ReplayerOptions options, ReplayerParts parts);
    ~Replayer();

    void start();
    void stop();

private:
    void run(std::stop_token stop);
    Result<int64_t> pass(const std::stop_token& stop);
    Result<bool> has_work();
    void give_way(const std::stop_token& stop);

    ReplayerOptions options_;
    ReplayerParts parts_;
    PartitionId partition_;  // that is being replayed
    std::jthread thread_;
};

}  // namespace clickmill::replay
