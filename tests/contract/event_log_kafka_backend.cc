#include "tests/contract/event_log_kafka_backend.h"

#include "event_log/kafka/kafka_event_log.h"
#include "tests/support/kafka_broker.h"

namespace clickmill::event_log {
namespace {

class KafkaUnderTest final : public LogUnderTest {
public:
    explicit KafkaUnderTest(const BackendOptions& options)
        : topic_(*tests::kafka_for_tests(), tests::new_topic_name("contract"), 1),
          logger_(telemetry::make_silent_logger()) {
        Result<std::unique_ptr<KafkaEventLog>> opened =
            KafkaEventLog::open({.brokers = *tests::kafka_for_tests(),
                                 .topic = topic_.name(),
                                 .max_queue_bytes = options.max_queue_bytes,
                                 .events_per_record = 1'000,
                                 .delivery_timeout = std::chrono::seconds(4)},
                                KafkaUse::ReadAndAppend, clock_, *logger_);
        EXPECT_TRUE(opened) << opened.error().message();
        log_ = *std::move(opened);
    }

    EventLog& log() override { return *log_; }
    void hold_sync() override { topic_.hold(); }
    void release_sync() override { topic_.release(); }
    void trim(Offset offset) override { topic_.delete_records(0, offset.value); }
    void fail_appends() override { topic_.hold(); }
    void heal() override { topic_.release(); }
    void close() override { log_.reset(); }

private:
    tests::TestTopic topic_;
    SystemClock clock_;
    std::unique_ptr<telemetry::Logger> logger_;
    std::unique_ptr<EventLog> log_;
};

}  // namespace

std::vector<Backend> kafka_backends() {
    if (!tests::kafka_for_tests()) return {};
    return {{.name = "Kafka",
             .make = [](const BackendOptions& options,
                        Clock&) { return std::make_unique<KafkaUnderTest>(options); },
             .knows_totals = false,
             .starts_anywhere = false,
             .has_own_clock = true}};
}

}  // namespace clickmill::event_log
