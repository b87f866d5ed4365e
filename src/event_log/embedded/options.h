// How the embedded log is set up; the limits have the names by which messages speak of them.
#pragma once

#include "event_log/embedded/checkpointer.h"
#include "event_log/embedded/log_file.h"
#include "event_log/event_log.h"

#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

namespace clickmill::event_log {

struct EmbeddedOptions {
    std::string path;                     // data/events.db
    int64_t max_queue_bytes = 64 << 20;   // payloads that wait; beyond: TooMuch
    int64_t max_commit_bytes = 32 << 20;  // payloads of one commit
    // Nothing is deleted before all of these allow it; at least one.
    std::vector<ReaderRole> readers = {ReaderRole::Aggregator};
    std::chrono::hours retention_age{0};  // 0: for ever
    int64_t retention_bytes = 0;          // 0: any size
    std::chrono::milliseconds retention_interval{1000};
    std::chrono::milliseconds retry_interval{250};  // after a failure
    int compression_level = 1;
    // The largest position that the metrics store knows: no offset below it is handed out again.
    KnownPosition known_position;
    sqlite::CheckpointLimits checkpoints;
    std::string vfs;  // empty: SQLite's own; tests name theirs
};

}  // namespace clickmill::event_log
