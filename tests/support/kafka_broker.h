// A real Kafka cluster for tests of C++: topics of its own, and what only an administrator can do
// to them. tests/kafka/contract_test.py starts brokers 1 to 3, stops the third, and says in
// CLICKMILL_TEST_KAFKA (host:port,...) where the others are.
#pragma once

#include "event_log/kafka/client.h"

#include <map>
#include <memory>
#include <optional>
#include <string>

namespace clickmill::tests {

// Where the broker for tests is; nothing: there is none, and what needs it is left out.
std::optional<std::string> kafka_for_tests();

// A name that no other topic has.
std::string new_topic_name(const std::string& what);

// A topic while a test has it. Failures fail the test.
class TestTopic {
public:
    TestTopic(const std::string& brokers, const std::string& name, int32_t partitions);

    const std::string& name() const { return options_.topic; }
    // No append succeeds until release(): the topic wants its replica on the dead broker in sync.
    void hold();
    void release();
    void delete_records(int32_t partition, int64_t before);
    void delete_topic();
    void create(int32_t partitions);

private:
    void set_up(int32_t partitions, std::span<const int32_t> brokers);
    void set(const std::string& setting, const std::string& value);
    bool is_held();
    bool is_known_to(int32_t broker);

    event_log::KafkaOptions options_;
    std::unique_ptr<telemetry::Logger> logger_;
    event_log::kafka::Client client_;
    event_log::kafka::Client prober_;
};

}  // namespace clickmill::tests
