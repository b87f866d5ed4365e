// Real threads: a log that is appended to while it is counted, ends and begins in between.
#include "aggregator/aggregator.h"

#include "aggregator/test_world.h"

#include <thread>

namespace clickmill::aggregator {
namespace {

constexpr int kRequests = 400;
constexpr int kEventsEach = 10;

class CountedInThreads : public testing::TestWithParam<int32_t> {
protected:
    std::unique_ptr<Aggregator> started() {
        Options options;
        options.follower.folder.repeat_key = 7;
        options.follower.flush_interval = std::chrono::milliseconds(20);
        options.follower.idle_refresh = std::chrono::milliseconds(20);
        options.settle_interval = std::chrono::milliseconds(20);
        auto made = std::make_unique<Aggregator>(
            options, Parts{log_, store_, clock_, *logger_, registry_, health_}, [] {
                return Result<std::vector<fold::ViewDefinition>>(
                    {definition_of("totals", {}), definition_of("by_platform", {"platform"})});
            });
        made->start();
        return made;
    }

    // Requests [first, last), each to the partition of who clicked; every 50th event is a repeat.
    void append(int first, int last) {
        const int64_t now =
            std::chrono::floor<std::chrono::seconds>(clock_.now()).time_since_epoch().count();
        for (int request = first; request < last; ++request) {
            const int32_t partition = request % log_.partition_count();
            std::string payload;
            for (int i = 0; i < kEventsEach; ++i) {
                const int number = request * kEventsEach + i;
                // Of the same partition, a round of requests before.
                const bool is_repeat = number % 50 == 49 && request >= log_.partition_count();
                const int id = is_repeat ? number - kEventsEach * log_.partition_count() : number;
                const std::string feature = "feature" + std::to_string(id % 7);
                payload += line_of({.id = std::to_string(id),
                                    .feature = feature,
                                    .platform = id % 2 == 0 ? "web" : "ios",
                                    .at = now});
                if (ids_.insert(id).second) {
                    ++expected_[feature];
                } else {
                    ++repeats_;
                }
            }
            log_.append(PartitionId{partition},
                        {.payload = std::move(payload), .event_count = kEventsEach},
                        [](Result<Offset> offset) { EXPECT_TRUE(offset); });
        }
    }

    fold::Accounting accounting() {
        fold::Accounting sum;
        for (int32_t i = 0; i < log_.partition_count(); ++i) {
            const auto progress = *store_.progress(PartitionId{i});
            for (const auto& [project, part] : progress.ledger.projects) sum += part;
        }
        return sum;
    }
    // What is committed is all that was appended, or the test ends.
    void wait_for(int64_t events) {
        const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(60);
        while (accounting().total() < events) {
            ASSERT_LT(std::chrono::steady_clock::now(), deadline) << accounting().total();
            std::this_thread::yield();
        }
    }
    std::map<std::string, int64_t> counts(int32_t view) {
        const auto snapshot = *store_.snapshot();
        const auto answer = *snapshot->rows({.view = {view},
                                             .is_live = true,
                                             .buckets = {{INT64_MIN, INT64_MAX}},
                                             .by_feature = true});
        std::map<std::string, int64_t> counts;
        for (const auto& group : answer.groups) counts[group.feature] = group.clicks;
        return counts;
    }

    SystemClock clock_;
    event_log::MemoryEventLog log_{{.partition_count = GetParam()}, clock_};
    metrics_store::MemoryMetricsStore store_;
    std::unique_ptr<telemetry::Logger> logger_ = telemetry::make_silent_logger();
    telemetry::Registry registry_;
    telemetry::Health health_;
    std::set<int> ids_;
    std::map<std::string, int64_t> expected_;
    int64_t repeats_ = 0;
};

TEST_P(CountedInThreads, EqualAPlainRecountHoweverOftenItEndsAndBegins) {
    constexpr int kRounds = 4;
    for (int round = 0; round < kRounds; ++round) {
        const auto aggregator = started();
        append(kRequests * round / kRounds, kRequests * (round + 1) / kRounds);
        if (round % 2 == 1) wait_for(kRequests * (round + 1) / kRounds * kEventsEach);
        aggregator->stop();  // in the middle of it in the other rounds
    }
    EXPECT_EQ(counts(1), expected_);
    EXPECT_EQ(counts(2), expected_);
    EXPECT_EQ(accounting().duplicate, repeats_);
    EXPECT_GT(repeats_, 0);
    EXPECT_EQ(accounting().counted, static_cast<int64_t>(ids_.size()));
    EXPECT_TRUE(health_.is_ready()) << health_.json();
}

INSTANTIATE_TEST_SUITE_P(Partitions, CountedInThreads, testing::Values(1, 4, 16),
                         testing::PrintToStringParamName());

}  // namespace
}  // namespace clickmill::aggregator
