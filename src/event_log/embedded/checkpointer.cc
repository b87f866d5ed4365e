#include "event_log/embedded/checkpointer.h"

#include <utility>

namespace clickmill::event_log {
namespace {

// How long a restart may wait for readers while the writer waits for it.
constexpr std::chrono::milliseconds kRestartPatience{50};

}  // namespace

Checkpointer::Checkpointer(FileName name, sqlite::CheckpointLimits limits,
                           telemetry::Logger& logger)
    : name_(std::move(name)),
      limits_(limits),
      logger_(logger),
      thread_([this](std::stop_token stop) { run(stop); }) {}

void Checkpointer::wal_grew_to(int64_t pages) {
    if (pages < limits_.passive_pages) return;
    {
        const std::lock_guard lock(mutex_);
        pages_ = pages;
    }
    changed_.notify_one();
}

void Checkpointer::let_go() {
    const std::lock_guard lock(connection_mutex_);
    connection_.reset();
}

void Checkpointer::run(std::stop_token stop) {
    std::unique_lock lock(mutex_);
    while (changed_.wait(lock, stop, [&] { return pages_ > 0; }) && !stop.stop_requested()) {
        const int64_t pages = std::exchange(pages_, 0);
        lock.unlock();
        if (const Result<void> done = checkpoint(pages); !done) {
            logger_.warn("cannot checkpoint the event log, trying again after the next commit",
                         {{"error", done.error().message()}});
        }
        lock.lock();
    }
}

Result<void> Checkpointer::checkpoint(int64_t pages) {
    const std::lock_guard lock(connection_mutex_);
    if (!connection_) {
        ASSIGN_OR_RETURN(connection_, sqlite::Connection::open({.path = name_.path,
                                                                .vfs = name_.vfs,
                                                                .busy_timeout = kRestartPatience,
                                                                .automatic_checkpoint = false}));
    }
    Result<void> done = connection_->checkpoint(pages, limits_);
    if (!done) connection_.reset();
    return done;
}

}  // namespace clickmill::event_log
