#include "event_log/kafka/kafka_reader.h"

#include "event_log/kafka/lines.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <thread>

namespace clickmill::event_log::kafka {
namespace {

constexpr size_t kPadding = 64;
constexpr std::chrono::milliseconds kSlice{50};        // between looks at the stop token
constexpr std::chrono::milliseconds kPatience{1'000};  // for records that are known to be there
constexpr size_t kFetchedAtOnce = 512;

std::chrono::milliseconds until(std::chrono::steady_clock::time_point deadline) {
    const auto left =
        std::chrono::ceil<std::chrono::milliseconds>(deadline - std::chrono::steady_clock::now());
    return std::clamp(left, std::chrono::milliseconds(0), kSlice);
}

bool is_full(const Batch& batch, int64_t bytes, const ReadOptions& options) {
    return bytes >= options.max_bytes ||
           static_cast<int32_t>(batch.records.size()) >= options.max_records;
}

}  // namespace

Result<Batch> KafkaReader::next(const ReadOptions& options, std::stop_token stop) {
    RETURN_IF_ERROR(topic_.check());
    RETURN_IF_ERROR(start());
    Batch batch;
    bytes_ = 0;
    std::optional<Moment> asked_at;
    if (next_ >= end_) {
        ASSIGN_OR_RETURN(asked_at, ask_for_end());
        if (!asked_at) std::this_thread::sleep_for(kSlice);
    }
    auto deadline = std::chrono::steady_clock::now() + kPatience;
    while (next_ < end_ && !is_full(batch, bytes_, options) && !stop.stop_requested() &&
           until(deadline).count() > 0) {
        RETURN_IF_ERROR(take_some(batch, options, until(deadline)));
    }
    if (asked_at && next_ >= end_) {
        batch.at_end_since = *asked_at - options_.clock_tolerance;
        deadline = std::chrono::steady_clock::now() + options.wait;
        while (batch.records.empty() && !stop.stop_requested() && until(deadline).count() > 0) {
            RETURN_IF_ERROR(take_some(batch, options, until(deadline)));
        }
    }
    batch.next = next_;
    batch.end = std::max(next_, last_known_end());
    return batch;
}

// As the brokers said with the records that they last gave, when that is news.
Offset KafkaReader::last_known_end() const {
    int64_t low = 0;
    int64_t high = RD_KAFKA_OFFSET_INVALID;
    rd_kafka_get_watermark_offsets(client_.get(), options_.topic.c_str(), partition_.value, &low,
                                   &high);
    return std::max(end_, Offset{high});
}

Result<void> KafkaReader::start() {
    if (client_) return {};
    const std::array<std::pair<std::string_view, std::string>, 9> ours = {{
        {"group.id", options_.group},  // wanted by librdkafka; not joined here
        {"enable.auto.commit", "false"},
        {"enable.auto.offset.store", "false"},
        {"auto.offset.reset", "error"},
        {"isolation.level", "read_committed"},
        {"enable.partition.eof", "true"},
        {"check.crcs", "true"},
        {"fetch.queue.backoff.ms", "5"},
        {"queued.max.messages.kbytes", std::to_string(options_.read_ahead_kib)},
    }};
    ASSIGN_OR_RETURN(Client client, make_client(RD_KAFKA_CONSUMER, options_, ours, logger_));
    rd_kafka_poll_set_consumer(client.get());
    const Partitions assigned(rd_kafka_topic_partition_list_new(1));
    rd_kafka_topic_partition_list_add(assigned.get(), options_.topic.c_str(), partition_.value)
        ->offset = next_.value;
    if (const auto code = rd_kafka_assign(client.get(), assigned.get())) {
        return std::unexpected(error_of(code, "cannot read event log", place()));
    }
    queue_.reset(rd_kafka_queue_get_consumer(client.get()));
    client_ = std::move(client);
    return {};
}

Result<std::optional<Moment>> KafkaReader::ask_for_end() {
    if (!topic_.is_reachable()) return std::nullopt;
    const Moment asked_at = clock_.now();
    const Result<Range> range = topic_.range(partition_);
    if (!range) return std::nullopt;
    if (next_ < range->first) {
        return fail(
            ErrorCode::NotFound, "cannot read on", place(),
            fmt::format("retention has passed it; the oldest record is {}", range->first.value));
    }
    if (next_ > range->end) {
        return fail(ErrorCode::Conflict, "cannot read on", place(),
                    fmt::format("the log ends at {}: brokers have lost records that were read",
                                range->end.value));
    }
    end_ = range->end;
    return asked_at;
}

Result<void> KafkaReader::take_some(Batch& batch, const ReadOptions& options,
                                    std::chrono::milliseconds wait) {
    if (fetched_.empty()) RETURN_IF_ERROR(fetch(wait));
    while (!fetched_.empty() && !is_full(batch, bytes_, options)) {
        batch.records.push_back(take(fetched_.front()));
        bytes_ += static_cast<int64_t>(batch.records.back().payload.size());
        fetched_.pop_front();
    }
    return {};
}

// Waits for a first message; those that came with it are taken without waiting.
Result<void> KafkaReader::fetch(std::chrono::milliseconds wait) {
    Message first(rd_kafka_consume_queue(queue_.get(), static_cast<int>(wait.count())));
    if (!first) return {};
    std::array<rd_kafka_message_t*, kFetchedAtOnce> others{};
    const ssize_t count =
        rd_kafka_consume_batch_queue(queue_.get(), 0, others.data(), others.size());
    std::vector<Message> messages;
    messages.push_back(std::move(first));
    for (ssize_t i = 0; i < count; ++i) messages.emplace_back(others[static_cast<size_t>(i)]);
    for (Message& message : messages) RETURN_IF_ERROR(look_at(std::move(message)));
    return {};
}

Result<void> KafkaReader::look_at(Message message) {
    switch (message->err) {
        case RD_KAFKA_RESP_ERR_NO_ERROR:
            fetched_.push_back(std::move(message));
            return {};
        case RD_KAFKA_RESP_ERR__PARTITION_EOF:
            // Markers of other producers' transactions take offsets and are never shown.
            if (fetched_.empty()) next_ = std::max(next_, Offset{message->offset});
            return {};
        case RD_KAFKA_RESP_ERR__AUTO_OFFSET_RESET:
            return fail(ErrorCode::NotFound, "cannot read on", place(),
                        fmt::format("the brokers do not hold it: {}",
                                    rd_kafka_message_errstr(message.get())));
        case RD_KAFKA_RESP_ERR__BAD_MSG:
        case RD_KAFKA_RESP_ERR__BAD_COMPRESSION:
        case RD_KAFKA_RESP_ERR__FATAL:
            return std::unexpected(error_of(message->err, "cannot read on", place(),
                                            rd_kafka_message_errstr(message.get())));
        default:
            return {};  // librdkafka tries again, and the watch says what lasts
    }
}

namespace {

// How each record of version 1 begins that a collector wrote, and none of another version.
constexpr std::string_view kBeginning = R"({"project":")";

// Why nobody may read this record, or empty. Other producers' records have no version. Reading
// headers costs librdkafka an allocation for each, so it is left out where it can say nothing.
std::string_view fault_of(const rd_kafka_message_t* message) {
    if (message->len > static_cast<size_t>(kMaxRecordBytes)) return "larger than 4 MiB";
    const std::string_view payload(static_cast<const char*>(message->payload), message->len);
    if (payload.starts_with(kBeginning)) return {};
    rd_kafka_headers_t* headers = nullptr;
    const void* version = nullptr;
    size_t size = 0;
    if (rd_kafka_message_headers(message, &headers) ||
        rd_kafka_header_get_last(headers, kVersionHeader, &version, &size)) {
        return {};
    }
    const std::string_view found(static_cast<const char*>(version), version ? size : 0);
    return found == kVersion ? "" : "written by another version of Clickmill";
}

}  // namespace

StoredRecord KafkaReader::take(const Message& message) {
    rd_kafka_timestamp_type_t kind{};
    const int64_t milliseconds = rd_kafka_message_timestamp(message.get(), &kind);
    if (kind != RD_KAFKA_TIMESTAMP_NOT_AVAILABLE) {
        append_time_ = std::max(append_time_, moment_of(milliseconds * 1'000));
    }
    StoredRecord record{.offset = Offset{message->offset},
                        .append_time = append_time_,
                        .fault = fault_of(message.get())};
    record.payload.reserve(message->len + kPadding);
    record.payload.assign(static_cast<const char*>(message->payload), message->len);
    record.event_count = count_lines(record.payload);
    next_ = record.offset.next();
    return record;
}

std::string KafkaReader::place() const {
    return fmt::format("{}[{}] at offset {}", options_.topic, partition_.value, next_.value);
}

}  // namespace clickmill::event_log::kafka
