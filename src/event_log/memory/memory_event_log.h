// An event log in memory: the plainest reading of the contract, for tests and the simulation.
#pragma once

#include "base/clock.h"
#include "event_log/event_log.h"

#include <condition_variable>
#include <deque>
#include <mutex>
#include <set>
#include <thread>

namespace clickmill::event_log {

struct MemoryOptions {
    int32_t partition_count = 1;
    int64_t max_queue_bytes = 64 << 20;
    std::string log_id = "memory";
    Offset first_offset;  // of every partition, for tests of large offsets
    // False: no thread; every append is durable and answered before it returns, which the
    // simulation needs. True: answers come from a thread, as everywhere else.
    bool answers_from_thread = true;
};

// Each append becomes a record of its own. Any thread; the clock is asked under the log's lock.
class MemoryEventLog final : public EventLog {
public:
    MemoryEventLog(MemoryOptions options, Clock& clock);
    ~MemoryEventLog() override;  // what is not durable is answered with Unavailable

    void append(PartitionId partition, Record record, AppendDone done) override;
    int32_t partition_count() const override { return options_.partition_count; }
    Result<PartitionState> state(PartitionId partition) override;
    Result<std::unique_ptr<Reader>> read(PartitionId partition, Offset from) override;
    void allow_deletion(PartitionId partition, ReaderRole, Offset keep_from) override;
    Result<void> health() override;

    // Hooks of tests.
    // From now on nothing becomes durable or visible, until release_sync().
    void hold_sync();
    void release_sync();
    // The next `count` appends fail with `error`, and health() with it until one succeeds.
    void fail_next_appends(int count, Error error);
    // Deletes the records below `offset`, as retention would; allow_deletion() is not asked.
    void trim(PartitionId partition, Offset offset);
    // Loses the payload of a record, or the record as a whole, as damage would.
    void damage(PartitionId partition, Offset offset);
    void lose(PartitionId partition, Offset offset);
    // The position that allow_deletion() was last called with.
    Offset kept_from(PartitionId partition);

private:
    class MemoryReader;
    struct Stored {
        Offset offset;
        Moment append_time{};
        int32_t event_count = 0;
        int64_t total_events = 0;  // of the partition, with this record
        bool is_damaged = false;
        std::string payload;
    };
    struct Partition {
        std::deque<Stored> records;
        Offset first;
        Offset end;
        Offset keep_from;
        Moment newest{};  // no later record is stamped before
        int64_t total_events = 0;
        int64_t total_before_first = 0;
        int64_t bytes = 0;
    };
    struct Waiting {
        PartitionId partition;
        Record record;
        AppendDone done;
    };
    struct Answer {
        AppendDone done;
        Result<Offset> result;
    };

    Result<Partition*> find(PartitionId partition);                         // under mutex_
    Result<Offset> store(Waiting& waiting);                                 // under mutex_
    Result<void> check(PartitionId partition, const Record& record) const;  // under mutex_
    void run(std::stop_token stop);

    const MemoryOptions options_;
    Clock& clock_;

    std::mutex mutex_;  // guards all below
    std::condition_variable_any changed_;
    std::deque<Partition> partitions_;
    std::deque<Waiting> waiting_;
    std::deque<Answer> refused_;
    int64_t waiting_bytes_ = 0;
    bool is_held_ = false;
    int failures_left_ = 0;
    Error failure_;
    bool is_failing_ = false;

    std::jthread thread_;  // last: stops before what it uses goes
};

}  // namespace clickmill::event_log
