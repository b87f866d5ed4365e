// Makes one file of the archive out of the log. Where a file ends is a function of the records, so
// that a repeated run makes the same files (design section 7).
#pragma once

#include "archive/engine.h"
#include "archive/layout.h"
#include "event_log/event_log.h"

#include <optional>
#include <stop_token>
#include <string>

namespace clickmill::archive {

struct FileRules {
    int64_t max_events = 4'000'000;  // a file ends after the record that reaches it
    // A day is over for the log so long after it is over on the clock: brokers have their own.
    std::chrono::seconds day_margin{60};
};

struct WrittenFile {
    FileName name;
    int64_t events = 0;  // as the log counts them: lost ones, too
};

// What a file's footer says of where its rows are from.
struct FileOrigin {
    std::string log_id;
    PartitionId partition;
    Offset first;
};

// Writes what `select` gives, rows of event_columns() in their order, as a file of the archive.
Result<void> write_rows(Engine& engine, const std::string& select, const FileOrigin& origin,
                        const std::string& path);

// The UTC day on which it was appended.
std::chrono::sys_days day_of(Moment append_time);

// Writes the records from `first` on into a file at `path`. Nothing, and no file, when the log ends
// before the file does. NotFound: retention has passed `first`. Unavailable: stopped, or the disk
// says no.
Result<std::optional<WrittenFile>> write_file(Engine& engine, event_log::EventLog& log,
                                              PartitionId partition, Offset first,
                                              const FileRules& rules, const std::string& path,
                                              std::stop_token stop);

// Which log the file at `path` was made of. Corrupt: it is no file of an archive.
Result<std::string> log_id_of(Engine& engine, const std::string& path);

}  // namespace clickmill::archive
