#include "event_log/kafka/producer.h"

#include "base/check.h"
#include "event_log/kafka/lines.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <optional>

namespace clickmill::event_log::kafka {
namespace {

constexpr auto kWhat = "cannot append record";
constexpr std::chrono::milliseconds kPoll{100};
constexpr std::chrono::milliseconds kShortPoll{10};

}  // namespace

// One append under way; its records refer to it. Only the thread of the producer changes it.
struct Producer::Append {
    AppendDone done;
    int64_t bytes = 0;
    int64_t open_records = 0;
    Offset offset{-1};  // of its first record that was stored
    std::optional<Error> failure;
};

Result<std::unique_ptr<Producer>> Producer::make(const KafkaOptions& options,
                                                 Writability& writability,
                                                 telemetry::Logger& logger) {
    std::unique_ptr<Producer> producer(new Producer(options, writability, logger));
    ASSIGN_OR_RETURN(producer->handle_, producer->make_handle());
    producer->thread_ =
        std::jthread([raw = producer.get()](std::stop_token stop) { raw->run(stop); });
    return producer;
}

Producer::~Producer() {
    if (!thread_.joinable()) return;
    thread_.request_stop();
    wake();
    thread_.join();
}

Result<Producer::Handle> Producer::make_handle() const {
    // The bounds of librdkafka's own queue are above ours, which is the one that counts.
    const int64_t queue_kib = options_.max_queue_bytes / 1024 * 2 + 65'536;
    const std::array<std::pair<std::string_view, std::string>, 9> ours = {{
        {"enable.idempotence", "true"},
        {"acks", "all"},
        {"compression.codec", "lz4"},
        {"linger.ms", "5"},
        {"message.max.bytes", std::to_string(kMaxRecordBytes + (1 << 20))},
        {"message.timeout.ms", std::to_string(options_.delivery_timeout.count())},
        {"queue.buffering.max.kbytes", std::to_string(std::min<int64_t>(queue_kib, 2'097'151))},
        {"queue.buffering.max.messages", "10000000"},
        {"partitioner", "murmur2_random"},
    }};
    Handle handle;
    ASSIGN_OR_RETURN(handle.client, make_client(RD_KAFKA_PRODUCER, options_, ours, logger_,
                                                RD_KAFKA_EVENT_DR | RD_KAFKA_EVENT_ERROR));
    handle.queue.reset(rd_kafka_queue_get_main(handle.client.get()));
    handle.topic.reset(rd_kafka_topic_new(handle.client.get(), options_.topic.c_str(), nullptr));
    if (!handle.topic) {
        return std::unexpected(
            error_of(rd_kafka_last_error(), "cannot use the topic", options_.topic));
    }
    return handle;
}

void Producer::append(PartitionId partition, const Record& record, AppendDone done) {
    const auto bytes = static_cast<int64_t>(record.payload.size());
    if (waiting_bytes_.fetch_add(bytes) + bytes > options_.max_queue_bytes) {
        waiting_bytes_.fetch_sub(bytes);
        return refuse(std::move(done), {.code = ErrorCode::TooMuch,
                                        .what = kWhat,
                                        .where = options_.topic,
                                        .why = "too much is waiting to be stored; send again "
                                               "later"});
    }
    const auto records = packed(record.payload, options_.events_per_record, options_.record_bytes);
    CHECK(!records.empty());  // a record has at least one event: else nothing would answer
    open_appends_.fetch_add(1);
    auto* append = new Append{.done = std::move(done),
                              .bytes = bytes,
                              .open_records = static_cast<int64_t>(records.size())};
    const std::shared_lock lock(handle_mutex_);
    for (size_t i = 0; i < records.size(); ++i) {
        const auto code = produce(partition, records[i], append);
        if (code == RD_KAFKA_RESP_ERR_NO_ERROR) continue;
        const std::lock_guard guard(mutex_);
        refusals_.push_back({append, static_cast<int64_t>(records.size() - i),
                             error_of(code, kWhat, options_.topic)});
        rd_kafka_queue_yield(handle_.queue.get());
        break;
    }
    // NOLINTNEXTLINE(clang-analyzer-cplusplus.NewDeleteLeaks): librdkafka carries `append` now.
}

rd_kafka_resp_err_t Producer::produce(PartitionId partition, std::string_view lines,
                                      Append* append) {
    std::array<rd_kafka_vu_t, 8> with{};
    with[0].vtype = RD_KAFKA_VTYPE_RKT;
    with[0].u.rkt = handle_.topic.get();
    with[1].vtype = RD_KAFKA_VTYPE_PARTITION;
    with[1].u.i32 = partition.value;
    with[2].vtype = RD_KAFKA_VTYPE_MSGFLAGS;
    with[2].u.i = RD_KAFKA_MSG_F_COPY;
    with[3].vtype = RD_KAFKA_VTYPE_VALUE;
    with[3].u.mem.ptr = const_cast<char*>(lines.data());  // only read: it is copied
    with[3].u.mem.size = lines.size();
    with[4].vtype = RD_KAFKA_VTYPE_HEADER;
    with[4].u.header = {kContentTypeHeader, kContentType.data(),
                        static_cast<ssize_t>(kContentType.size())};
    with[5].vtype = RD_KAFKA_VTYPE_HEADER;
    with[5].u.header = {kVersionHeader, kVersion.data(), static_cast<ssize_t>(kVersion.size())};
    with[6].vtype = RD_KAFKA_VTYPE_OPAQUE;
    with[6].u.ptr = append;
    // For other readers; the partition was chosen above, from what the client sent.
    size_t count = with.size() - 1;
    const std::string_view who = options_.events_per_record == 1 ? who_in(lines) : "";
    if (!who.empty()) {
        with[7].vtype = RD_KAFKA_VTYPE_KEY;
        with[7].u.mem.ptr = const_cast<char*>(who.data());  // only read: it is copied
        with[7].u.mem.size = who.size();
        ++count;
    }
    const Failure failure(rd_kafka_produceva(handle_.client.get(), with.data(), count));
    return rd_kafka_error_code(failure.get());
}

void Producer::refuse(AppendDone done, Error why) {
    open_appends_.fetch_add(1);
    auto* append = new Append{.done = std::move(done)};
    {
        const std::lock_guard guard(mutex_);
        refusals_.push_back({append, 0, std::move(why)});
    }
    wake();
}

void Producer::wake() {
    const std::shared_lock lock(handle_mutex_);
    rd_kafka_queue_yield(handle_.queue.get());
}

void Producer::run(std::stop_token stop) {
    while (!stop.stop_requested()) {
        take_reports(handle_, kPoll);
        take_refusals();
        if (rd_kafka_fatal_error(handle_.client.get(), nullptr, 0)) rebuild();
    }
    finish();
}

void Producer::take_reports(const Handle& handle, std::chrono::milliseconds wait) {
    const Event event(rd_kafka_queue_poll(handle.queue.get(), static_cast<int>(wait.count())));
    if (!event) return;
    if (rd_kafka_event_type(event.get()) == RD_KAFKA_EVENT_DR) {
        while (const rd_kafka_message_t* report = rd_kafka_event_message_next(event.get())) {
            take(*report);
        }
    } else if (rd_kafka_event_error(event.get()) == RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN) {
        writability_.failed(error_of(RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN, kWhat, options_.topic,
                                     fmt::format("no broker of {} answers", options_.brokers)));
    }
}

void Producer::take(const rd_kafka_message_t& report) {
    auto* append = static_cast<Append*>(report._private);
    if (report.err == RD_KAFKA_RESP_ERR_NO_ERROR) {
        if (append->offset.value < 0) append->offset = Offset{report.offset};
    } else {
        append->failure = error_of(report.err, kWhat, options_.topic);
        // What the broker does not take is a failure; here the caller only needs to send again.
        if (append->failure->code == ErrorCode::NotFound) {
            append->failure->code = ErrorCode::Unavailable;
        }
    }
    settle(append, 1);
}

void Producer::take_refusals() {
    std::vector<Refusal> refusals;
    {
        const std::lock_guard guard(mutex_);
        refusals.swap(refusals_);
    }
    for (Refusal& refusal : refusals) {
        refusal.append->failure = std::move(refusal.why);
        settle(refusal.append, refusal.records);
    }
}

void Producer::settle(Append* append, int64_t records) {
    append->open_records -= records;
    CHECK(append->open_records >= 0);
    if (append->open_records > 0) return;
    const std::unique_ptr<Append> owned(append);
    waiting_bytes_.fetch_sub(append->bytes);
    if (append->failure) {
        // A full queue or a record without events says nothing about the brokers.
        if (append->failure->code == ErrorCode::Unavailable) writability_.failed(*append->failure);
        append->done(std::unexpected(*std::move(append->failure)));
    } else {
        writability_.delivered();
        append->done(append->offset);
    }
    open_appends_.fetch_sub(1);
}

// What the old one still held may or may not be in the log: it is answered as failed, sent again,
// and a repeat is dropped by its event id.
void Producer::rebuild() {
    std::array<char, 512> reason{};
    rd_kafka_fatal_error(handle_.client.get(), reason.data(), reason.size());
    Result<Handle> other = make_handle();
    if (!other) {
        logger_.error("cannot make another Kafka producer", {{"error", other.error().message()}});
        return;
    }
    {
        const std::unique_lock lock(handle_mutex_);
        std::swap(handle_, *other);
    }
    rd_kafka_purge(other->client.get(), RD_KAFKA_PURGE_F_QUEUE | RD_KAFKA_PURGE_F_INFLIGHT);
    while (rd_kafka_outq_len(other->client.get()) > 0) take_reports(*other, kShortPoll);
    rebuilds_.fetch_add(1);
    logger_.warn("made another Kafka producer", {{"why", reason.data()}});
}

void Producer::finish() {
    const auto deadline = std::chrono::steady_clock::now() + options_.stop_timeout;
    while (open_appends_.load() > 0 && std::chrono::steady_clock::now() < deadline) {
        take_refusals();
        take_reports(handle_, kShortPoll);
    }
    rd_kafka_purge(handle_.client.get(), RD_KAFKA_PURGE_F_QUEUE | RD_KAFKA_PURGE_F_INFLIGHT);
    while (open_appends_.load() > 0) {
        take_refusals();
        take_reports(handle_, kShortPoll);
    }
}

}  // namespace clickmill::event_log::kafka
