// Copies what was committed from SQLite's write-ahead log into the database file, on a thread of
// its own: in passive mode, which waits for nobody and nobody for it, until the log is so long that
// the writer has to wait until it begins anew. Without that a writer that never rests makes the log
// grow for ever. Source: sqlite.org/wal.html#avoiding_excessively_large_wal_files.
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
    // `passive_pages`: of the log, from which on it is copied.
    Checkpointer(Session session, int64_t passive_pages);

    // Any thread. Never waits for a checkpoint.
    void wal_grew_to(int64_t pages);
    // Waits for a checkpoint that runs; afterwards the session is the caller's.
    void stop();
    Session& session() { return session_; }

private:
    void run(const std::stop_token& stop);

    Session session_;  // of thread_
    const int64_t passive_pages_;
    std::mutex mutex_;
    std::condition_variable_any is_due_;
    int64_t pages_ = 0;  // guarded by mutex_: to be copied; 0: nothing is due
    std::jthread thread_;
};

}  // namespace clickmill::metrics_store
