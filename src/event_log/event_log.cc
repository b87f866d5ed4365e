#include "event_log/event_log.h"

#include <condition_variable>
#include <mutex>
#include <utility>

namespace clickmill::event_log {
namespace {

class EveryPartition final : public Assignment {
public:
    explicit EveryPartition(int32_t count) {
        for (int32_t i = 0; i < count; ++i) all_.push_back(PartitionId{i});
    }
    Result<Change> next(std::chrono::milliseconds wait, std::stop_token stop) override {
        if (!all_.empty()) return Change{.given = std::exchange(all_, {}), .taken = {}};
        std::mutex mutex;
        std::unique_lock lock(mutex);
        std::condition_variable_any().wait_for(lock, stop, wait, [] { return false; });
        return Change{};
    }

private:
    std::vector<PartitionId> all_;  // until they are given
};

}  // namespace

Result<std::unique_ptr<Assignment>> EventLog::join() {
    return std::make_unique<EveryPartition>(partition_count());
}

}  // namespace clickmill::event_log
