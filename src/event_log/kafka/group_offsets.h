// Tells Kafka how far we have counted, so that its own tools show the lag. For their eyes alone:
// positions live in the metrics store, and the group is never joined.
#pragma once

#include "base/clock.h"
#include "event_log/kafka/client.h"

#include <chrono>
#include <map>
#include <mutex>

namespace clickmill::event_log::kafka {

// Any thread; nothing here waits for a broker.
class GroupOffsets {
public:
    GroupOffsets(const KafkaOptions& options, Clock& clock, telemetry::Logger& logger)
        : options_(options), clock_(clock), logger_(logger) {}

    // Sent every few seconds, all partitions together. The first call makes the client.
    void note(PartitionId partition, Offset through);

private:
    void send();  // under mutex_
    Result<void> start();
    void take_answers();  // under mutex_

    const KafkaOptions options_;
    Clock& clock_;
    telemetry::Logger& logger_;
    std::mutex mutex_;  // guards what follows
    Client client_;
    Queue answers_;
    std::map<PartitionId, Offset> noted_;
    std::map<PartitionId, Offset> sent_;
    std::chrono::steady_clock::time_point next_send_{};
    rd_kafka_resp_err_t last_failure_ = RD_KAFKA_RESP_ERR_NO_ERROR;
};

}  // namespace clickmill::event_log::kafka
