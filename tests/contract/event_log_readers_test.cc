// The embedded log deletes only what none of its readers needs.
#include "event_log/embedded/embedded_event_log.h"
#include "tests/contract/event_log_contract.h"
#include "tests/faults/simulated_disk.h"

#include <chrono>
#include <future>
#include <thread>

namespace clickmill::event_log {
namespace {

constexpr PartitionId kOnly{0};

// The oldest record, once it is `at_least`.
Offset first_of(EmbeddedEventLog& log, Offset at_least) {
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(60);
    Offset first;
    while ((first = log.state(kOnly)->first) < at_least &&
           std::chrono::steady_clock::now() < deadline)
        std::this_thread::yield();
    return first;
}

TEST(EmbeddedLogRetention, WaitsForEachReader) {
    faults::SimulatedDisk disk(1);
    TestClock clock;
    const auto logger = telemetry::make_silent_logger();
    EmbeddedOptions options{.path = "events.db",
                            .readers = {ReaderRole::Aggregator, ReaderRole::Archiver},
                            .retention_bytes = 1,  // whatever may be deleted is
                            .retention_interval = std::chrono::milliseconds(1),
                            .vfs = disk.vfs()};
    const auto log = EmbeddedEventLog::open(std::move(options), clock, *logger).value();
    for (int number = 0; number < 6; ++number) {
        std::promise<Result<Offset>> answer;
        log->append(kOnly, {.payload = "{}\n", .event_count = 1},
                    [&](Result<Offset> result) { answer.set_value(std::move(result)); });
        ASSERT_TRUE(answer.get_future().get());
    }
    log->allow_deletion(kOnly, ReaderRole::Aggregator, Offset{5});
    log->allow_deletion(kOnly, ReaderRole::Archiver, Offset{2});
    EXPECT_EQ(first_of(*log, Offset{2}), Offset{2});
    log->allow_deletion(kOnly, ReaderRole::Archiver, Offset{1});  // never takes back
    log->allow_deletion(kOnly, ReaderRole::Archiver, Offset{4});
    EXPECT_EQ(first_of(*log, Offset{3}), Offset{4});
}

}  // namespace
}  // namespace clickmill::event_log
