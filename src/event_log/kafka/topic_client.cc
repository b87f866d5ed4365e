#include "event_log/kafka/topic_client.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace clickmill::event_log::kafka {
namespace {

using AdminOptions =
    std::unique_ptr<rd_kafka_AdminOptions_t, Destroy<rd_kafka_AdminOptions_destroy>>;
using Names =
    std::unique_ptr<rd_kafka_TopicCollection_t, Destroy<rd_kafka_TopicCollection_destroy>>;
using Resource =
    std::unique_ptr<rd_kafka_ConfigResource_t, Destroy<rd_kafka_ConfigResource_destroy>>;
using NewTopic = std::unique_ptr<rd_kafka_NewTopic_t, Destroy<rd_kafka_NewTopic_destroy>>;

AdminOptions admin_options(rd_kafka_t* client, rd_kafka_admin_op_t operation, int timeout_ms) {
    AdminOptions options(rd_kafka_AdminOptions_new(client, operation));
    rd_kafka_AdminOptions_set_request_timeout(options.get(), timeout_ms, nullptr, 0);
    return options;
}

TopicDescription description_of(const rd_kafka_TopicDescription_t* topic) {
    TopicDescription description;
    description.id = rd_kafka_Uuid_base64str(rd_kafka_TopicDescription_topic_id(topic));
    size_t count = 0;
    const auto** partitions = rd_kafka_TopicDescription_partitions(topic, &count);
    description.partition_count = static_cast<int32_t>(count);
    for (size_t i = 0; i < count; ++i) {
        size_t replicas = 0;
        size_t in_sync = 0;
        rd_kafka_TopicPartitionInfo_replicas(partitions[i], &replicas);
        rd_kafka_TopicPartitionInfo_isr(partitions[i], &in_sync);
        if (!rd_kafka_TopicPartitionInfo_leader(partitions[i])) {
            description.without_leader.push_back(
                rd_kafka_TopicPartitionInfo_partition(partitions[i]));
        }
        const auto least = [i](int32_t so_far, size_t found) {
            return i == 0 ? static_cast<int32_t>(found)
                          : std::min(so_far, static_cast<int32_t>(found));
        };
        description.replication = least(description.replication, replicas);
        description.in_sync = least(description.in_sync, in_sync);
    }
    return description;
}

}  // namespace

Result<std::unique_ptr<TopicClient>> TopicClient::make(const KafkaOptions& options,
                                                       telemetry::Logger& logger) {
    ASSIGN_OR_RETURN(Client client,
                     make_client(RD_KAFKA_PRODUCER, options, {}, logger, RD_KAFKA_EVENT_ERROR));
    return std::unique_ptr<TopicClient>(new TopicClient(options, std::move(client)));
}

Result<Event> TopicClient::answer_of(rd_kafka_queue_t* queue, const char* what, int timeout_ms) {
    {
        const std::lock_guard lock(mutex_);
        take_errors();
        last_error_ = RD_KAFKA_RESP_ERR_NO_ERROR;  // those were before the question
    }
    Event event(rd_kafka_queue_poll(queue, 2 * timeout_ms));
    if (!event) {
        return fail(ErrorCode::Unavailable, what, options_.topic,
                    cause(fmt::format("no answer from {}", options_.brokers).c_str()));
    }
    if (const auto code = rd_kafka_event_error(event.get())) {
        return std::unexpected(
            error_of(code, what, options_.topic, cause(rd_kafka_event_error_string(event.get()))));
    }
    return event;
}

std::string TopicClient::cause(const char* failure) {
    const std::lock_guard lock(mutex_);
    take_errors();
    if (last_error_ == RD_KAFKA_RESP_ERR_NO_ERROR) return failure;
    return fmt::format("{}; {}", last_error_text_, failure);
}

// A refusal stands until the next question: that the broker is away then says less.
void TopicClient::take_errors() {
    const Queue queue(rd_kafka_queue_get_main(client_.get()));
    while (const Event event{rd_kafka_queue_poll(queue.get(), 0)}) {
        if (rd_kafka_event_type(event.get()) != RD_KAFKA_EVENT_ERROR) continue;
        const auto code = rd_kafka_event_error(event.get());
        const bool is_refusal =
            code == RD_KAFKA_RESP_ERR__AUTHENTICATION || code == RD_KAFKA_RESP_ERR__SSL;
        if (!is_refusal && last_error_ != RD_KAFKA_RESP_ERR_NO_ERROR) continue;
        last_error_ = code;
        last_error_text_ = rd_kafka_event_error_string(event.get());
    }
}

bool TopicClient::is_refused() {
    const std::lock_guard lock(mutex_);
    take_errors();
    return last_error_ == RD_KAFKA_RESP_ERR__AUTHENTICATION ||
           last_error_ == RD_KAFKA_RESP_ERR__SSL;
}

