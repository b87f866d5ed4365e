// A few threads for questions, so that none ever waits on a thread of the HTTP server.
#pragma once

#include <condition_variable>
#include <cstddef>
#include <deque>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

namespace clickmill::query_api {

// Any thread. Ends with what was queued done.
class WorkerPool {
public:
    using Task = std::move_only_function<void()>;

    WorkerPool(size_t threads, size_t queue_limit);
    ~WorkerPool();

    // False when the queue is full: `task` was not taken.
    bool run(Task& task);

private:
    void work();

    const size_t queue_limit_;
    std::mutex mutex_;  // guards queue_ and is_ending_
    std::condition_variable something_to_do_;
    std::deque<Task> queue_;
    bool is_ending_ = false;
    std::vector<std::jthread> threads_;  // last: they use the members above
};

}  // namespace clickmill::query_api
