#include "base/pause.h"

#include <condition_variable>
#include <mutex>

namespace clickmill {

void pause(std::chrono::milliseconds time, std::stop_token stop) {
    std::mutex mutex;
    std::condition_variable_any stopped;
    std::unique_lock lock(mutex);
    stopped.wait_for(lock, stop, time, [] { return false; });
}

}  // namespace clickmill
