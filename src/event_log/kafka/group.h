// The consumer group: which partitions this process counts, and, for the eyes of Kafka's own tools,
// how far. Records are read by KafkaReader, positions live in the metrics store.
#pragma once

#include "base/clock.h"
#include "event_log/event_log.h"
#include "event_log/kafka/client.h"

#include <chrono>
#include <map>
#include <memory>
#include <mutex>

namespace clickmill::event_log::kafka {

// Any thread; nothing but the Assignment waits for a broker.
class Group {
public:
    Group(const KafkaOptions& options, Clock& clock, telemetry::Logger& logger)
        : options_(options), clock_(clock), logger_(logger) {}

    // Once at a time. InvalidInput: settings.
    Result<std::unique_ptr<Assignment>> join();

    // Sent every few seconds, all partitions together, while this process is in the group.
    void note(PartitionId partition, Offset through);

private:
    class Membership;
    void send();          // under mutex_
    void take_answers();  // under mutex_
    void forget(std::span<const PartitionId> partitions);
    void leave();

    const KafkaOptions options_;
    Clock& clock_;
    telemetry::Logger& logger_;
    std::mutex mutex_;              // guards what follows
    rd_kafka_t* client_ = nullptr;  // of the membership
    Queue answers_;
    std::map<PartitionId, Offset> noted_;
    std::map<PartitionId, Offset> sent_;
    std::chrono::steady_clock::time_point next_send_{};
    rd_kafka_resp_err_t last_failure_ = RD_KAFKA_RESP_ERR_NO_ERROR;
};

}  // namespace clickmill::event_log::kafka
