// Reads one partition from a position, on a consumer of its own that joins no group: which process
// reads what is decided in group.h, and positions live in the metrics store.
#pragma once

#include "base/clock.h"
#include "event_log/event_log.h"
#include "event_log/kafka/client.h"
#include "event_log/kafka/topic_watch.h"

#include <chrono>
#include <deque>

namespace clickmill::event_log::kafka {

// One thread. The log outlives it.
class KafkaReader final : public Reader {
public:
    KafkaReader(PartitionId partition, Offset from, const KafkaOptions& options, TopicWatch& topic,
                Clock& clock, telemetry::Logger& logger)
        : partition_(partition),
          next_(from),
          options_(options),
          topic_(topic),
          clock_(clock),
          logger_(logger) {}

    // What passes by itself (brokers away, leaders that move) is no error: the batch is empty and
    // does not claim the end. Conflict: the topic is another one now. Corrupt: a record that the
    // brokers cannot give back whole.
    Result<Batch> next(const ReadOptions& options, std::stop_token stop) override;

private:
    Result<void> start();
    // A moment before the end was asked for; nothing while nobody answers.
    Result<std::optional<Moment>> ask_for_end();
    Result<void> take_some(Batch& batch, const ReadOptions& options,
                           std::chrono::milliseconds wait);
    Result<void> fetch(std::chrono::milliseconds wait);
    Result<void> look_at(Message message);
    StoredRecord take(const Message& message);
    Offset last_known_end() const;
    std::string place() const;

    const PartitionId partition_;
    Offset next_;
    const KafkaOptions options_;
    TopicWatch& topic_;
    Clock& clock_;
    telemetry::Logger& logger_;
    Client client_;
    Queue queue_;
    std::deque<Message> fetched_;  // in order, the first is at or above next_
    Offset end_;                   // as last asked
    int64_t bytes_ = 0;            // of the batch being filled
    Moment append_time_{};         // of the newest record, never falling
};

}  // namespace clickmill::event_log::kafka
