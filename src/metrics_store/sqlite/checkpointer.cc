#include "metrics_store/sqlite/checkpointer.h"

namespace clickmill::metrics_store {

Checkpointer::Checkpointer(sqlite::Connection connection, sqlite::CheckpointLimits limits)
    : connection_(std::move(connection)),
      limits_(limits),
      thread_([this](const std::stop_token& stop) { run(stop); }) {}

void Checkpointer::wal_grew_to(int64_t pages) {
    if (pages < limits_.passive_pages) return;
    {
        const std::lock_guard lock(mutex_);
        pages_ = pages;
    }
    is_due_.notify_one();
}

void Checkpointer::stop() {
    thread_.request_stop();
    if (thread_.joinable()) thread_.join();
}

void Checkpointer::run(const std::stop_token& stop) {
    for (;;) {
        int64_t pages = 0;
        {
            std::unique_lock lock(mutex_);
            if (!is_due_.wait(lock, stop, [this] { return pages_ > 0; })) return;
            pages = std::exchange(pages_, 0);
        }
        // A checkpoint that fails loses nothing: the next one copies the same pages.
        std::ignore = connection_.checkpoint(pages, limits_);
    }
}

}  // namespace clickmill::metrics_store
