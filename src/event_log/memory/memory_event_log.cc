#include "event_log/memory/memory_event_log.h"

#include <fmt/core.h>

#include <algorithm>
#include <utility>

namespace clickmill::event_log {
namespace {

constexpr size_t kPadding = 64;

std::string padded(std::string_view payload) {
    std::string copy;
    copy.reserve(payload.size() + kPadding);
    copy = payload;
    return copy;
}

}  // namespace

class MemoryEventLog::MemoryReader final : public Reader {
public:
    MemoryReader(MemoryEventLog& log, PartitionId partition, Offset from, int64_t total_before)
        : log_(log), partition_(partition), next_(from), total_before_(total_before) {}

    Result<Batch> next(const ReadOptions& options, std::stop_token stop) override {
        std::unique_lock lock(log_.mutex_);
        Partition& partition = log_.partitions_[static_cast<size_t>(partition_.value)];
        log_.changed_.wait_for(lock, stop, options.wait,
                               [&] { return partition.first > next_ || partition.end > next_; });
        if (partition.first > next_) {
            return fail(ErrorCode::NotFound, "cannot read on", place(),
                        fmt::format("retention has passed it; the oldest record is {}",
                                    partition.first.value));
        }
        Batch batch;
        auto record = std::lower_bound(
            partition.records.begin(), partition.records.end(), next_,
            [](const Stored& stored, Offset offset) { return stored.offset < offset; });
        int64_t bytes = 0;
        for (; record != partition.records.end(); ++record) {
            if (bytes >= options.max_bytes) break;
            if (static_cast<int32_t>(batch.records.size()) >= options.max_records) break;
            bytes += static_cast<int64_t>(record->payload.size());
            batch.records.push_back(take(*record));
        }
        if (record == partition.records.end()) {
            partition.newest = std::max(partition.newest, log_.clock_.now());
            batch.at_end_since = partition.newest;
            next_ = partition.end;
        }
        batch.next = next_;
        batch.end = partition.end;
        return batch;
    }

private:
    std::string place() const {
        return fmt::format("partition {} at offset {}", partition_.value, next_.value);
    }

    StoredRecord take(const Stored& stored) {
        StoredRecord record{.offset = stored.offset,
                            .append_time = stored.append_time,
                            .event_count = stored.event_count,
                            .lost_before = stored.total_events - stored.event_count - total_before_,
                            .is_damaged = stored.is_damaged,
                            .payload = padded(stored.payload)};
        total_before_ = stored.total_events;
        next_ = stored.offset.next();
        return record;
    }

