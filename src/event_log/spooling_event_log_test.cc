#include "event_log/spooling_event_log.h"

#include "event_log/append_all.h"
#include "event_log/memory/memory_event_log.h"
#include "event_log/spool_files.h"
#include "event_log/test_pass_through.h"

#include <gmock/gmock.h>

#include <atomic>
#include <filesystem>
#include <fstream>
#include <future>
#include <set>
#include <thread>

namespace clickmill::event_log {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::UnorderedElementsAre;

constexpr int32_t kPartitions = 3;

// What tests and the spool's thread read at the same time.
class TestClock final : public Clock {
public:
    Moment now() override { return moment_of(now_.load()); }
    std::chrono::steady_clock::time_point steady() override {
        return std::chrono::steady_clock::now();
    }
    void advance(std::chrono::microseconds by) { now_.fetch_add(by.count()); }

private:
    std::atomic<int64_t> now_{1'700'000'000'000'000};
};

enum class State { Up, Away, Another };  // another topic stands under the name

// Another log in the place of Kafka: outlives the doors to it, as the brokers outlive a process.
struct Brokers {
    std::atomic<State> state{State::Up};
    std::atomic<bool> is_quiet{false};  // away, and nobody has noticed yet
    std::atomic<bool> takes_huge{false};
    std::atomic<int32_t> partitions{kPartitions};
    TestClock clock;
    MemoryEventLog log{{.partition_count = kPartitions}, clock};

    Result<void> health() const {
        if (state == State::Another) return fail(ErrorCode::Conflict, "another topic", "", "");
        if (state == State::Away && !is_quiet) return fail(ErrorCode::Unavailable, "away", "", "");
        return {};
    }
};

class DoorToBrokers final : public PassThrough {
public:
    explicit DoorToBrokers(Brokers& brokers) : PassThrough(brokers.log), brokers_(brokers) {}
    void append(PartitionId partition, Record record, AppendDone done) override {
        if (brokers_.state != State::Up) {
            return done(fail(ErrorCode::Unavailable, "away", "", ""));
        }
        if (record.payload.contains("huge") && !brokers_.takes_huge) {
            return done(fail(ErrorCode::TooMuch, "too large for the brokers", "", ""));
        }
        PassThrough::append(partition, std::move(record), std::move(done));
    }
    int32_t partition_count() const override { return brokers_.partitions; }
    Result<void> health() override { return brokers_.health(); }
    Result<std::unique_ptr<Assignment>> join() override { return std::make_unique<OneOfThem>(); }

private:
    class OneOfThem final : public Assignment {
    public:
        Result<Change> next(std::chrono::milliseconds, std::stop_token) override {
            return Change{.given = {PartitionId{2}}, .taken = {}};
        }
    };
    Brokers& brokers_;
};

class Spool : public testing::Test {
protected:
    Spool() {
        std::string pattern = std::filesystem::temp_directory_path() / "clickmill-spool-XXXXXX";
        options_.folder = mkdtemp(pattern.data());
        options_.main_name = "clicks";
        options_.interval = std::chrono::milliseconds(1);
        options_.refusal_interval = std::chrono::milliseconds(1);
    }
    ~Spool() override {
        log_.reset();
        std::filesystem::remove_all(options_.folder);
    }

    Result<void> try_open() {
        log_.reset();
        auto opened = SpoolingEventLog::open(
            options_, std::make_unique<PassThrough>(spool_),
            [this](std::chrono::milliseconds) -> Result<std::unique_ptr<EventLog>> {
                if (brokers_.state == State::Away) {
                    return fail(ErrorCode::Unavailable, "away", "", "");
                }
                return std::make_unique<DoorToBrokers>(brokers_);
            },
            {brokers_.clock, *logger_, registry_, health_});
        if (!opened) return std::unexpected(std::move(opened).error());
        log_ = *std::move(opened);
        return {};
    }
    void open() {
        const auto opened = try_open();
        ASSERT_TRUE(opened) << opened.error().message();
    }
    Result<Offset> append(const std::string& payload, int32_t partition = 0) {
        std::promise<Result<Offset>> promise;
        log_->append(PartitionId{partition}, {.payload = payload, .event_count = 1},
                     [&promise](Result<Offset> result) { promise.set_value(std::move(result)); });
        return promise.get_future().get();
    }
    std::vector<std::string> stored(int32_t partition = 0) {
        std::vector<std::string> payloads;
        const auto reader = *brokers_.log.read(PartitionId{partition}, {});
        const Batch batch = *reader->next({.wait = {}}, {});
        for (const auto& record : batch.records) payloads.push_back(record.payload);
        return payloads;
    }
    template <typename F>
    void wait_until(F&& holds) {
        const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(20);
        while (!holds()) {
            ASSERT_LT(std::chrono::steady_clock::now(), deadline);
            std::this_thread::yield();
        }
    }
    void wait_until_drained() {
        wait_until([this] {
            return drained_to(options_.folder, "memory") == spool_.state(PartitionId{0})->end;
        });
    }
    int64_t count(const char* name) { return registry_.counter(name, "").value(); }
    bool says(const std::string& text) { return health_.json().contains(text); }

