#include "query_api/worker_pool.h"

#include <utility>

namespace clickmill::query_api {

WorkerPool::WorkerPool(size_t threads, size_t queue_limit) : queue_limit_(queue_limit) {
    for (size_t i = 0; i < threads; ++i) threads_.emplace_back([this] { work(); });
}

WorkerPool::~WorkerPool() {
    {
        const std::lock_guard lock(mutex_);
        is_ending_ = true;
    }
    something_to_do_.notify_all();
}

bool WorkerPool::run(Task& task) {
    {
        const std::lock_guard lock(mutex_);
        if (is_ending_ || queue_.size() >= queue_limit_) return false;
        queue_.push_back(std::move(task));
    }
    something_to_do_.notify_one();
    return true;
}

void WorkerPool::work() {
    for (;;) {
        Task task;
        {
            std::unique_lock lock(mutex_);
            something_to_do_.wait(lock, [&] { return is_ending_ || !queue_.empty(); });
            if (queue_.empty()) return;
            task = std::move(queue_.front());
            queue_.pop_front();
        }
        task();
    }
}

}  // namespace clickmill::query_api
