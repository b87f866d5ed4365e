// What the brokers say about our topic: its identity, its partitions and where they begin and end;
// and its making. Questions block for at most options.request_timeout.
#pragma once

#include "base/types.h"
#include "event_log/kafka/client.h"

#include <cstdint>
#include <map>
#include <mutex>
#include <string>
#include <vector>

namespace clickmill::event_log::kafka {

struct TopicDescription {
    std::string id;  // of this very topic: one made again under the same name has another
    int32_t partition_count = 0;
    int32_t replication = 0;              // the least over the partitions
    int32_t in_sync = 0;                  // replicas, the least over the partitions
    std::vector<int32_t> without_leader;  // partitions that nobody leads at the moment
};

struct Range {
    Offset first;
    Offset end;
};

// Any thread.
class TopicClient {
public:
    static Result<std::unique_ptr<TopicClient>> make(const KafkaOptions& options,
                                                     telemetry::Logger& logger);

    // NotFound: there is no such topic. Unavailable: nobody answered within `timeout`, or the
    // brokers do not let us in.
    Result<TopicDescription> describe(std::chrono::milliseconds timeout);
    // Whether the brokers refused our name, password or certificate when last asked.
    bool is_refused();
    Result<Range> range(PartitionId partition);
    // The topic's settings by name ("retention.ms").
    Result<std::map<std::string, std::string>> settings();
    // Conflict: it is there already.
    Result<void> create(int32_t partitions, int32_t replication,
                        const std::map<std::string, std::string>& settings);

private:
    TopicClient(const KafkaOptions& options, Client client)
        : options_(options), client_(std::move(client)) {}
    int timeout_ms() const { return static_cast<int>(options_.request_timeout.count()); }
    Result<Event> answer_of(rd_kafka_queue_t* queue, const char* what, int timeout_ms);
    // Why a question failed: what the connections to the brokers met with, where that says more.
    std::string cause(const char* failure);
    void take_errors();

    const KafkaOptions options_;
    const Client client_;
    std::mutex mutex_;  // guards what follows
    rd_kafka_resp_err_t last_error_ = RD_KAFKA_RESP_ERR_NO_ERROR;
    std::string last_error_text_;
};

}  // namespace clickmill::event_log::kafka
