// Copies what was committed from SQLite's write-ahead log into the database file, on a thread of
// its own and in passive mode: it waits for nobody and nobody for it. Source:
// sqlite.org/wal.html#ckpt.
#pragma once

#include "metrics_store/sqlite/session.h"

#include <condition_variable>
#include <cstdint>
#include <mutex>
#include <stop_token>
#include <thread>

namespace clickmill::metrics_store {

class Checkpointer {
public:
    Checkpointer(Session session, int64_t after_rows);

    // Any thread. Never waits for a checkpoint.
    void wrote(int64_t rows);
    // Waits for a checkpoint that runs; afterwards the session is the caller's.
    void stop();
    Session& session() { return session_; }

private:
    void run(const std::stop_token& stop);

    Session session_;  // of thread_
    const int64_t after_rows_;
    std::mutex mutex_;
    std::condition_variable_any is_due_;
    int64_t rows_ = 0;  // guarded by mutex_: written since the last checkpoint
    std::jthread thread_;
};

}  // namespace clickmill::metrics_store
