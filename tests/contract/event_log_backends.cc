// One entry for each backend of the event log.
#include "event_log/memory/memory_event_log.h"
#include "tests/contract/event_log_contract.h"
#include "tests/contract/event_log_kafka_backend.h"

namespace clickmill::event_log {
namespace {

class MemoryUnderTest final : public LogUnderTest {
public:
    MemoryUnderTest(const BackendOptions& options, Clock& clock)
        : log_(std::make_unique<MemoryEventLog>(
              MemoryOptions{.max_queue_bytes = options.max_queue_bytes,
                            .first_offset = options.first_offset},
              clock)) {}

    EventLog& log() override { return *log_; }
    void hold_sync() override { log_->hold_sync(); }
    void release_sync() override {
        const std::lock_guard lock(closing_);
        if (log_) log_->release_sync();
    }
    void trim(Offset offset) override { log_->trim(PartitionId{0}, offset); }
    void fail_appends() override {
        log_->fail_next_appends(1'000'000, {ErrorCode::Unavailable, "cannot append record",
                                            "event log in memory", "disk full"});
    }
    void heal() override { log_->fail_next_appends(0, {}); }
    void close() override {
        const std::lock_guard lock(closing_);
        log_.reset();
    }

private:
    std::mutex closing_;  // a test may release while another thread closes
    std::unique_ptr<MemoryEventLog> log_;
};

template <typename T>
Backend backend(std::string name) {
    return {std::move(name), [](const BackendOptions& options, Clock& clock) {
                return std::make_unique<T>(options, clock);
            }};
}

}  // namespace

std::vector<Backend> event_log_backends() {
    std::vector<Backend> backends = {backend<MemoryUnderTest>("Memory")};
    for (Backend& kafka : kafka_backends()) backends.push_back(std::move(kafka));
    return backends;
}

}  // namespace clickmill::event_log
