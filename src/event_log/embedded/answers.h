// Calls back those who append, on a thread of its own: a slow one holds up no commit.
#pragma once

#include "event_log/event_log.h"

#include <condition_variable>
#include <mutex>
#include <thread>
#include <vector>

namespace clickmill::event_log {

struct Answer {
    AppendDone done;
    Result<Offset> result;
};

// Any thread. Gives every answer before it goes.
class Answers {
public:
    Answers() : thread_([this](std::stop_token stop) { run(stop); }) {}
    void give(std::vector<Answer> answers);

private:
    void run(std::stop_token stop);

    std::mutex mutex_;
    std::condition_variable_any changed_;
    std::vector<Answer> waiting_;  // guarded by mutex_
    std::jthread thread_;          // last: stops before what it uses goes
};

}  // namespace clickmill::event_log
