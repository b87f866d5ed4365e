#include "metrics_store/sqlite/checkpointer.h"

namespace clickmill::metrics_store {

Checkpointer::Checkpointer(Session session, int64_t after_rows)
    : session_(std::move(session)),
      after_rows_(after_rows),
      thread_([this](const std::stop_token& stop) { run(stop); }) {}

void Checkpointer::wrote(int64_t rows) {
    {
        const std::lock_guard lock(mutex_);
        rows_ += rows;
        if (rows_ < after_rows_) return;
    }
    is_due_.notify_one();
}

void Checkpointer::stop() {
    thread_.request_stop();
    if (thread_.joinable()) thread_.join();
}

void Checkpointer::run(const std::stop_token& stop) {
    for (;;) {
        {
            std::unique_lock lock(mutex_);
            if (!is_due_.wait(lock, stop, [this] { return rows_ >= after_rows_; })) return;
            rows_ = 0;
        }
        // A checkpoint that fails loses nothing: the next one copies the same pages.
        std::ignore = session_.connection().execute("PRAGMA wal_checkpoint(PASSIVE)");
    }
}

}  // namespace clickmill::metrics_store
