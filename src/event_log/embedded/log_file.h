// One open events.db: its tables, its ends, what is written to it. Specified in
// docs/design/event-log-format.md.
#pragma once

#include "base/result.h"
#include "base/sqlite.h"
#include "event_log/embedded/record_codec.h"

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace clickmill::event_log {

// A position that a reader has stored elsewhere: the log never hands out an offset below it again.
struct KnownPosition {
    std::string log_id;  // empty: nothing is known
    Offset next;
    int64_t total_events = 0;  // events that the reader has accounted for, up to `next`
};

// What the log knows of itself; one row of the file.
struct LogSummary {
    std::string log_id;
    Offset first;
    Offset end;
    int64_t total_before_first = 0;
    int64_t total_events = 0;
    Moment newest{};  // no later record is stamped before
};

// Offsets from `first` to `next`, excluded, that are known to be gone.
struct Gap {
    Offset first;
    Offset next;
    int64_t total_events = 0;  // accounted for up to `next` by a KnownPosition; 0: by none
};

struct NewRecord {
    RecordNumbers numbers;
    std::string stored;               // compressed
    std::optional<int64_t> checksum;  // salvage: as it was found
};

struct FileName {
    std::string path;
    std::string vfs;  // empty: SQLite's own; tests name theirs
};

// One thread. After an error of append(), erase_below() or probe() close it and open it again: what
// it believes of the disk may be wrong.
class LogFile {
public:
    // Makes the file when there is none. Corrupt: SQLite refuses it, or its ends contradict each
    // other; salvage it. Cost: a few pages, whatever the size.
    static Result<std::unique_ptr<LogFile>> open(const FileName& name, const KnownPosition& known);

    const LogSummary& summary() const { return summary_; }
    const std::vector<Gap>& gaps() const { return gaps_; }

    // Appends in one synced commit. Their offsets go on at the log's end.
    Result<void> append(std::span<const NewRecord> records);
    // Deletes the records below the new start.
    Result<void> erase_below(const LogSummary& shortened);
    // Where the log would start if up to `most` of its oldest records were deleted that are below
    // `keep_from` and, unless `is_over_size`, older than `oldest`. The newest record stays.
    Result<LogSummary> shortened(Offset keep_from, Moment oldest, bool is_over_size, int most);
    // One synced commit that changes nothing: whether writing works.
    Result<void> probe();
    Result<int64_t> bytes();
    int64_t wal_pages() const { return *wal_pages_; }

    // For salvage: rows with their own offsets and numbers into an empty file, then its summary.
    Result<void> fill(std::span<const NewRecord> records);
    Result<void> finish(const LogSummary& summary, std::span<const Gap> gaps);
    // Everything from the WAL into the file itself, which can then be moved.
    Result<void> empty_wal();

private:
    LogFile(sqlite::Connection connection, sqlite::Statement insert, sqlite::Statement update);
    Result<void> load();
    Result<void> check_ends();
    Result<void> adopt(const KnownPosition& known);
    Result<void> insert(const NewRecord& record);
    Result<void> write_summary(const LogSummary& summary);

    sqlite::Connection connection_;
    std::unique_ptr<int64_t> wal_pages_;  // written by SQLite's hook
    sqlite::Statement insert_;
    sqlite::Statement update_;
    LogSummary summary_;
    std::vector<Gap> gaps_;
};

// The text that the summary's checksum covers.
std::string text_of(const LogSummary& summary);

}  // namespace clickmill::event_log
