// The embedded event log: an append until it is durable, alone and in company, and reading back.
// What a sync costs is the disk's; benchmarks/load sets it beside dd.
#include "base/clock.h"
#include "event_log/embedded/embedded_event_log.h"

#include <benchmark/benchmark.h>

#include <cstdlib>
#include <filesystem>
#include <latch>
#include <string>

namespace clickmill::event_log {
namespace {

constexpr int kEventsPerRecord = 100;

// A record as the collector writes it: 100 lines of about 320 bytes.
Record record_of(int64_t number) {
    Record record{.payload = {}, .event_count = kEventsPerRecord};
    for (int i = 0; i < kEventsPerRecord; ++i) {
        record.payload +=
            R"({"project":"shop","received_at":1763888400123456,"event_id":"install)" +
            std::to_string(number * 7919 % 4000) + ".boot#" + std::to_string(i) +
            R"(","feature_id":"checkout.feature_)" + std::to_string(i * 37 % 500) +
            R"(","user_id":"user_)" + std::to_string(number * 31 + i) +
            R"(","page":"/products/category_3","platform":"web",)"
            R"("app_version":"4.12.0","device":"desktop","browser":"Firefox",)"
            R"("os":"Linux","locale":"de-DE","experiments":{"new_pay":"B"}})"
            "\n";
    }
    return record;
}

class ScratchLog {
public:
    ScratchLog() {
        std::string pattern = (std::filesystem::temp_directory_path() / "bench.XXXXXX").string();
        folder_ = mkdtemp(pattern.data());
        log_ = *EmbeddedEventLog::open({.path = folder_ + "/events.db"}, clock_, *logger_);
    }
    ~ScratchLog() {
        log_.reset();
        std::filesystem::remove_all(folder_);
    }

    EventLog& operator*() { return *log_; }

    // Hands over `records` at once and waits until all are durable.
    void append(int64_t records) {
        std::latch durable(records);
        for (int64_t i = 0; i < records; ++i) {
            log_->append({}, record_of(appended_++), [&](const Result<Offset>& stored) {
                if (!stored) std::abort();
                durable.count_down();
            });
        }
        durable.wait();
    }

private:
    SystemClock clock_;
    std::unique_ptr<telemetry::Logger> logger_ = telemetry::make_silent_logger();
    std::string folder_;
    std::unique_ptr<EventLog> log_;
    int64_t appended_ = 0;
};

void AppendToTheEventLog(benchmark::State& state) {
    ScratchLog log;
    for (auto _ : state) log.append(state.range(0));
    state.SetItemsProcessed(state.iterations() * state.range(0) * kEventsPerRecord);
}
BENCHMARK(AppendToTheEventLog)->Arg(1)->Arg(16)->UseRealTime()->Unit(benchmark::kMicrosecond);

void ReadTheEventLog(benchmark::State& state) {
    constexpr int64_t kRecords = 2'000;
    ScratchLog log;
    for (int i = 0; i < 20; ++i) log.append(kRecords / 20);
    int64_t events = 0;
    int64_t bytes = 0;
    for (auto _ : state) {
        const auto reader = *(*log).read({}, {});
        for (;;) {
            const Batch batch = *reader->next({.wait = std::chrono::milliseconds(0)}, {});
            for (const StoredRecord& record : batch.records) {
                events += record.event_count;
                bytes += static_cast<int64_t>(record.payload.size());
            }
            if (batch.at_end_since) break;
        }
    }
    state.SetItemsProcessed(events);
    state.SetBytesProcessed(bytes);
}
BENCHMARK(ReadTheEventLog)->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace clickmill::event_log
