#include "event_log/kafka/kafka_event_log.h"

#include "event_log/kafka/group.h"
#include "event_log/kafka/kafka_reader.h"
#include "event_log/kafka/producer.h"
#include "event_log/kafka/topic_watch.h"

#include <fmt/format.h>

namespace clickmill::event_log {
namespace {

using kafka::Group;
using kafka::KafkaReader;
using kafka::Producer;
using kafka::Range;
using kafka::TopicWatch;

class OpenKafkaEventLog final : public KafkaEventLog {
public:
    OpenKafkaEventLog(KafkaOptions options, std::unique_ptr<TopicWatch> topic, Clock& clock,
                      telemetry::Logger& logger)
        : options_(std::move(options)), clock_(clock), logger_(logger), topic_(std::move(topic)) {}

    Result<void> start(KafkaUse use) {
        topic_->start(writability_);
        if (use == KafkaUse::ReadOnly) return {};
        ASSIGN_OR_RETURN(producer_, Producer::make(options_, writability_, logger_));
        return {};
    }

    void append(PartitionId partition, Record record, AppendDone done) override {
        if (!producer_) {
            return done(fail(ErrorCode::Unavailable, "cannot append record", options_.topic,
                             "this process only reads"));
        }
        if (Result<void> checked = check(partition, record); !checked) {
            return producer_->refuse(std::move(done), std::move(checked).error());
        }
        producer_->append(partition, record, std::move(done));
    }

    int32_t partition_count() const override { return topic_->opened().partition_count; }

    Result<PartitionState> state(PartitionId partition) override {
        RETURN_IF_ERROR(check(partition));
        RETURN_IF_ERROR(topic_->check());
        RETURN_IF_ERROR(topic_->is_reachable());
        ASSIGN_OR_RETURN(const Range range, topic_->range(partition));
        return PartitionState{
            .log_id = topic_->opened().id, .first = range.first, .end = range.end};
    }

    Result<std::unique_ptr<Reader>> read(PartitionId partition, Offset from) override {
        ASSIGN_OR_RETURN(const PartitionState found, state(partition));
        const std::string where =
            fmt::format("{}[{}] at offset {}", options_.topic, partition.value, from.value);
        if (from < found.first) {
            return fail(
                ErrorCode::NotFound, "cannot read event log", where,
                fmt::format("retention has passed it; the oldest record is {}", found.first.value));
        }
        if (from > found.end) {
            return fail(ErrorCode::Conflict, "cannot read event log", where,
                        fmt::format("the log ends at {}; the position belongs to another log",
                                    found.end.value));
        }
        return std::make_unique<KafkaReader>(partition, from, options_, *topic_, clock_, logger_);
    }

    Result<std::unique_ptr<Assignment>> join() override { return group_.join(); }

    // Kafka's own retention deletes, whatever has been folded: it is set well above the lag.
    void allow_deletion(PartitionId, ReaderRole, Offset) override {}

    void note_counted(PartitionId partition, Offset through) override {
        group_.note(partition, through);
    }

    Result<void> health() override {
        RETURN_IF_ERROR(topic_->check());
        return writability_.state();
    }

private:
    Result<void> check(PartitionId partition) const {
        if (partition.value >= 0 && partition.value < partition_count()) return {};
        return fail(ErrorCode::InvalidInput, "no such partition",
                    fmt::format("{}[{}]", options_.topic, partition.value),
                    fmt::format("the topic has {}", partition_count()));
    }

    Result<void> check(PartitionId partition, const Record& record) const {
        RETURN_IF_ERROR(check(partition));
        const auto bytes = static_cast<int64_t>(record.payload.size());
        if (record.event_count < 1 || record.payload.empty()) {
            return fail(ErrorCode::InvalidInput, "cannot append record", options_.topic,
                        "it has no event");
        }
        if (bytes > kMaxRecordBytes) {
            return fail(ErrorCode::TooMuch, "cannot append record", options_.topic,
                        fmt::format("{} bytes, at most {}", bytes, kMaxRecordBytes));
        }
        // Placement stands on the number of partitions, and positions on the topic's identity.
        if (const Result<void> same = topic_->check(); !same) {
            return fail(ErrorCode::Unavailable, "cannot append record", options_.topic,
                        same.error().message());
        }
        return {};
    }

    const KafkaOptions options_;
    Clock& clock_;
    telemetry::Logger& logger_;
    kafka::Writability writability_;
    const std::unique_ptr<TopicWatch> topic_;
    Group group_{options_, clock_, logger_};
    std::unique_ptr<Producer> producer_;
};

}  // namespace

Result<std::unique_ptr<KafkaEventLog>> KafkaEventLog::open(KafkaOptions options, KafkaUse use,
                                                           Clock& clock,
                                                           telemetry::Logger& logger) {
    ASSIGN_OR_RETURN(auto topic, TopicWatch::open(options, logger));
    auto log =
        std::make_unique<OpenKafkaEventLog>(std::move(options), std::move(topic), clock, logger);
    RETURN_IF_ERROR(log->start(use));
    return log;
}

}  // namespace clickmill::event_log
