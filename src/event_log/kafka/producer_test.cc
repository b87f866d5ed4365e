#include "event_log/kafka/producer.h"

#include <gtest/gtest.h>

#include <chrono>
#include <future>
#include <librdkafka/rdkafka_mock.h>

namespace clickmill::event_log::kafka {
namespace {

using Cluster = std::unique_ptr<rd_kafka_mock_cluster_t, Destroy<rd_kafka_mock_cluster_destroy>>;

constexpr int16_t kProduce = 0;          // Kafka's numbers of its requests
constexpr int16_t kInitProducerId = 22;  // before the first record of an idempotent producer

// A producer on librdkafka's mock broker, which answers with the errors that a test wants.
class ProducerOnMock : public testing::Test {
protected:
    ProducerOnMock() : logger_(telemetry::make_silent_logger()) {
        owner_.reset(rd_kafka_new(RD_KAFKA_PRODUCER, rd_kafka_conf_new(), nullptr, 0));
        cluster_.reset(rd_kafka_mock_cluster_new(owner_.get(), 1));
        rd_kafka_mock_topic_create(cluster_.get(), "clicks", 2, 1);
        options_.brokers = rd_kafka_mock_cluster_bootstraps(cluster_.get());
        options_.topic = "clicks";
        options_.delivery_timeout = std::chrono::seconds(5);
    }

    void open() {
        auto made = Producer::make(options_, writability_, *logger_);
        ASSERT_TRUE(made) << made.error().message();
        producer_ = *std::move(made);
    }
    std::future<Result<Offset>> send(const std::string& payload, int32_t partition = 0) {
        auto promise = std::make_shared<std::promise<Result<Offset>>>();
        auto answer = promise->get_future();
        producer_->append(PartitionId{partition}, {.payload = payload, .event_count = 1},
                          [promise](Result<Offset> result) { promise->set_value(result); });
        return answer;
    }
    // The producer may need a moment before it takes records again.
    void send_until_stored() {
        const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(20);
        while (!send("click\n").get()) ASSERT_LT(std::chrono::steady_clock::now(), deadline);
    }
    void answer_with(int16_t request, rd_kafka_resp_err_t error, int times) {
        for (int i = 0; i < times; ++i) {
            rd_kafka_mock_push_request_errors(cluster_.get(), request, 1, error);
        }
    }

    std::unique_ptr<telemetry::Logger> logger_;
    Client owner_;
    Cluster cluster_;
    KafkaOptions options_;
    Writability writability_;
    std::unique_ptr<Producer> producer_;
};

TEST_F(ProducerOnMock, MakesARecordOfEachLineAndAnswersWithTheFirst) {
    open();
    EXPECT_EQ(send("1\n2\n3\n").get().value_or(Offset{-1}), Offset{0});
    EXPECT_EQ(send("4\n").get().value_or(Offset{-1}), Offset{3});
}

TEST_F(ProducerOnMock, PacksLinesWhenItMay) {
    options_.events_per_record = 500;
    open();
    EXPECT_EQ(send("1\n2\n3\n").get().value_or(Offset{-1}), Offset{0});
    EXPECT_EQ(send("4\n").get().value_or(Offset{-1}), Offset{1});
}

TEST_F(ProducerOnMock, SendsAgainWhatTooFewReplicasRefused) {
    open();
    answer_with(kProduce, RD_KAFKA_RESP_ERR_NOT_ENOUGH_REPLICAS, 2);

    EXPECT_EQ(send("click\n").get().value_or(Offset{-1}), Offset{0});
    EXPECT_TRUE(writability_.state());
}

TEST_F(ProducerOnMock, SaysWhyWhenATopicMayNotBeWrittenAndIsWellAfterTheNextSuccess) {
    open();
    answer_with(kProduce, RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED, 1);

    const Result<Offset> refused = send("click\n").get();

    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, ErrorCode::Unavailable);
    EXPECT_FALSE(writability_.state());
    send_until_stored();
    EXPECT_TRUE(writability_.state());
}

TEST_F(ProducerOnMock, FailsAnAppendOfWhichOneRecordFailed) {
    open();
    ASSERT_TRUE(send("first\n").get());
    answer_with(kProduce, RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED, 1);

    EXPECT_FALSE(send("1\n2\n3\n").get());
    EXPECT_EQ(producer_->waiting_bytes(), 0);
}

TEST_F(ProducerOnMock, GoesOnWithANewProducerAfterAFatalError) {
    answer_with(kInitProducerId, RD_KAFKA_RESP_ERR_CLUSTER_AUTHORIZATION_FAILED, 1);
    open();

    EXPECT_FALSE(send("lost on the way\n").get());

    send_until_stored();
    EXPECT_GE(producer_->rebuilds(), 1);
    EXPECT_TRUE(writability_.state());
}

TEST_F(ProducerOnMock, RefusesMoreThanItsQueueWhileNothingIsTaken) {
    options_.max_queue_bytes = 10;
    open();
    answer_with(kProduce, RD_KAFKA_RESP_ERR_NOT_ENOUGH_REPLICAS, 3);
    std::future<Result<Offset>> waiting = send("12345678\n");

    const Result<Offset> refused = send("12345678\n").get();

    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, ErrorCode::TooMuch);
    EXPECT_TRUE(waiting.get());
}

TEST_F(ProducerOnMock, AnswersEverythingWhenItEnds) {
    options_.stop_timeout = std::chrono::milliseconds(0);
    open();
    answer_with(kProduce, RD_KAFKA_RESP_ERR_NOT_ENOUGH_REPLICAS, 100);
    std::future<Result<Offset>> waiting = send("click\n");

    producer_.reset();

    EXPECT_FALSE(waiting.get());
}

}  // namespace
}  // namespace clickmill::event_log::kafka
