// The event log: the ordered, durable record from which everything else can be rebuilt.
// Backends: embedded/ kafka/ memory/. Promises tested by tests/contract/event_log_contract_test.cc.
#pragma once

#include "base/result.h"
#include "base/types.h"

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

namespace clickmill::event_log {

// The largest payload of one offset.
inline constexpr int64_t kMaxRecordBytes = 4 << 20;

// Events of one partition: what one request appends.
struct Record {
    std::string payload;      // one event a line (NDJSON), UTF-8, at most 4 MiB
    int32_t event_count = 0;  // lines in `payload`, at least 1
};

// What one offset holds: one or more appended Records packed together.
struct StoredRecord {
    Offset offset;
    Moment append_time{};     // when the log took it; never falls within a partition
    int32_t event_count = 0;  // lines in `payload`
    int64_t lost_before = 0;  // events known to be gone between the record before and this one
    bool is_damaged = false;  // the payload is gone: `event_count` events are lost here
    std::string_view fault;   // not empty: nobody may read this record, and why; static text
    std::string payload;      // at least 64 bytes of capacity behind its end, for event::LineReader
};

// A record, or the lines of one, that are no events.
struct Unreadable {
    Offset offset;
    Moment append_time{};
    std::string_view reason;  // of the first line; static text
    std::string payload;      // the original bytes
};

struct Batch {
    std::vector<StoredRecord> records;  // in order of offsets; empty at the end of the log
    // Set when the log's end was reached: a moment before the end was asked for, so everything
    // appended before it is in hand. Unset when there is more to read at once.
    std::optional<Moment> at_end_since;
    Offset next;  // where reading goes on
    Offset end;   // of the log, as last seen; never below `next`
};

struct ReadOptions {
    int64_t max_bytes = 8 << 20;  // stops after the record that passes it
    int32_t max_records = 4096;
    std::chrono::milliseconds wait{250};  // how long to wait for a first record at the end
};

// What a partition is and holds. A position belongs to `log_id` alone.
struct PartitionState {
    std::string log_id;
    Offset first;  // the oldest record still held
    Offset end;    // one past the newest durable record
    // Events ever appended, and of those the ones before `first`; unset where the backend counts
    // records only.
    std::optional<int64_t> total_events;
    int64_t total_before_first = 0;
    int64_t bytes = 0;  // on disk or in memory; 0 where the backend cannot know
};

// One thread.
class Reader {
public:
    virtual ~Reader() = default;
    // The next records, in order. Waits up to options.wait at the end, or until `stop`.
    // NotFound: retention has passed the position; nothing is skipped in silence.
    virtual Result<Batch> next(const ReadOptions& options, std::stop_token stop) = 0;
};

// Which partitions this process reads, where several processes share them. One thread.
class Assignment {
public:
    struct Change {
        std::vector<PartitionId> given;
        std::vector<PartitionId> taken;  // to be let go of before the next call
    };
    virtual ~Assignment() = default;  // lets go of all; none is read any more
    // Waits up to `wait` for a change, or until `stop`. Another process gets what was taken with
    // the next call, or once we have been silent for too long: so whoever reads must bear that
    // another one does, too.
    virtual Result<Change> next(std::chrono::milliseconds wait, std::stop_token stop) = 0;
};

// Who reads the log and needs its records until they say otherwise.
enum class ReaderRole : uint8_t { Aggregator, Archiver };

using AppendDone = std::move_only_function<void(Result<Offset>)>;

// Any thread.
class EventLog {
public:
    virtual ~EventLog() = default;

    // Appends, alone or packed with what arrives at the same moment. Never blocks. Calls `done`
    // exactly once, from a thread of the log: with the offset once the events survive power loss,
    // or with why they may not. Unavailable: disk full, broker away or stopping, answer 503; the
    // events may still appear, and their repeats are dropped by event id. TooMuch: a queue or the
    // record is over its limit.
    virtual void append(PartitionId partition, Record record, AppendDone done) = 0;

    virtual int32_t partition_count() const = 0;
    virtual Result<PartitionState> state(PartitionId partition) = 0;

    // Reads in order from `from`, inclusive; shows durable records only. NotFound: retention has
    // passed `from`. Conflict: `from` is above the log's end, so the position belongs to another
    // log.
    virtual Result<std::unique_ptr<Reader>> read(PartitionId partition, Offset from) = 0;

    // Takes part in the reading. By default nobody else does: every partition is ours, for good.
    virtual Result<std::unique_ptr<Assignment>> join();

    // `reader` needs no records below `keep_from` any more; once no reader does, the log may delete
    // them when its own retention allows.
    virtual void allow_deletion(PartitionId partition, ReaderRole reader, Offset keep_from) = 0;

    // Everything below `through` is counted, durably: for tools that show how far readers are.
    virtual void note_counted(PartitionId, Offset) {}

    // Why appends fail at the moment, or success. For readiness.
    virtual Result<void> health() = 0;
};

}  // namespace clickmill::event_log
