// The embedded log on a disk that fails at each of its calls in turn, and on one whose power goes
// at any of them: what was acknowledged is there, once, at its offset, and the log goes on by
// itself.
#include "event_log/embedded/embedded_event_log.h"
#include "tests/contract/event_log_contract.h"
#include "tests/faults/simulated_disk.h"

#include <sqlite3.h>

#include <algorithm>
#include <cstdlib>
#include <future>
#include <map>
#include <random>
#include <thread>

namespace clickmill::event_log {
namespace {

using faults::SimulatedDisk;

constexpr PartitionId kPartition{0};
constexpr auto kPatience = std::chrono::seconds(60);

// CLICKMILL_FAULT_SEEDS makes the rounds longer than script/test wants them.
uint64_t seeds(uint64_t usual) {
    const char* wanted = std::getenv("CLICKMILL_FAULT_SEEDS");
    return wanted ? std::strtoull(wanted, nullptr, 10) : usual;
}

// A log on the disk, and what it has promised so far.
class LogOnDisk {
public:
    explicit LogOnDisk(uint64_t seed) : disk_(seed) { open(); }

    SimulatedDisk& disk() { return disk_; }

    void open() {
        // Small limits, so that checkpoints fall into the test.
        EmbeddedOptions options{.path = "events.db",
                                .retry_interval = std::chrono::milliseconds(1),
                                .checkpoints = {.passive_pages = 6, .restart_pages = 12},
                                .vfs = disk_.vfs()};
        auto opened = EmbeddedEventLog::open(std::move(options), clock_, *logger_);
        ASSERT_TRUE(opened) << opened.error().message();
        log_ = *std::move(opened);
    }
    void close() { log_.reset(); }

    // One try; true when it was acknowledged.
    bool append(int number) {
        ++attempts_[number];
        auto promise = std::make_shared<std::promise<Result<Offset>>>();
        auto answer = promise->get_future();
        log_->append(kPartition, {.payload = std::to_string(number) + "\n", .event_count = 1},
                     [promise](Result<Offset> result) { promise->set_value(std::move(result)); });
        const Result<Offset> result = answer.get();
        if (result) promised_[*result].push_back(number);
        return result.has_value();
    }
    void append_until_acknowledged(int number) {
        const auto deadline = std::chrono::steady_clock::now() + kPatience;
        while (!append(number)) {
            ASSERT_LT(std::chrono::steady_clock::now(), deadline) << number;
            std::this_thread::yield();
        }
    }

    // Reads everything and compares it with what was promised.
    void check() {
        const auto deadline = std::chrono::steady_clock::now() + kPatience;
        while (!log_->health()) {
            ASSERT_LT(std::chrono::steady_clock::now(), deadline)
                << log_->health().error().message();
            std::this_thread::yield();
        }
        std::map<Offset, std::vector<int>> found;
        std::map<int, int> times;
        const auto reader = log_->read(kPartition, {});
        ASSERT_TRUE(reader) << reader.error().message();
        for (bool is_at_end = false; !is_at_end;) {
            const auto batch = (*reader)->next({.wait = {}}, {});
            if (!batch && batch.error().code == ErrorCode::Unavailable) {  // a call failed: again
                ASSERT_LT(std::chrono::steady_clock::now(), deadline) << batch.error().message();
                continue;
            }
            ASSERT_TRUE(batch) << batch.error().message();
            for (const StoredRecord& record : batch->records) take(record, found, times);
            is_at_end = batch->at_end_since.has_value();
        }
        for (const auto& [offset, numbers] : promised_) {
            for (const int number : numbers)
                EXPECT_EQ(std::ranges::count(found[offset], number), 1)
                    << number << " was acknowledged at offset " << offset.value;
        }
        int64_t events = 0;
        for (const auto& [number, count] : times) {
            EXPECT_LE(count, attempts_[number]) << number;
            events += count;
        }
        const auto state = log_->state(kPartition);
        ASSERT_TRUE(state);
        EXPECT_EQ(state->total_events, events);
        EXPECT_EQ(state->end.value, static_cast<int64_t>(found.size()));
    }

private:
    static void take(const StoredRecord& record, std::map<Offset, std::vector<int>>& found,
                     std::map<int, int>& times) {
        EXPECT_EQ(record.lost_before, 0);
        EXPECT_FALSE(record.is_damaged);
        EXPECT_FALSE(found.contains(record.offset));
        std::istringstream lines(record.payload);
        for (int number = 0; lines >> number;) {
            found[record.offset].push_back(number);
            ++times[number];
        }
    }

    SimulatedDisk disk_;
    TestClock clock_;
    std::unique_ptr<telemetry::Logger> logger_ = telemetry::make_silent_logger();
    std::unique_ptr<EmbeddedEventLog> log_;
    std::map<Offset, std::vector<int>> promised_;
    std::map<int, int> attempts_;
};

class EmbeddedLogFaults : public testing::TestWithParam<int> {};

TEST_P(EmbeddedLogFaults, KeepsItsPromisesWhicheverCallFails) {
    int64_t failures = 0;
    for (int64_t call = 1;; ++call) {
        SCOPED_TRACE(call);
        LogOnDisk log(1);
        log.disk().fail_call(call, GetParam());
        for (int number = 0; number < 12; ++number) log.append_until_acknowledged(number);
        log.check();
        log.close();
        log.open();
        log.check();
        log.append_until_acknowledged(12);
        log.check();
        if (HasFatalFailure() || !log.disk().has_failed()) break;
        ++failures;
    }
    EXPECT_GT(failures, 50);
}

TEST_P(EmbeddedLogFaults, GoesOnByItselfWhenAFailureEnds) {
    for (int64_t call = 1; call < 100; call += 7) {
        SCOPED_TRACE(call);
        LogOnDisk log(1);
        log.append_until_acknowledged(0);
        log.disk().fail_call(call, GetParam(), /*for_good=*/true);
        bool is_refused = false;
        for (int number = 1; number < 200 && !is_refused; ++number)
            is_refused = !log.append(number);
        EXPECT_TRUE(is_refused);
        log.disk().heal();
        log.append_until_acknowledged(1000);
        log.check();
    }
}

INSTANTIATE_TEST_SUITE_P(EveryError, EmbeddedLogFaults, testing::Values(SQLITE_IOERR, SQLITE_FULL),
                         [](const auto& suite) {
                             return std::string(suite.param == SQLITE_FULL ? "Full" : "IoError");
                         });

TEST(EmbeddedLogPower, KeepsEveryAcknowledgedRecordWheneverThePowerGoes) {
    for (uint64_t seed = 0; seed < seeds(150); ++seed) {
        SCOPED_TRACE(testing::Message() << "seed " << seed);
        std::mt19937_64 random(seed);
        LogOnDisk log(seed);
        int number = 0;
        for (int cut = 0; cut < 3 && !testing::Test::HasFailure(); ++cut) {
            // The call at which it goes, and those after it, never reach the disk.
            log.disk().fail_call(static_cast<int64_t>(1 + random() % 120), SQLITE_IOERR, true);
            for (int i = 0; i < 40 && !log.disk().has_failed(); ++i) log.append(number++);
            log.disk().lose_power();
            log.close();
            log.disk().restore_power();
            log.disk().heal();
            log.open();
            log.check();
            log.append_until_acknowledged(number++);
        }
        if (testing::Test::HasFailure()) break;
    }
}

}  // namespace
}  // namespace clickmill::event_log
