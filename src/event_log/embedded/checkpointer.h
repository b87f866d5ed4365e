// Moves what was committed from the WAL into the database file, on a thread and a connection of its
// own, off the path of the answer.
#pragma once

#include "event_log/embedded/log_file.h"
#include "telemetry/logger.h"

#include <condition_variable>
#include <cstdint>
#include <mutex>
#include <optional>
#include <thread>

namespace clickmill::event_log {

// Any thread.
class Checkpointer {
public:
    Checkpointer(FileName name, sqlite::CheckpointLimits limits, telemetry::Logger& logger);
    // After each commit: how long the WAL is.
    void wal_grew_to(int64_t pages);
    // Closes its connection before the file is closed or moved away.
    void let_go();

private:
    void run(std::stop_token stop);
    Result<void> checkpoint(int64_t pages);

    const FileName name_;
    const sqlite::CheckpointLimits limits_;
    telemetry::Logger& logger_;

    std::mutex connection_mutex_;  // guards connection_; held while a checkpoint runs
    std::optional<sqlite::Connection> connection_;

    std::mutex mutex_;  // guards pages_
    std::condition_variable_any changed_;
    int64_t pages_ = 0;
    std::jthread thread_;  // last: stops before what it uses goes
};

}  // namespace clickmill::event_log