Result<TopicDescription> TopicClient::describe(std::chrono::milliseconds timeout) {
    const int wait_ms = static_cast<int>(timeout.count());
    constexpr auto kWhat = "cannot look at the topic";
    std::array<const char*, 1> names = {options_.topic.c_str()};
    const Names wanted(rd_kafka_TopicCollection_of_topic_names(names.data(), names.size()));
    const Queue queue(rd_kafka_queue_new(client_.get()));
    const auto options = admin_options(client_.get(), RD_KAFKA_ADMIN_OP_DESCRIBETOPICS, wait_ms);
    rd_kafka_DescribeTopics(client_.get(), wanted.get(), options.get(), queue.get());
    ASSIGN_OR_RETURN(const Event event, answer_of(queue.get(), kWhat, wait_ms));
    size_t count = 0;
    const auto** topics = rd_kafka_DescribeTopics_result_topics(
        rd_kafka_event_DescribeTopics_result(event.get()), &count);
    if (count != 1) return fail(ErrorCode::Unavailable, kWhat, options_.topic, "an empty answer");
    const rd_kafka_error_t* error = rd_kafka_TopicDescription_error(topics[0]);
    if (rd_kafka_error_code(error) == RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART) {
        return fail(ErrorCode::NotFound, kWhat, options_.topic,
                    "there is none; 'clickmill topics create' makes it");
    }
    if (const auto code = rd_kafka_error_code(error)) {
        return std::unexpected(error_of(code, kWhat, options_.topic, rd_kafka_error_string(error)));
    }
    return description_of(topics[0]);
}

Result<Range> TopicClient::range(PartitionId partition) {
    int64_t low = 0;
    int64_t high = 0;
    const auto code = rd_kafka_query_watermark_offsets(client_.get(), options_.topic.c_str(),
                                                       partition.value, &low, &high, timeout_ms());
    if (code != RD_KAFKA_RESP_ERR_NO_ERROR) {
        return std::unexpected(error_of(code, "cannot ask for the end of the event log",
                                        fmt::format("{}[{}]", options_.topic, partition.value)));
    }
    return Range{Offset{low}, Offset{high}};
}

Result<std::map<std::string, std::string>> TopicClient::settings() {
    constexpr auto kWhat = "cannot read the topic's settings";
    const Resource resource(
        rd_kafka_ConfigResource_new(RD_KAFKA_RESOURCE_TOPIC, options_.topic.c_str()));
    std::array<rd_kafka_ConfigResource_t*, 1> resources = {resource.get()};
    const Queue queue(rd_kafka_queue_new(client_.get()));
    const auto options =
        admin_options(client_.get(), RD_KAFKA_ADMIN_OP_DESCRIBECONFIGS, timeout_ms());
    rd_kafka_DescribeConfigs(client_.get(), resources.data(), resources.size(), options.get(),
                             queue.get());
    ASSIGN_OR_RETURN(const Event event, answer_of(queue.get(), kWhat, timeout_ms()));
    size_t count = 0;
    const auto** described = rd_kafka_DescribeConfigs_result_resources(
        rd_kafka_event_DescribeConfigs_result(event.get()), &count);
    if (count != 1) return fail(ErrorCode::Unavailable, kWhat, options_.topic, "an empty answer");
    if (const auto code = rd_kafka_ConfigResource_error(described[0])) {
        const char* why = rd_kafka_ConfigResource_error_string(described[0]);
        return std::unexpected(error_of(code, kWhat, options_.topic, why ? why : ""));
    }
    const auto** entries = rd_kafka_ConfigResource_configs(described[0], &count);
    std::map<std::string, std::string> settings;
    for (size_t i = 0; i < count; ++i) {
        const char* value = rd_kafka_ConfigEntry_value(entries[i]);
        settings[rd_kafka_ConfigEntry_name(entries[i])] = value ? value : "";
    }
    return settings;
}

Result<void> TopicClient::create(int32_t partitions, int32_t replication,
                                 const std::map<std::string, std::string>& settings) {
    constexpr auto kWhat = "cannot make the topic";
    std::array<char, 512> reason{};
    const NewTopic topic(rd_kafka_NewTopic_new(options_.topic.c_str(), partitions, replication,
                                               reason.data(), reason.size()));
    if (!topic) return fail(ErrorCode::InvalidInput, kWhat, options_.topic, reason.data());
    for (const auto& [name, value] : settings) {
        rd_kafka_NewTopic_set_config(topic.get(), name.c_str(), value.c_str());
    }
    std::array<rd_kafka_NewTopic_t*, 1> topics = {topic.get()};
    const Queue queue(rd_kafka_queue_new(client_.get()));
    const auto options = admin_options(client_.get(), RD_KAFKA_ADMIN_OP_CREATETOPICS, timeout_ms());
    rd_kafka_CreateTopics(client_.get(), topics.data(), topics.size(), options.get(), queue.get());
    ASSIGN_OR_RETURN(const Event event, answer_of(queue.get(), kWhat, timeout_ms()));
    size_t count = 0;
    const auto** results = rd_kafka_CreateTopics_result_topics(
        rd_kafka_event_CreateTopics_result(event.get()), &count);
    if (count != 1) return fail(ErrorCode::Unavailable, kWhat, options_.topic, "an empty answer");
    if (const auto code = rd_kafka_topic_result_error(results[0])) {
        const char* why = rd_kafka_topic_result_error_string(results[0]);
        return std::unexpected(error_of(code, kWhat, options_.topic, why ? why : ""));
    }
    return {};
}

}  // namespace clickmill::event_log::kafka
