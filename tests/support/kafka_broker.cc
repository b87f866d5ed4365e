#include "tests/support/kafka_broker.h"

#include "base/hash.h"
#include "event_log/event_log.h"

#include <gtest/gtest.h>

#include <array>
#include <chrono>
#include <cstdlib>
#include <thread>

namespace clickmill::tests {
namespace {

using namespace event_log;
using namespace event_log::kafka;

using Resource =
    std::unique_ptr<rd_kafka_ConfigResource_t, Destroy<rd_kafka_ConfigResource_destroy>>;
using Deletion = std::unique_ptr<rd_kafka_DeleteRecords_t, Destroy<rd_kafka_DeleteRecords_destroy>>;
using NewTopic = std::unique_ptr<rd_kafka_NewTopic_t, Destroy<rd_kafka_NewTopic_destroy>>;
using AdminOptions =
    std::unique_ptr<rd_kafka_AdminOptions_t, Destroy<rd_kafka_AdminOptions_destroy>>;
using TopicDeletion =
    std::unique_ptr<rd_kafka_DeleteTopic_t, Destroy<rd_kafka_DeleteTopic_destroy>>;

constexpr int32_t kDeadBroker = 3;
constexpr int kTimeoutMs = 20'000;
constexpr size_t kTopicLimit = 5 << 20;

Event answer_of(rd_kafka_queue_t* queue) {
    Event event(rd_kafka_queue_poll(queue, kTimeoutMs));
    EXPECT_TRUE(event);
    EXPECT_EQ(rd_kafka_event_error(event.get()), RD_KAFKA_RESP_ERR_NO_ERROR)
        << rd_kafka_event_error_string(event.get());
    return event;
}

Client must(Result<Client> client) {
    EXPECT_TRUE(client) << client.error().message();
    return *std::move(client);
}

// Sends one record and says what became of it.
rd_kafka_resp_err_t send(rd_kafka_t* client, const std::string& topic, int32_t partition,
                         const std::string& value) {
    const Queue queue(rd_kafka_queue_get_main(client));
    const Topic handle(rd_kafka_topic_new(client, topic.c_str(), nullptr));
    if (rd_kafka_produce(handle.get(), partition, RD_KAFKA_MSG_F_COPY,
                         const_cast<char*>(value.data()), value.size(), nullptr, 0, nullptr) != 0) {
        return rd_kafka_last_error();
    }
    while (true) {
        const Event event(rd_kafka_queue_poll(queue.get(), kTimeoutMs));
        if (!event) return RD_KAFKA_RESP_ERR__TIMED_OUT;
        if (rd_kafka_event_type(event.get()) != RD_KAFKA_EVENT_DR) continue;
        return rd_kafka_event_message_next(event.get())->err;
    }
}

}  // namespace

std::optional<std::string> kafka_for_tests() {
    const char* brokers = std::getenv("CLICKMILL_TEST_KAFKA");
    if (!brokers || !*brokers) return std::nullopt;
    return brokers;
}

std::string new_topic_name(const std::string& what) {
    return what + "-" + random_token(6);
}

TestTopic::TestTopic(const std::string& brokers, const std::string& name, int32_t partitions)
    : logger_(telemetry::make_silent_logger()) {
    options_.brokers = brokers;
    options_.topic = name;
    client_ = must(make_client(RD_KAFKA_PRODUCER, options_, {}, *logger_, RD_KAFKA_EVENT_DR));
    const std::array<std::pair<std::string_view, std::string>, 3> once = {
        {{"retries", "0"}, {"message.max.bytes", "20000000"}, {"linger.ms", "0"}}};
    prober_ = must(make_client(RD_KAFKA_PRODUCER, options_, once, *logger_, RD_KAFKA_EVENT_DR));
    create(partitions);
}

void TestTopic::create(int32_t partitions) {
    const NewTopic topic(rd_kafka_NewTopic_new(options_.topic.c_str(), partitions, -1, nullptr, 0));
    std::array<int32_t, 2> replicas = {1, kDeadBroker};
    for (int32_t i = 0; i < partitions; ++i) {
        rd_kafka_NewTopic_set_replica_assignment(topic.get(), i, replicas.data(), replicas.size(),
                                                 nullptr, 0);
    }
    const std::string limit = std::to_string(kTopicLimit);
    rd_kafka_NewTopic_set_config(topic.get(), "message.timestamp.type", "LogAppendTime");
    rd_kafka_NewTopic_set_config(topic.get(), "max.message.bytes", limit.c_str());
    std::array<rd_kafka_NewTopic_t*, 1> topics = {topic.get()};
    const Queue queue(rd_kafka_queue_new(client_.get()));
    rd_kafka_CreateTopics(client_.get(), topics.data(), 1, nullptr, queue.get());
    const Event event = answer_of(queue.get());
    size_t count = 0;
    const auto** results = rd_kafka_CreateTopics_result_topics(
        rd_kafka_event_CreateTopics_result(event.get()), &count);
    ASSERT_EQ(count, 1U);
    // The client asks again when an answer is late; nobody else makes a topic of this name.
    const auto error = rd_kafka_topic_result_error(results[0]);
    EXPECT_TRUE(error == RD_KAFKA_RESP_ERR_NO_ERROR ||
                error == RD_KAFKA_RESP_ERR_TOPIC_ALREADY_EXISTS)
        << rd_kafka_topic_result_error_string(results[0]);
    for (const int32_t broker : {1, 2}) {
        while (!is_known_to(broker) && !testing::Test::HasFailure()) std::this_thread::yield();
    }
}

// Each broker learns of it at its own time.
bool TestTopic::is_known_to(int32_t broker) {
    const Resource resource(
        rd_kafka_ConfigResource_new(RD_KAFKA_RESOURCE_TOPIC, options_.topic.c_str()));
    std::array<rd_kafka_ConfigResource_t*, 1> resources = {resource.get()};
    const Queue queue(rd_kafka_queue_new(client_.get()));
    const AdminOptions to(
        rd_kafka_AdminOptions_new(client_.get(), RD_KAFKA_ADMIN_OP_DESCRIBECONFIGS));
    rd_kafka_AdminOptions_set_broker(to.get(), broker, nullptr, 0);
    rd_kafka_DescribeConfigs(client_.get(), resources.data(), 1, to.get(), queue.get());
    const Event event = answer_of(queue.get());
    size_t count = 0;
    const auto** described = rd_kafka_DescribeConfigs_result_resources(
        rd_kafka_event_DescribeConfigs_result(event.get()), &count);
    return rd_kafka_ConfigResource_error(described[0]) == RD_KAFKA_RESP_ERR_NO_ERROR;
}

void TestTopic::set(const std::string& setting, const std::string& value) {
    const Resource resource(
        rd_kafka_ConfigResource_new(RD_KAFKA_RESOURCE_TOPIC, options_.topic.c_str()));
    rd_kafka_error_destroy(rd_kafka_ConfigResource_add_incremental_config(
        resource.get(), setting.c_str(), RD_KAFKA_ALTER_CONFIG_OP_TYPE_SET, value.c_str()));
    std::array<rd_kafka_ConfigResource_t*, 1> resources = {resource.get()};
    const Queue queue(rd_kafka_queue_new(client_.get()));
    rd_kafka_IncrementalAlterConfigs(client_.get(), resources.data(), 1, nullptr, queue.get());
    answer_of(queue.get());
}

// The broker asks for replicas before it looks at the size: a record that is too large for the
// topic is never stored, and its error tells which of the two holds.
bool TestTopic::is_held() {
    const auto error =
        send(prober_.get(), options_.topic, 0, std::string(kTopicLimit + (1 << 20), '\0'));
    EXPECT_TRUE(error == RD_KAFKA_RESP_ERR_NOT_ENOUGH_REPLICAS ||
                error == RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE)
        << rd_kafka_err2name(error);
    return error == RD_KAFKA_RESP_ERR_NOT_ENOUGH_REPLICAS;
}

void TestTopic::hold() {
    set("min.insync.replicas", "2");
    while (!is_held() && !testing::Test::HasFailure()) std::this_thread::yield();
}

void TestTopic::release() {
    set("min.insync.replicas", "1");
    while (is_held() && !testing::Test::HasFailure()) std::this_thread::yield();
}

void TestTopic::delete_records(int32_t partition, int64_t before) {
    const Partitions offsets(rd_kafka_topic_partition_list_new(1));
    rd_kafka_topic_partition_list_add(offsets.get(), options_.topic.c_str(), partition)->offset =
        before;
    const Deletion deletion(rd_kafka_DeleteRecords_new(offsets.get()));
    std::array<rd_kafka_DeleteRecords_t*, 1> deletions = {deletion.get()};
    const Queue queue(rd_kafka_queue_new(client_.get()));
    rd_kafka_DeleteRecords(client_.get(), deletions.data(), 1, nullptr, queue.get());
    answer_of(queue.get());
}

void TestTopic::delete_topic() {
    const TopicDeletion deletion(rd_kafka_DeleteTopic_new(options_.topic.c_str()));
    std::array<rd_kafka_DeleteTopic_t*, 1> deletions = {deletion.get()};
    const Queue queue(rd_kafka_queue_new(client_.get()));
    rd_kafka_DeleteTopics(client_.get(), deletions.data(), 1, nullptr, queue.get());
    answer_of(queue.get());
}

}  // namespace clickmill::tests
