// Copies what was committed from SQLite's write-ahead log into the database file, on a thread of
// its own: in passive mode, which waits for nobody and nobody for it, until the log is so long that
// the writer has to wait until it begins anew. Without that a writer that never rests makes the log
// grow for ever.
#pragma once

#include "base/sqlite.h"

#include <condition_variable>
#include <cstdint>
#include <mutex>
#include <stop_token>
#include <thread>

namespace clickmill::metrics_store {

class Checkpointer {
public:
    // `connection`: its busy_timeout is how long a writer may have to wait for readers.
    Checkpointer(sqlite::Connection connection, sqlite::CheckpointLimits limits);

    // Any thread. Never waits for a checkpoint.
    void wal_grew_to(int64_t pages);
    // Waits for a checkpoint that runs; afterwards the connection is the caller's.
    void stop();
    sqlite::Connection& connection() { return connection_; }

private:
    void run(const std::stop_token& stop);

    sqlite::Connection connection_;  // of thread_
    const sqlite::CheckpointLimits limits_;
    std::mutex mutex_;
    std::condition_variable_any is_due_;
    int64_t pages_ = 0;  // guarded by mutex_: to be copied; 0: nothing is due
    std::jthread thread_;
};

}  // namespace clickmill::metrics_store
