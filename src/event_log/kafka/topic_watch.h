// Keeps an eye on the topic: whether it is still the one that was opened, and whether its brokers
// can take records now.
#pragma once

#include "event_log/kafka/topic_client.h"
#include "event_log/kafka/writability.h"

#include <condition_variable>
#include <mutex>
#include <stop_token>
#include <thread>

namespace clickmill::event_log::kafka {

// Any thread.
class TopicWatch {
public:
    // Waits for the brokers up to options.start_timeout. NotFound: there is no such topic.
    static Result<std::unique_ptr<TopicWatch>> open(const KafkaOptions& options,
                                                    telemetry::Logger& logger);

    const TopicDescription& opened() const { return opened_; }
    // Conflict: the topic was made again, or has another number of partitions. NotFound: it is
    // gone.
    Result<void> check() const;
    // Unavailable: the last look found nobody; nothing is worth a wait then.
    Result<void> is_reachable() const;
    Result<Range> range(PartitionId partition) { return client_->range(partition); }

    // Looks every options.watch_interval from now on: whether the topic is the same, and has a
    // leader and enough replicas in sync for every partition.
    void start(Writability& writability);

private:
    TopicWatch(const KafkaOptions& options, std::unique_ptr<TopicClient> client,
               TopicDescription opened)
        : options_(options), client_(std::move(client)), opened_(std::move(opened)) {}
    void look(Writability& writability);
    Result<void> identity_of(const TopicDescription& found) const;
    Result<void> writability_of(const TopicDescription& found) const;

    const KafkaOptions options_;
    const std::unique_ptr<TopicClient> client_;
    const TopicDescription opened_;
    mutable std::mutex mutex_;  // guards what follows
    std::condition_variable_any changed_;
    Result<void> identity_;
    Result<void> reachability_;
    bool was_gone_ = false;  // at the last look
    std::jthread thread_;
};

}  // namespace clickmill::event_log::kafka
