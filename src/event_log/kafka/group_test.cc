#include "event_log/kafka/group.h"

#include <gmock/gmock.h>

#include <algorithm>
#include <chrono>
#include <librdkafka/rdkafka_mock.h>
#include <stop_token>

namespace clickmill::event_log::kafka {
namespace {

using Cluster = std::unique_ptr<rd_kafka_mock_cluster_t, Destroy<rd_kafka_mock_cluster_destroy>>;
using testing::HasSubstr;
using testing::IsSupersetOf;
using testing::UnorderedElementsAre;

constexpr int16_t kJoinGroup = 11;  // Kafka's number of the request

// Groups on librdkafka's mock broker; rebalances of real ones: tests/kafka/rebalance_test.py.
class GroupOnMock : public testing::Test {
protected:
    GroupOnMock() : logger_(telemetry::make_silent_logger()) {
        owner_.reset(rd_kafka_new(RD_KAFKA_PRODUCER, rd_kafka_conf_new(), nullptr, 0));
        cluster_.reset(rd_kafka_mock_cluster_new(owner_.get(), 1));
        rd_kafka_mock_topic_create(cluster_.get(), "clicks", 2, 1);
        rd_kafka_mock_group_initial_rebalance_delay_ms(cluster_.get(), 0);
        options_.brokers = rd_kafka_mock_cluster_bootstraps(cluster_.get());
        options_.topic = "clicks";
    }

    // The first change, or the first error.
    static Result<Assignment::Change> first_change(Assignment& assignment) {
        const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(30);
        for (;;) {
            auto change = assignment.next(std::chrono::milliseconds(100), {});
            const bool is_news = !change || !change->given.empty() || !change->taken.empty();
            if (is_news || std::chrono::steady_clock::now() > deadline) return change;
        }
    }
    // As another client sees it; RD_KAFKA_OFFSET_INVALID: none.
    int64_t committed(int32_t partition) {
        const std::array<std::pair<std::string_view, std::string>, 1> ours = {
            {{"group.id", options_.group}}};
        const auto client = make_client(RD_KAFKA_CONSUMER, options_, ours, *logger_);
        const Partitions asked(rd_kafka_topic_partition_list_new(1));
        rd_kafka_topic_partition_list_add(asked.get(), "clicks", partition);
        EXPECT_EQ(rd_kafka_committed(client->get(), asked.get(), 10'000),
                  RD_KAFKA_RESP_ERR_NO_ERROR);
        return asked->elems[0].offset;
    }

    std::unique_ptr<telemetry::Logger> logger_;
    Client owner_;
    Cluster cluster_;
    KafkaOptions options_;
    SystemClock clock_;
};

TEST_F(GroupOnMock, GivesEveryPartitionToItsOnlyMember) {
    Group group(options_, clock_, *logger_);
    auto assignment = group.join();
    ASSERT_TRUE(assignment) << assignment.error().message();
    const auto change = first_change(**assignment);
    ASSERT_TRUE(change) << change.error().message();
    EXPECT_THAT(change->given, UnorderedElementsAre(PartitionId{0}, PartitionId{1}));
    EXPECT_TRUE(change->taken.empty());

    group.note(PartitionId{1}, Offset{7});
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(30);
    while (committed(1) != 7) ASSERT_LT(std::chrono::steady_clock::now(), deadline);
    EXPECT_EQ(committed(0), RD_KAFKA_OFFSET_INVALID);

    assignment->reset();
    group.note(PartitionId{1}, Offset{8});  // nobody's any more
    EXPECT_EQ(committed(1), 7);
}

TEST_F(GroupOnMock, SharesWithAnotherMember) {
    options_.settings = {{"heartbeat.interval.ms", "50"}, {"session.timeout.ms", "3000"}};
    Group one(options_, clock_, *logger_);
    Group other(options_, clock_, *logger_);
    const auto first = *one.join();
    ASSERT_EQ(first_change(*first)->given.size(), 2U);
    const auto second = *other.join();
    std::vector<PartitionId> taken;
    std::vector<PartitionId> given;
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(60);
    while (given.empty()) {
        ASSERT_LT(std::chrono::steady_clock::now(), deadline);
        const auto change = *first->next(std::chrono::milliseconds(50), {});
        taken.insert(taken.end(), change.taken.begin(), change.taken.end());
        for (const PartitionId partition : change.taken) one.note(partition, Offset{3});
        given = second->next(std::chrono::milliseconds(50), {})->given;
    }
    EXPECT_THAT(taken, IsSupersetOf(given)) << "what one has let go of";

    // What it has let go of it tells nobody of any more.
    const PartitionId moved = given.front();
    const PartitionId kept{1 - moved.value};
    const auto wait_until_committed = [&](Group& group, PartitionId partition, int64_t offset) {
        while (committed(partition.value) != offset) {
            ASSERT_LT(std::chrono::steady_clock::now(), deadline);
            group.note(partition, Offset{offset});
            first->next(std::chrono::milliseconds(10), {});
            second->next(std::chrono::milliseconds(10), {});
        }
    };
    wait_until_committed(other, moved, 9);
    wait_until_committed(one, kept, 4);
    EXPECT_EQ(committed(moved.value), 9);
}

TEST_F(GroupOnMock, SaysWhenItMayNotJoin) {
    rd_kafka_mock_push_request_errors(
        cluster_.get(), kJoinGroup, 3, RD_KAFKA_RESP_ERR_GROUP_AUTHORIZATION_FAILED,
        RD_KAFKA_RESP_ERR_GROUP_AUTHORIZATION_FAILED, RD_KAFKA_RESP_ERR_GROUP_AUTHORIZATION_FAILED);
    options_.group = "not-ours";
    Group group(options_, clock_, *logger_);
    const auto assignment = *group.join();
    const auto change = first_change(*assignment);
    ASSERT_FALSE(change);
    EXPECT_EQ(change.error().code, ErrorCode::Unavailable);
    EXPECT_THAT(change.error().message(), HasSubstr("not-ours"));
}

TEST_F(GroupOnMock, RefusesSettingsThatAreOurs) {
    options_.settings = {{"group.id", "mine"}};
    const auto assignment = Group(options_, clock_, *logger_).join();
    ASSERT_FALSE(assignment);
    EXPECT_EQ(assignment.error().code, ErrorCode::InvalidInput);
}

TEST_F(GroupOnMock, WaitsNoLongerThanItIsToldTo) {
    Group group(options_, clock_, *logger_);
    const auto assignment = *group.join();
    first_change(*assignment);
    std::stop_source stop;
    stop.request_stop();
    const auto change = assignment->next(std::chrono::hours(1), stop.get_token());
    ASSERT_TRUE(change);
    EXPECT_TRUE(change->given.empty() && change->taken.empty());
}

}  // namespace
}  // namespace clickmill::event_log::kafka
