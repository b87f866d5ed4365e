// What nobody could read in an event log, kept in a log of its own beside it (the topic
// "<topic>.unreadable" on Kafka): one JSON object a line, so that any tool reads it. Tested by
// unreadable_log_test.cc and, on Kafka, by tests/kafka/bad_days_test.py.
#pragma once

#include "base/clock.h"
#include "event_log/event_log.h"
#include "telemetry/logger.h"
#include "telemetry/metrics.h"

#include <functional>
#include <map>
#include <mutex>
#include <span>

namespace clickmill::event_log {

// Of a larger payload only so much is kept; as JSON it still fits into a record.
inline constexpr size_t kMaxKeptBytes = 640 << 10;

// Where in which log.
struct Origin {
    std::string log;  // the topic
    PartitionId partition;
    Offset offset;
    auto operator<=>(const Origin&) const = default;
};

// What is known of one unreadable record. Of several entries of an origin the last one holds.
struct UnreadableEntry {
    Origin origin;
    Moment append_time{};
    std::string reason;
    std::string payload;     // the lines that are no events, as they were; empty: sent again, all
    int64_t cut_bytes = 0;   // that were not kept
    Moment sending_since{};  // not {}: about to be sent again then; whether it was is not known
};

std::string line_of(const UnreadableEntry& entry);  // with its newline
// InvalidInput: not a line of line_of().
Result<UnreadableEntry> unreadable_entry_of(std::string_view line);

// Appends entries and waits until they are durable.
Result<void> append_entries(EventLog& unreadable, std::span<const UnreadableEntry> entries);

// The last entry of each origin, in order, without those that were sent again; nothing that is
// larger than an entry is held in memory.
using OnEntry = std::function<Result<void>(UnreadableEntry)>;
Result<void> for_each_unreadable(EventLog& unreadable, const OnEntry& on_entry);

// The aggregator's way in. Any thread.
class UnreadableLog {
public:
    using Open = std::function<Result<std::unique_ptr<EventLog>>()>;
    // `log` is the name of the log that is read; `open` is called when there is something to keep.
    UnreadableLog(std::string log, Open open, Clock& clock, telemetry::Logger& logger,
                  telemetry::Registry& registry);

    // Durable when it returns. Where there is no such log (NotFound), or it refuses them for good,
    // they are counted and not kept: a partition never waits for that. Unavailable: to be tried
    // again.
    Result<void> keep(PartitionId partition, std::span<const Unreadable> unreadable);

private:
    Result<bool> open_if_there();  // under mutex_

    const std::string name_;
    const Open open_;
    Clock& clock_;
    telemetry::Logger& logger_;
    telemetry::Counter& kept_;
    telemetry::Counter& not_kept_;
    std::mutex mutex_;  // guards what follows
    std::unique_ptr<EventLog> log_;
    std::chrono::steady_clock::time_point missing_until_{};
};

}  // namespace clickmill::event_log
