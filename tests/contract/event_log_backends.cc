// One entry for each backend of the event log.
#include "event_log/embedded/embedded_event_log.h"
#include "event_log/memory/memory_event_log.h"
#include "tests/contract/event_log_contract.h"
#include "tests/contract/event_log_kafka_backend.h"
#include "tests/faults/simulated_disk.h"

#include <thread>

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

// On a disk in memory, whose syncs and failures are ours to order.
class EmbeddedUnderTest final : public LogUnderTest {
public:
    EmbeddedUnderTest(const BackendOptions& options, Clock& clock) {
        EmbeddedOptions embedded{.path = "events.db",
                                 .max_queue_bytes = options.max_queue_bytes,
                                 .retention_bytes = 1,  // whatever may be deleted is
                                 .retention_interval = std::chrono::milliseconds(1),
                                 .retry_interval = std::chrono::milliseconds(1),
                                 .vfs = disk_.vfs()};
        open(embedded, clock);
        if (options.first_offset == Offset{}) return;
        embedded.known_position = {.log_id = log_->state(kOnly)->log_id,
                                   .next = options.first_offset};
        open(embedded, clock);
    }

    EventLog& log() override { return *log_; }
    void hold_sync() override { disk_.hold_sync(); }
    void release_sync() override { disk_.release_sync(); }
    void trim(Offset offset) override {
        log_->allow_deletion(kOnly, ReaderRole::Aggregator, offset);
        const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(20);
        while (log_->state(kOnly)->first < offset && std::chrono::steady_clock::now() < deadline) {
            std::this_thread::yield();
        }
    }
    void fail_appends() override { disk_.fill(); }
    void heal() override { disk_.heal(); }
    void close() override { log_.reset(); }

private:
    static constexpr PartitionId kOnly{0};

    void open(const EmbeddedOptions& options, Clock& clock) {
        log_.reset();
        auto opened = EmbeddedEventLog::open(options, clock, *logger_);
        ASSERT_TRUE(opened) << opened.error().message();
        log_ = *std::move(opened);
    }

    faults::SimulatedDisk disk_;
    std::unique_ptr<telemetry::Logger> logger_ = telemetry::make_silent_logger();
    std::unique_ptr<EmbeddedEventLog> log_;
};

template <typename T>
Backend backend(std::string name) {
    return {std::move(name), [](const BackendOptions& options, Clock& clock) {
                return std::make_unique<T>(options, clock);
            }};
}

}  // namespace

std::vector<Backend> event_log_backends() {
    std::vector<Backend> backends = {backend<MemoryUnderTest>("Memory"),
                                     backend<EmbeddedUnderTest>("Embedded")};
    for (Backend& kafka : kafka_backends()) backends.push_back(std::move(kafka));
    return backends;
}

}  // namespace clickmill::event_log