    MemoryEventLog& log_;
    const PartitionId partition_;
    Offset next_;
    int64_t total_before_;  // events up to the record before
};

MemoryEventLog::MemoryEventLog(MemoryOptions options, Clock& clock)
    : options_(std::move(options)), clock_(clock) {
    for (int32_t i = 0; i < options_.partition_count; ++i) {
        partitions_.push_back({.first = options_.first_offset, .end = options_.first_offset});
    }
    if (options_.answers_from_thread) {
        thread_ = std::jthread([this](std::stop_token stop) { run(stop); });
    }
}

MemoryEventLog::~MemoryEventLog() {
    if (thread_.joinable()) {
        thread_.request_stop();
        thread_.join();
    }
    for (Answer& answer : refused_) answer.done(std::move(answer.result));
    for (Waiting& waiting : waiting_) {
        waiting.done(fail(ErrorCode::Unavailable, "cannot append record", "event log in memory",
                          "it is stopping; send again"));
    }
}

Result<MemoryEventLog::Partition*> MemoryEventLog::find(PartitionId partition) {
    if (partition.value < 0 || partition.value >= options_.partition_count) {
        return fail(ErrorCode::InvalidInput, "no such partition",
                    fmt::format("partition {}", partition.value),
                    fmt::format("the log has {}", options_.partition_count));
    }
    return &partitions_[static_cast<size_t>(partition.value)];
}

Result<void> MemoryEventLog::check(PartitionId partition, const Record& record) const {
    const auto bytes = static_cast<int64_t>(record.payload.size());
    const std::string where = fmt::format("partition {}", partition.value);
    if (partition.value < 0 || partition.value >= options_.partition_count) {
        return fail(ErrorCode::InvalidInput, "cannot append record", where, "no such partition");
    }
    if (record.event_count < 1 || record.payload.empty()) {
        return fail(ErrorCode::InvalidInput, "cannot append record", where, "it has no event");
    }
    if (bytes > kMaxRecordBytes) {
        return fail(ErrorCode::TooMuch, "cannot append record", where,
                    fmt::format("{} bytes, at most {}", bytes, kMaxRecordBytes));
    }
    if (waiting_bytes_ + bytes > options_.max_queue_bytes) {
        return fail(ErrorCode::TooMuch, "cannot append record", where,
                    "too much is waiting to be stored; send again later");
    }
    return {};
}

void MemoryEventLog::append(PartitionId partition, Record record, AppendDone done) {
    std::unique_lock lock(mutex_);
    if (Result<void> checked = check(partition, record); !checked) {
        refused_.push_back({std::move(done), std::unexpected(std::move(checked).error())});
    } else {
        waiting_bytes_ += static_cast<int64_t>(record.payload.size());
        waiting_.push_back({partition, std::move(record), std::move(done)});
    }
    if (options_.answers_from_thread) {
        changed_.notify_all();
        return;
    }
    std::deque<Answer> answers = std::exchange(refused_, {});
    while (!is_held_ && !waiting_.empty()) {
        Waiting waiting = std::move(waiting_.front());
        waiting_.pop_front();
        Result<Offset> stored = store(waiting);
        answers.push_back({std::move(waiting.done), std::move(stored)});
    }
    lock.unlock();
    changed_.notify_all();
    for (Answer& answer : answers) answer.done(std::move(answer.result));
}

Result<Offset> MemoryEventLog::store(Waiting& waiting) {
    Partition& partition = partitions_[static_cast<size_t>(waiting.partition.value)];
    const auto bytes = static_cast<int64_t>(waiting.record.payload.size());
    waiting_bytes_ -= bytes;
    if (failures_left_ > 0) {
        --failures_left_;
        is_failing_ = true;
        return std::unexpected(failure_);
    }
    is_failing_ = false;
    const Offset offset = partition.end;
    partition.newest = std::max(partition.newest, clock_.now());
    partition.total_events += waiting.record.event_count;
    partition.bytes += bytes;
    partition.end = offset.next();
    partition.records.push_back({.offset = offset,
                                 .append_time = partition.newest,
                                 .event_count = waiting.record.event_count,
                                 .total_events = partition.total_events,
                                 .payload = std::move(waiting.record.payload)});
    return offset;
}

void MemoryEventLog::run(std::stop_token stop) {
    std::unique_lock lock(mutex_);
    const auto has_work = [&] { return !refused_.empty() || (!is_held_ && !waiting_.empty()); };
    while (changed_.wait(lock, stop, has_work)) {
        std::deque<Answer> answers = std::exchange(refused_, {});
        if (!is_held_) {
            for (Waiting& waiting : waiting_) {
                Result<Offset> stored = store(waiting);
                answers.push_back({std::move(waiting.done), std::move(stored)});
            }
            waiting_.clear();
        }
        lock.unlock();
        changed_.notify_all();
        for (Answer& answer : answers) answer.done(std::move(answer.result));
        lock.lock();
    }
}

Result<PartitionState> MemoryEventLog::state(PartitionId partition) {
    const std::lock_guard lock(mutex_);
    ASSIGN_OR_RETURN(const Partition* found, find(partition));
    return PartitionState{.log_id = options_.log_id,
                          .first = found->first,
                          .end = found->end,
                          .total_events = found->total_events,
                          .total_before_first = found->total_before_first,
                          .bytes = found->bytes};
}

Result<std::unique_ptr<Reader>> MemoryEventLog::read(PartitionId partition, Offset from) {
    const std::lock_guard lock(mutex_);
    ASSIGN_OR_RETURN(const Partition* found, find(partition));
    const std::string where = fmt::format("partition {} at offset {}", partition.value, from.value);
    if (from < found->first) {
        return fail(
            ErrorCode::NotFound, "cannot read event log", where,
            fmt::format("retention has passed it; the oldest record is {}", found->first.value));
    }
    if (from > found->end) {
        return fail(ErrorCode::Conflict, "cannot read event log", where,
                    fmt::format("the log ends at {}; the position belongs to another log",
                                found->end.value));
    }
    int64_t total_before = found->total_before_first;
    for (const Stored& stored : found->records) {
        if (stored.offset < from) total_before = stored.total_events;
    }
    return std::make_unique<MemoryReader>(*this, partition, from, total_before);
}

void MemoryEventLog::allow_deletion(PartitionId partition, ReaderRole, Offset keep_from) {
    const std::lock_guard lock(mutex_);
    if (const auto found = find(partition)) (*found)->keep_from = keep_from;
}

Result<void> MemoryEventLog::health() {
    const std::lock_guard lock(mutex_);
    if (is_failing_) return std::unexpected(failure_);
    return {};
}

void MemoryEventLog::hold_sync() {
    const std::lock_guard lock(mutex_);
    is_held_ = true;
}

void MemoryEventLog::release_sync() {
    std::unique_lock lock(mutex_);
    is_held_ = false;
    std::deque<Answer> answers;
    while (!options_.answers_from_thread && !waiting_.empty()) {
        Waiting waiting = std::move(waiting_.front());
        waiting_.pop_front();
        Result<Offset> stored = store(waiting);
        answers.push_back({std::move(waiting.done), std::move(stored)});
    }
    lock.unlock();
    changed_.notify_all();
    for (Answer& answer : answers) answer.done(std::move(answer.result));
}

void MemoryEventLog::fail_next_appends(int count, Error error) {
    const std::lock_guard lock(mutex_);
    failures_left_ = count;
    failure_ = std::move(error);
}

void MemoryEventLog::trim(PartitionId partition, Offset offset) {
    {
        const std::lock_guard lock(mutex_);
        Partition& trimmed = partitions_[static_cast<size_t>(partition.value)];
        while (!trimmed.records.empty() && trimmed.records.front().offset < offset) {
            trimmed.bytes -= static_cast<int64_t>(trimmed.records.front().payload.size());
            trimmed.total_before_first = trimmed.records.front().total_events;
            trimmed.records.pop_front();
        }
        trimmed.first = std::max(trimmed.first, std::min(offset, trimmed.end));
    }
    changed_.notify_all();
}

void MemoryEventLog::damage(PartitionId partition, Offset offset) {
    const std::lock_guard lock(mutex_);
    for (Stored& stored : partitions_[static_cast<size_t>(partition.value)].records) {
        if (stored.offset != offset) continue;
        stored.is_damaged = true;
        stored.payload.clear();
    }
}

void MemoryEventLog::lose(PartitionId partition, Offset offset) {
    const std::lock_guard lock(mutex_);
    std::erase_if(partitions_[static_cast<size_t>(partition.value)].records,
                  [&](const Stored& stored) { return stored.offset == offset; });
}

Offset MemoryEventLog::kept_from(PartitionId partition) {
    const std::lock_guard lock(mutex_);
    return partitions_[static_cast<size_t>(partition.value)].keep_from;
}

}  // namespace clickmill::event_log
