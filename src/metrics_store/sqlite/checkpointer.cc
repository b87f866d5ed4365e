#include "metrics_store/sqlite/checkpointer.h"

#include <sqlite3.h>

namespace clickmill::metrics_store {
namespace {

constexpr int64_t kRestartFactor = 8;
// How long a restart may wait for readers while the writer waits for it.
constexpr int kRestartPatienceMs = 50;

}  // namespace

Checkpointer::Checkpointer(Session session, int64_t passive_pages)
    : session_(std::move(session)),
      passive_pages_(passive_pages),
      thread_([this](const std::stop_token& stop) { run(stop); }) {
    sqlite3_busy_timeout(session_.connection().handle(), kRestartPatienceMs);
}

void Checkpointer::wal_grew_to(int64_t pages) {
    if (pages < passive_pages_) return;
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
    const auto checkpoint = [this](int mode) {
        return sqlite3_wal_checkpoint_v2(session_.connection().handle(), nullptr, mode, nullptr,
                                         nullptr);
    };
    for (;;) {
        int64_t pages = 0;
        {
            std::unique_lock lock(mutex_);
            if (!is_due_.wait(lock, stop, [this] { return pages_ > 0; })) return;
            pages = std::exchange(pages_, 0);
        }
        // A checkpoint that fails loses nothing: the next one copies the same pages. The passive
        // one has done nearly all, so the writer waits for little.
        const bool is_copied = checkpoint(SQLITE_CHECKPOINT_PASSIVE) == SQLITE_OK;
        if (is_copied && pages >= passive_pages_ * kRestartFactor)
            std::ignore = checkpoint(SQLITE_CHECKPOINT_RESTART);
    }
}

}  // namespace clickmill::metrics_store
