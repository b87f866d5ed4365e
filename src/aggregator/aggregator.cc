#include "aggregator/aggregator.h"

#include "base/pause.h"
#include "base/thread_name.h"

#include <algorithm>

namespace clickmill::aggregator {
namespace {

constexpr std::chrono::milliseconds kFirstRetry{200};
constexpr std::chrono::milliseconds kLastRetry{10'000};
constexpr std::chrono::milliseconds kLookForChanges{1'000};
constexpr PartitionId kSettles{0};  // whoever has it settles for all

}  // namespace

Aggregator::Aggregator(Options options, Parts parts, Definitions definitions)
    : options_(std::move(options)), parts_(parts), definitions_(std::move(definitions)) {
    options_.settler.partition_count = parts_.event_log.partition_count();
}

Aggregator::~Aggregator() {
    stop();
}

void Aggregator::start() {
    thread_ = std::jthread([this](std::stop_token stop) {
        name_this_thread("assignment");
        share(stop);
    });
}

void Aggregator::stop() {
    thread_ = {};
}

std::vector<PartitionId> Aggregator::partitions() const {
    const std::lock_guard lock(mutex_);
    return {partitions_.begin(), partitions_.end()};
}

void Aggregator::share(std::stop_token stop) {
    while (!stop.stop_requested()) {
        const Result<void> ended = follow_assignment(stop);
        parts_.health.report("aggregator", ended);
        if (ended) continue;
        parts_.logger.error("cannot learn which partitions to count, trying again",
                            {{"error", ended.error().message()}});
        pause(kLastRetry, stop);
    }
}

// Everything is let go of before the assignment is.
Result<void> Aggregator::follow_assignment(const std::stop_token& stop) {
    ASSIGN_OR_RETURN(const auto assignment, parts_.event_log.join());
    Result<void> failed;
    while (!stop.stop_requested()) {
        auto change = assignment->next(kLookForChanges, stop);
        if (!change) {
            failed = std::unexpected(std::move(change).error());
            break;
        }
        end(change->taken);
        begin(change->given);
    }
    std::vector<PartitionId> all;
    all.reserve(followers_.size());
    for (const auto& [partition, thread] : followers_) all.push_back(partition);
    end(all);
    return failed;
}

void Aggregator::begin(std::span<const PartitionId> partitions) {
    for (const PartitionId partition : partitions) {
        {
            const std::lock_guard lock(mutex_);
            partitions_.insert(partition);
        }
        followers_[partition] = std::jthread([this, partition](std::stop_token stop) {
            name_this_thread("aggregator");
            follow(partition, stop);
        });
        if (partition != kSettles) continue;
        settler_ = std::jthread([this](std::stop_token stop) {
            name_this_thread("settler");
            settle(stop);
        });
    }
}

void Aggregator::end(std::span<const PartitionId> partitions) {
    for (const PartitionId partition : partitions) {
        if (partition == kSettles) settler_.request_stop();
        const auto follower = followers_.find(partition);
        if (follower != followers_.end()) follower->second.request_stop();
    }
    for (const PartitionId partition : partitions) {
        if (partition == kSettles) settler_ = {};
        followers_.erase(partition);
        {
            const std::lock_guard lock(mutex_);
            partitions_.erase(partition);
        }
        parts_.health.report("aggregator." + std::to_string(partition.value), {});
    }
}

void Aggregator::follow(PartitionId partition, std::stop_token stop) {
    PartitionFollower follower(partition, options_.follower, parts_, definitions_);
    auto retry = kFirstRetry;
    while (!stop.stop_requested()) {
        const auto started = parts_.clock.steady();
        const Result<void> ended = follower.follow(stop);
        if (ended) continue;
        parts_.health.report("aggregator." + std::to_string(partition.value), ended);
        parts_.logger.error(
            "partition stopped, trying again",
            {{"partition", int64_t{partition.value}}, {"error", ended.error().message()}});
        // What ran well for a while begins with short waits again.
        retry = parts_.clock.steady() - started > kLastRetry ? kFirstRetry
                                                             : std::min(retry * 2, kLastRetry);
        pause(retry, stop);
    }
}

void Aggregator::settle(std::stop_token stop) {
    Settler settler(options_.settler, parts_.store, parts_.logger);
    Generations generations({.partition_count = options_.settler.partition_count}, parts_.store,
                            parts_.logger,
                            [&](fold::ViewId view) { return settler.is_at_rest(view); });
    telemetry::Counter& buckets = parts_.registry.counter(
        "clickmill_aggregator_settled_buckets_total", "Buckets settled, again or first.");
    while (!stop.stop_requested()) {
        const Result<int64_t> settled = settler.pass(stop);
        if (settled) {
            buckets.add(*settled);
        } else {
            parts_.logger.warn("cannot settle, trying again",
                               {{"error", settled.error().message()}});
        }
        if (const Result<void> done = generations.look_after(stop); !done) {
            parts_.logger.warn("cannot switch rollups, trying again",
                               {{"error", done.error().message()}});
        }
        pause(options_.settle_interval, stop);
    }
}

}  // namespace clickmill::aggregator
