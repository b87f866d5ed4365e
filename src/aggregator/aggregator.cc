#include "aggregator/aggregator.h"

#include "aggregator/pause.h"
#include "base/thread_name.h"

#include <algorithm>

namespace clickmill::aggregator {
namespace {

constexpr std::chrono::milliseconds kFirstRetry{200};
constexpr std::chrono::milliseconds kLastRetry{10'000};

}  // namespace

Aggregator::Aggregator(Options options, Parts parts, Definitions definitions)
    : options_(std::move(options)), parts_(parts), definitions_(std::move(definitions)) {
    options_.settler.partition_count = parts_.event_log.partition_count();
}

Aggregator::~Aggregator() {
    stop();
}

void Aggregator::start() {
    for (int32_t i = 0; i < parts_.event_log.partition_count(); ++i) {
        threads_.emplace_back([this, i](std::stop_token stop) {
            name_this_thread("aggregator");
            follow(PartitionId{i}, stop);
        });
    }
    threads_.emplace_back([this](std::stop_token stop) {
        name_this_thread("settler");
        settle(stop);
    });
}

void Aggregator::stop() {
    for (std::jthread& thread : threads_) thread.request_stop();
    threads_.clear();
}

void Aggregator::follow(PartitionId partition, std::stop_token stop) {
    PartitionFollower follower(partition, options_.follower, parts_, definitions_);
    auto retry = kFirstRetry;
    while (!stop.stop_requested()) {
        const auto started = parts_.clock.steady();
        const Result<void> ended = follower.follow(stop);
        if (ended) return;
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
        pause(options_.settle_interval, stop);
    }
}

}  // namespace clickmill::aggregator
