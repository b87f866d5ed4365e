// Real threads: a log that is appended to while it is counted, ends and begins in between.
#include "aggregator/aggregator.h"

#include "aggregator/test_world.h"
#include "event_log/test_pass_through.h"

#include <condition_variable>
#include <map>
#include <mutex>
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

// A log that is shared with others: who reads what, says the test.
class SharedLog final : public event_log::PassThrough {
public:
    using PassThrough::PassThrough;

    void note_counted(PartitionId partition, Offset through) override {
        const std::lock_guard lock(mutex_);
        counted_[partition] = through;
    }
    Result<std::unique_ptr<event_log::Assignment>> join() override {
        return std::make_unique<Scripted>(*this);
    }

    // Returns once the change is done: what is taken is let go of.
    void change(event_log::Assignment::Change change) {
        std::unique_lock lock(mutex_);
        ASSERT_TRUE(changed_.wait_for(lock, kPatience, [this] { return is_waiting_; }));
        change_ = std::move(change);
        is_waiting_ = false;
        changed_.notify_all();
        ASSERT_TRUE(changed_.wait_for(lock, kPatience, [this] { return is_waiting_; }));
    }
    bool is_let_go() {
        const std::lock_guard lock(mutex_);
        return is_let_go_;
    }
    void wait_until_counted(int32_t partition, Offset through) {
        const auto deadline = std::chrono::steady_clock::now() + kPatience;
        while (counted(partition) < through) {
            ASSERT_LT(std::chrono::steady_clock::now(), deadline);
            std::this_thread::yield();
        }
    }
    Offset counted(int32_t partition) {
        const std::lock_guard lock(mutex_);
        return counted_[PartitionId{partition}];
    }

private:
    static constexpr std::chrono::seconds kPatience{60};
    class Scripted final : public event_log::Assignment {
    public:
        explicit Scripted(SharedLog& log) : log_(log) {}
        ~Scripted() override {
            const std::lock_guard lock(log_.mutex_);
            log_.is_let_go_ = true;
        }
        Result<Change> next(std::chrono::milliseconds, std::stop_token stop) override {
            std::unique_lock lock(log_.mutex_);
            log_.is_waiting_ = true;
            log_.changed_.notify_all();
            log_.changed_.wait(lock, stop, [this] { return !log_.is_waiting_; });
            return std::exchange(log_.change_, {});
        }

    private:
        SharedLog& log_;
    };

    std::mutex mutex_;  // guards what follows
    std::condition_variable_any changed_;
    event_log::Assignment::Change change_;
    bool is_waiting_ = false;
    bool is_let_go_ = false;
    std::map<PartitionId, Offset> counted_;
};

class SharedAggregator : public CountedInThreads {};

TEST_P(SharedAggregator, FollowsWhatIsGivenAndLetsGoOfWhatIsTaken) {
    SharedLog log(log_);
    Options options;
    options.follower.folder.repeat_key = 7;
    options.follower.flush_interval = std::chrono::milliseconds(1);
    Aggregator aggregator(options, Parts{log, store_, clock_, *logger_, registry_, health_}, [] {
        return Result<std::vector<fold::ViewDefinition>>({definition_of("totals", {})});
    });
    append(0, 4);  // a request of ten events to each of the four partitions
    aggregator.start();
    log.change({.given = {PartitionId{1}, PartitionId{2}}, .taken = {}});
    log.wait_until_counted(1, Offset{1});
    log.wait_until_counted(2, Offset{1});
    log.change({.given = {}, .taken = {PartitionId{1}}});
    append(4, 8);
    log.wait_until_counted(2, Offset{2});
    log.change({.given = {PartitionId{0}}, .taken = {}});
    log.wait_until_counted(0, Offset{2});
    EXPECT_EQ(log.counted(1), Offset{1}) << "somebody else's by now";
    EXPECT_EQ(log.counted(3), Offset{0}) << "it never was ours";
    EXPECT_FALSE(log.is_let_go());
    aggregator.stop();
    EXPECT_TRUE(log.is_let_go());
    EXPECT_EQ(accounting().total(), 5 * kEventsEach);
    EXPECT_NE(registry_.text().find("clickmill_aggregator_lag_records{partition=\"1\"} NaN"),
              std::string::npos)
        << registry_.text();
}

INSTANTIATE_TEST_SUITE_P(Partitions, SharedAggregator, testing::Values(4));

INSTANTIATE_TEST_SUITE_P(Partitions, CountedInThreads, testing::Values(1, 4, 16),
                         testing::PrintToStringParamName());

}  // namespace
}  // namespace clickmill::aggregator