    SpoolOptions options_;
    Brokers brokers_;
    MemoryEventLog spool_{{}, brokers_.clock};
    std::unique_ptr<telemetry::Logger> logger_ = telemetry::make_silent_logger();
    telemetry::Registry registry_;
    telemetry::Health health_;
    std::unique_ptr<SpoolingEventLog> log_;
};

TEST_F(Spool, IsNotUsedWhileTheBrokersAnswer) {
    open();
    EXPECT_EQ(log_->partition_count(), kPartitions);
    EXPECT_TRUE(append("a\n", 2));
    EXPECT_THAT(stored(2), ElementsAre("a\n"));
    EXPECT_EQ(spool_.state(PartitionId{0})->end, Offset{0});
    EXPECT_TRUE(log_->health());
    EXPECT_EQ(log_->state(PartitionId{2})->end, Offset{1});
    EXPECT_TRUE(log_->read(PartitionId{2}, Offset{1}));
    EXPECT_EQ((*log_->join())->next({}, {})->given, std::vector{PartitionId{2}}) << "as it says";
}

TEST_F(Spool, TakesWhatTheBrokersDoNotAndDrainsItInOrder) {
    open();
    brokers_.state = State::Away;
    EXPECT_TRUE(append("a\n"));
    EXPECT_TRUE(says("clicks wait in the spool")) << "as soon as one that does is answered";
    for (const char* payload : {"b\n", "c\n"}) EXPECT_TRUE(append(payload));
    EXPECT_TRUE(append("d\n", 1));
    EXPECT_THAT(stored(), IsEmpty());
    EXPECT_TRUE(log_->health()) << "clicks are taken";
    wait_until([this] { return says("clicks wait in the spool: 4 records"); });
    brokers_.state = State::Up;
    wait_until_drained();
    EXPECT_THAT(stored(), ElementsAre("a\n", "b\n", "c\n"));
    EXPECT_THAT(stored(1), ElementsAre("d\n"));
    wait_until([this] { return !says("clicks wait"); });
    EXPECT_EQ(count("clickmill_spool_accepted_events_total"), 4);
    EXPECT_EQ(count("clickmill_spool_drained_events_total"), 4);
    EXPECT_TRUE(append("e\n"));
    EXPECT_THAT(stored(), ElementsAre("a\n", "b\n", "c\n", "e\n"));
    EXPECT_EQ(spool_.state(PartitionId{0})->end, Offset{4}) << "e went straight on";
}

// The first to notice that nobody answers is an append.
TEST_F(Spool, TakesAnAppendThatFailed) {
    open();
    brokers_.is_quiet = true;
    brokers_.state = State::Away;
    EXPECT_TRUE(append("a\n"));
    EXPECT_EQ(spool_.state(PartitionId{0})->end, Offset{1});
    brokers_.state = State::Up;
    wait_until_drained();
    EXPECT_THAT(stored(), ElementsAre("a\n"));
}

TEST_F(Spool, LosesNothingWhenItEmptiesWhileClicksCome) {
    open();
    constexpr int kThreads = 4;
    constexpr int kAppends = 300;
    std::vector<std::jthread> threads;
    std::atomic<int> refused{0};
    for (int t = 0; t < kThreads; ++t) {
        threads.emplace_back([this, t, &refused] {
            for (int i = 0; i < kAppends; ++i) {
                if (!append(std::to_string(t) + "." + std::to_string(i) + "\n")) ++refused;
            }
        });
    }
    for (int i = 0; i < 20; ++i) {
        brokers_.state = State::Away;
        std::this_thread::yield();
        brokers_.state = State::Up;
        wait_until_drained();
    }
    threads.clear();
    brokers_.state = State::Up;
    wait_until_drained();
    const auto payloads = stored();
    EXPECT_EQ(std::set(payloads.begin(), payloads.end()).size(), size_t{kThreads * kAppends});
    EXPECT_EQ(payloads.size(), size_t{kThreads * kAppends});
    EXPECT_EQ(refused, 0);
}

TEST_F(Spool, GoesOnAfterARestartWithoutBrokers) {
    open();
    brokers_.state = State::Away;
    EXPECT_TRUE(append("a\n", 1));
    open();
    EXPECT_EQ(log_->partition_count(), kPartitions);
    EXPECT_TRUE(log_->health());
    EXPECT_EQ(log_->state(PartitionId{1}).error().code, ErrorCode::Unavailable);
    EXPECT_EQ(log_->read(PartitionId{1}, {}).error().code, ErrorCode::Unavailable);
    EXPECT_EQ(log_->join().error().code, ErrorCode::Unavailable);
    EXPECT_TRUE(append("b\n", 1));
    brokers_.state = State::Up;
    wait_until_drained();
    EXPECT_THAT(stored(1), ElementsAre("a\n", "b\n"));
    open();
    EXPECT_THAT(stored(1), ElementsAre("a\n", "b\n")) << "what is drained is not sent again";
    EXPECT_EQ(log_->state(PartitionId{1})->end, Offset{2});
}

TEST_F(Spool, CannotStartWithoutBrokersThatItNeverMet) {
    brokers_.state = State::Away;
    EXPECT_EQ(try_open().error().code, ErrorCode::Unavailable);
}

TEST_F(Spool, IsForOneTopicWithOneNumberOfPartitions) {
    open();
    brokers_.partitions = 5;
    open();
    EXPECT_EQ(log_->partition_count(), 5) << "nothing waits: any topic will do";
    brokers_.state = State::Away;
    EXPECT_TRUE(append("a\n"));
    log_.reset();
    brokers_.state = State::Up;
    brokers_.partitions = 6;
    Result<void> opened = try_open();
    ASSERT_FALSE(opened);
    EXPECT_EQ(opened.error().code, ErrorCode::Conflict);
    EXPECT_THAT(opened.error().message(), HasSubstr("for 5 partitions, clicks has 6"));
    brokers_.partitions = 5;
    options_.main_name = "other";
    opened = try_open();
    ASSERT_FALSE(opened);
    EXPECT_THAT(opened.error().message(), HasSubstr("for clicks, not other"));
}

// Found when the brokers come back.
TEST_F(Spool, RefusesWhenTheTopicHasGrownMeanwhile) {
    open();
    brokers_.state = State::Away;
    open();
    EXPECT_TRUE(append("a\n"));
    brokers_.partitions = 6;
    brokers_.state = State::Up;
    wait_until([this] { return !log_->health(); });
    EXPECT_EQ(log_->health().error().code, ErrorCode::Conflict);
    EXPECT_EQ(append("b\n").error().code, ErrorCode::Unavailable);
    EXPECT_THAT(stored(), IsEmpty());
}

TEST_F(Spool, RefusesWhatWouldNeverDrain) {
    open();
    brokers_.state = State::Another;
    EXPECT_EQ(append("a\n").error().code, ErrorCode::Unavailable);
    EXPECT_EQ(log_->health().error().code, ErrorCode::Conflict);
    EXPECT_EQ(spool_.state(PartitionId{0})->end, Offset{0});
}

TEST_F(Spool, IsBoundedInSize) {
    options_.max_bytes = 1'000;
    open();
    brokers_.state = State::Away;
    EXPECT_TRUE(append(std::string(1'000, 'x')));
    wait_until([this] { return !log_->health(); });
    const auto refused = append("a\n");
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, ErrorCode::Unavailable);
    EXPECT_THAT(refused.error().message(), HasSubstr("the spool is full"));
    brokers_.state = State::Up;
    wait_until([this] { return append("b\n").has_value(); });
    wait_until([this] { return stored().size() == 2; });
}

TEST_F(Spool, IsBoundedInAge) {
    open();
    brokers_.state = State::Away;
    EXPECT_TRUE(append("a\n"));
    wait_until([this] { return says("1 records"); });
    brokers_.clock.advance(options_.max_age - std::chrono::seconds(1));
    EXPECT_TRUE(append("b\n"));
    brokers_.clock.advance(std::chrono::seconds(1));
    wait_until([this] { return !log_->health(); });
    EXPECT_THAT(append("c\n").error().message(), HasSubstr("as long as repeats are recognised"));
    brokers_.state = State::Up;
    wait_until_drained();
    EXPECT_THAT(stored(), ElementsAre("a\n", "b\n"));
    wait_until([this] { return log_->health().has_value(); });
}

// One click that the brokers never take holds up nobody, and is not lost.
TEST_F(Spool, PutsWhatIsRefusedToItsEnd) {
    open();
    brokers_.state = State::Away;
    for (const char* payload : {"a\n", "huge\n", "b\n"}) EXPECT_TRUE(append(payload));
    brokers_.state = State::Up;
    wait_until([this] { return stored().size() == 2; });
    EXPECT_THAT(stored(), ElementsAre("a\n", "b\n"));
    EXPECT_TRUE(append("c\n"));
    EXPECT_THAT(stored(), ElementsAre("a\n", "b\n", "c\n"));
    EXPECT_EQ(count("clickmill_spool_accepted_events_total"), 3) << "c went straight on";
    EXPECT_TRUE(says("clicks wait in the spool")) << "the huge one does";
    brokers_.takes_huge = true;
    wait_until_drained();
    EXPECT_THAT(stored(), ElementsAre("a\n", "b\n", "c\n", "huge\n"));
}

TEST_F(Spool, SaysWhatADiskHasLost) {
    open();
    brokers_.state = State::Away;
    for (const char* payload : {"a\n", "b\n", "c\n"}) EXPECT_TRUE(append(payload));
    log_.reset();
    spool_.damage(PartitionId{0}, Offset{0});
    spool_.lose(PartitionId{0}, Offset{1});
    open();
    brokers_.state = State::Up;
    wait_until_drained();
    EXPECT_THAT(stored(), ElementsAre("c\n"));
    EXPECT_EQ(count("clickmill_spool_lost_events_total"), 2);
}

TEST_F(Spool, RefusesWhatNoLogTakes) {
    open();
    brokers_.state = State::Away;
    EXPECT_EQ(append("a\n", kPartitions).error().code, ErrorCode::InvalidInput);
    EXPECT_EQ(append("").error().code, ErrorCode::InvalidInput);
    EXPECT_EQ(append(std::string(kMaxRecordBytes, 'x')).error().code, ErrorCode::TooMuch);
    spool_.fail_next_appends(1, {.code = ErrorCode::Unavailable, .what = "disk full"});
    EXPECT_EQ(append("a\n").error().code, ErrorCode::Unavailable);
}

TEST(SpoolFiles, KeepAndForgetPositions) {
    std::string pattern = std::filesystem::temp_directory_path() / "clickmill-spool-XXXXXX";
    const std::string folder = mkdtemp(pattern.data());
    EXPECT_EQ(drained_to(folder, "x"), Offset{0});
    EXPECT_FALSE(spool_target(folder));
    ASSERT_TRUE(keep_drained_to(folder, "x", Offset{77}));
    ASSERT_TRUE(keep_spool_target(folder, {"clicks", 12}));
    EXPECT_EQ(drained_to(folder, "x"), Offset{77});
    EXPECT_EQ(drained_to(folder, "another"), Offset{0});
    EXPECT_EQ(spool_target(folder)->name, "clicks");
    EXPECT_EQ(spool_target(folder)->partitions, 12);
    for (const char* text : {"", "clicks", "clicks x\n", "clicks 0\n", "clicks -4\n"}) {
        std::ofstream(folder + "/target") << text;
        EXPECT_FALSE(spool_target(folder)) << text;
    }
    std::filesystem::remove_all(folder);
}

TEST(SpoolFiles, ReadBackWhatWasPacked) {
    const std::string both = spooled(PartitionId{3}, {"a\nb\n", 2}).payload +
                             spooled(PartitionId{0}, {"#1 2 3\nc", 1}).payload;
    const auto appends = appends_of(both);
    ASSERT_TRUE(appends);
    ASSERT_EQ(appends->size(), 2u);
    EXPECT_EQ(appends->front().partition, PartitionId{3});
    EXPECT_EQ(appends->front().record.payload, "a\nb\n");
    EXPECT_EQ(appends->front().record.event_count, 2);
    EXPECT_EQ(appends->back().record.payload, "#1 2 3\nc");
    for (const std::string& other :
         {std::string("{}"), std::string("#"), std::string("#1 2"), std::string("#1 2 9\nshort"),
          both.substr(0, both.size() - 1), both.substr(1)}) {
        EXPECT_FALSE(appends_of(other)) << other;
    }
}

}  // namespace
}  // namespace clickmill::event_log
