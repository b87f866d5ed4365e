#include "event_log/embedded/answers.h"

#include <iterator>
#include <utility>

namespace clickmill::event_log {

void Answers::give(std::vector<Answer> answers) {
    {
        const std::lock_guard lock(mutex_);
        waiting_.insert(waiting_.end(), std::make_move_iterator(answers.begin()),
                        std::make_move_iterator(answers.end()));
    }
    changed_.notify_one();
}

void Answers::run(std::stop_token stop) {
    std::unique_lock lock(mutex_);
    while (changed_.wait(lock, stop, [&] { return !waiting_.empty(); })) {
        std::vector<Answer> answers = std::exchange(waiting_, {});
        lock.unlock();
        for (Answer& answer : answers) answer.done(std::move(answer.result));
        lock.lock();
    }
}

}  // namespace clickmill::event_log
