#include "tests/contract/event_log_contract.h"

#include <gmock/gmock.h>

#include <algorithm>
#include <future>
#include <limits>
#include <map>
#include <thread>

namespace clickmill::event_log {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

constexpr PartitionId kPartition{0};
constexpr ReadOptions kNoWait{.wait = std::chrono::milliseconds(0)};
constexpr ReadOptions kLongWait{.wait = std::chrono::seconds(30)};

std::string line(std::string_view text) {
    return std::string(text) + "\n";
}

Record record_of(std::string_view text, int32_t events = 1) {
    Record record{.event_count = events};
    for (int32_t i = 0; i < events; ++i) record.payload += line(text);
    return record;
}

// Appends without waiting; the answer comes later.
std::future<Result<Offset>> send(EventLog& log, Record record, PartitionId to = kPartition) {
    auto promise = std::make_shared<std::promise<Result<Offset>>>();
    std::future<Result<Offset>> answer = promise->get_future();
    log.append(to, std::move(record),
               [promise](Result<Offset> result) { promise->set_value(std::move(result)); });
    return answer;
}

class EventLogContract : public testing::TestWithParam<Backend> {
protected:
    void open(BackendOptions options = {}) {
        under_test_.reset();
        under_test_ = GetParam().make(options, clock_);
    }
    void SetUp() override { open(); }

    EventLog& log() { return under_test_->log(); }
    Offset append(std::string_view text, int32_t events = 1) {
        Result<Offset> offset = send(log(), record_of(text, events)).get();
        EXPECT_TRUE(offset) << offset.error().message();
        return offset.value_or(Offset{-1});
    }
    std::unique_ptr<Reader> reader(Offset from = {}) {
        Result<std::unique_ptr<Reader>> opened = log().read(kPartition, from);
        EXPECT_TRUE(opened) << opened.error().message();
        return opened ? std::move(*opened) : nullptr;
    }
    Batch next(Reader& from, const ReadOptions& options = kNoWait) {
        Result<Batch> batch = from.next(options, {});
        EXPECT_TRUE(batch) << batch.error().message();
        return batch ? std::move(*batch) : Batch{};
    }
    // The payloads from `from` to the end, joined: how appends are packed is the log's affair.
    std::string text_from(Offset from) {
        const auto source = reader(from);
        std::string text;
        for (;;) {
            const Batch batch = next(*source);
            for (const StoredRecord& record : batch.records) text += record.payload;
            if (batch.at_end_since) return text;
        }
    }
    PartitionState state() {
        Result<PartitionState> found = log().state(kPartition);
        EXPECT_TRUE(found) << found.error().message();
        return found.value_or(PartitionState{});
    }

    // What the log says about events ever appended: all that is true, or that it cannot know.
    void expect_totals(int64_t events, int64_t before_first) {
        if (GetParam().knows_totals) {
            EXPECT_EQ(state().total_events, events);
            EXPECT_EQ(state().total_before_first, before_first);
        } else {
            EXPECT_EQ(state().total_events, std::nullopt);
        }
    }
    // By the clock that append times come from.
    Moment now() { return GetParam().has_own_clock ? SystemClock().now() : clock_.now(); }

    TestClock clock_;
    std::unique_ptr<LogUnderTest> under_test_;
};

TEST_P(EventLogContract, ReadsBackWhatWasAppendedInOrder) {
    append("first");
    append("second");
    append("third");

    EXPECT_EQ(text_from({}), "first\nsecond\nthird\n");
}

TEST_P(EventLogContract, StartsAtOffsetZeroAndCountsUpByOne) {
    EXPECT_EQ(append("first"), Offset{0});
    EXPECT_EQ(append("second"), Offset{1});
    EXPECT_EQ(state().first, Offset{0});
    EXPECT_EQ(state().end, Offset{2});
}

TEST_P(EventLogContract, CountsItsEvents) {
    append("a", 3);
    append("b", 4);

    expect_totals(7, 0);
    EXPECT_EQ(state().bytes > 0, GetParam().knows_totals);
}

TEST_P(EventLogContract, HasAnIdentity) {
    EXPECT_FALSE(state().log_id.empty());
    EXPECT_EQ(log().partition_count(), 1);
}

TEST_P(EventLogContract, DeliversEachRecordWithItsCountTimeAndRoomBehindIt) {
    const Moment before = std::chrono::floor<std::chrono::milliseconds>(now());
    append("event", 5);
    const Moment after = now();

    const auto source = reader();
    const Batch batch = next(*source);

    ASSERT_EQ(batch.records.size(), 1U);
    EXPECT_EQ(batch.records[0].event_count, 5);
    EXPECT_GE(batch.records[0].append_time, before);
    EXPECT_LE(batch.records[0].append_time, after);
    EXPECT_EQ(batch.records[0].lost_before, 0);
    EXPECT_FALSE(batch.records[0].is_damaged);
    EXPECT_GE(batch.records[0].payload.capacity(), batch.records[0].payload.size() + 64);
    EXPECT_EQ(batch.next, Offset{1});
}

TEST_P(EventLogContract, ReadsFromAnyPositionInclusive) {
    append("first");
    append("second");
    append("third");

    EXPECT_EQ(text_from(Offset{1}), "second\nthird\n");
    EXPECT_EQ(text_from(Offset{3}), "");
}

TEST_P(EventLogContract, StopsABatchAtItsLimits) {
    for (int i = 0; i < 5; ++i) append("0123456789");

    const auto by_records = reader();
    Batch batch = next(*by_records, {.max_records = 2, .wait = {}});
    EXPECT_EQ(batch.records.size(), 2U);
    EXPECT_FALSE(batch.at_end_since);
    EXPECT_EQ(batch.next, Offset{2});

    const auto by_bytes = reader();
    batch = next(*by_bytes, {.max_bytes = 12, .wait = {}});
    EXPECT_EQ(batch.records.size(), 2U);
    EXPECT_FALSE(batch.at_end_since);
}

TEST_P(EventLogContract, ShowsAReaderOnlyWhatSurvivesPowerLoss) {
    append("durable");
    const auto source = reader(Offset{1});
    under_test_->hold_sync();
    std::future<Result<Offset>> answer = send(log(), record_of("not yet durable"));

    EXPECT_THAT(next(*source).records, IsEmpty());
    EXPECT_EQ(state().end, Offset{1});
    EXPECT_EQ(answer.wait_for(std::chrono::seconds(0)), std::future_status::timeout);

    under_test_->release_sync();
    EXPECT_EQ(answer.get().value_or(Offset{-1}), Offset{1});
    EXPECT_EQ(text_from(Offset{1}), "not yet durable\n");
}

TEST_P(EventLogContract, SaysThatTheEndWasReachedAndWhen) {
    append("first");
    clock_.advance(std::chrono::seconds(5));
    const auto source = reader();

    const Batch batch = next(*source);

    ASSERT_TRUE(batch.at_end_since);
    EXPECT_LE(*batch.at_end_since, now());
    EXPECT_GE(*batch.at_end_since, now() - std::chrono::seconds(5));
}

TEST_P(EventLogContract, NeverShowsALaterRecordWithATimeBeforeTheEndThatWasReached) {
    const auto source = reader();
    Moment complete{};
    std::jthread writer([&] {
        for (int i = 0; i < 200; ++i) {
            clock_.advance(std::chrono::microseconds(i % 7 == 0 ? -500 : 300));
            append("event");
        }
    });
    for (int records = 0; records < 200;) {
        const Batch batch = next(*source, kLongWait);
        for (const StoredRecord& record : batch.records) {
            EXPECT_GE(record.append_time, complete);
            records += record.event_count;
        }
        if (batch.at_end_since) complete = std::max(complete, *batch.at_end_since);
    }
}

TEST_P(EventLogContract, KeepsAppendTimesFromFallingWhenTheClockGoesBack) {
    if (GetParam().has_own_clock) GTEST_SKIP() << "its clock is not ours to set";
    const Moment start = clock_.now();
    append("first");
    clock_.set(start - std::chrono::hours(3));
    append("second");
    clock_.set(start + std::chrono::hours(1));
    append("third");

    const auto source = reader();
    std::vector<Moment> times;
    for (const StoredRecord& record : next(*source).records) times.push_back(record.append_time);

    EXPECT_THAT(times, ElementsAre(start, start, start + std::chrono::hours(1)));
}

TEST_P(EventLogContract, WakesAWaitingReader) {
    const auto source = reader();
    std::future<Batch> waiting =
        std::async(std::launch::async, [&] { return next(*source, kLongWait); });

    append("awaited");

    EXPECT_EQ(waiting.get().records.size(), 1U);
}

TEST_P(EventLogContract, LetsAWaitingReaderGoWhenAskedToStop) {
    const auto source = reader();
    std::stop_source stop;
    std::future<Result<Batch>> waiting =
        std::async(std::launch::async, [&] { return source->next(kLongWait, stop.get_token()); });

    stop.request_stop();

    ASSERT_EQ(waiting.wait_for(std::chrono::seconds(20)), std::future_status::ready);
    const Result<Batch> batch = waiting.get();
    ASSERT_TRUE(batch);
    EXPECT_THAT(batch->records, IsEmpty());
}

TEST_P(EventLogContract, RefusesAPositionAboveItsEnd) {
    append("first");

    const auto opened = log().read(kPartition, Offset{2});

    ASSERT_FALSE(opened);
    EXPECT_EQ(opened.error().code, ErrorCode::Conflict);
}

TEST_P(EventLogContract, RefusesAPositionThatRetentionHasPassed) {
    for (int i = 0; i < 4; ++i) append("event", 2);
    const auto behind = reader(Offset{1});

    under_test_->trim(Offset{2});

    EXPECT_EQ(state().first, Offset{2});
    EXPECT_EQ(state().end, Offset{4});
    expect_totals(8, 4);
    const auto opened = log().read(kPartition, Offset{1});
    ASSERT_FALSE(opened);
    EXPECT_EQ(opened.error().code, ErrorCode::NotFound);
    const auto passed = behind->next(kNoWait, {});
    ASSERT_FALSE(passed);
    EXPECT_EQ(passed.error().code, ErrorCode::NotFound);
}

TEST_P(EventLogContract, CountsNothingAsLostBehindRetention) {
    for (int i = 0; i < 4; ++i) append("event", 2);
    under_test_->trim(Offset{2});

    const auto source = reader(Offset{2});
    const Batch batch = next(*source);

    ASSERT_EQ(batch.records.size(), 2U);
    EXPECT_EQ(batch.records[0].lost_before, 0);
    EXPECT_EQ(batch.records[1].lost_before, 0);
}

TEST_P(EventLogContract, RefusesARecordOverItsLimit) {
    Record huge{.payload = std::string(kMaxRecordBytes + 1, 'x'), .event_count = 1};

    const Result<Offset> answer = send(log(), std::move(huge)).get();

    ASSERT_FALSE(answer);
    EXPECT_EQ(answer.error().code, ErrorCode::TooMuch);
    EXPECT_EQ(state().end, Offset{0});
}

TEST_P(EventLogContract, TakesARecordOfExactlyItsLimit) {
    Record large{.payload = std::string(kMaxRecordBytes - 1, 'x') + "\n", .event_count = 1};

    EXPECT_TRUE(send(log(), std::move(large)).get());
    EXPECT_EQ(text_from({}).size(), static_cast<size_t>(kMaxRecordBytes));
}

TEST_P(EventLogContract, RefusesARecordWithoutEvents) {
    EXPECT_EQ(send(log(), {}).get().error().code, ErrorCode::InvalidInput);
}

TEST_P(EventLogContract, RefusesAPartitionThatItDoesNotHave) {
    for (const int32_t partition : {-1, 1}) {
        const PartitionId unknown{partition};
        EXPECT_EQ(send(log(), record_of("x"), unknown).get().error().code, ErrorCode::InvalidInput);
        EXPECT_FALSE(log().state(unknown));
        EXPECT_FALSE(log().read(unknown, {}));
    }
}

TEST_P(EventLogContract, AnswersAtOnceWhenItsQueueIsFull) {
    open({.max_queue_bytes = 1000});
    under_test_->hold_sync();
    std::vector<std::future<Result<Offset>>> answers;
    for (int i = 0; i < 40; ++i) answers.push_back(send(log(), record_of(std::string(99, 'x'))));

    const Result<Offset> last = answers.back().get();  // while all others still wait
    under_test_->release_sync();

    ASSERT_FALSE(last);
    EXPECT_EQ(last.error().code, ErrorCode::TooMuch);
    answers.pop_back();
    const auto stored = std::count_if(answers.begin(), answers.end(),
                                      [](auto& answer) { return answer.get().has_value(); });
    EXPECT_GE(stored, 10);
    EXPECT_LE(stored, 21);  // one queue that waits, and one that is being written
}

TEST_P(EventLogContract, AnswersEveryAppendOnceWhenItIsClosed) {
    under_test_->hold_sync();
    std::atomic<int> answers = 0;
    for (int i = 0; i < 50; ++i)
        log().append(kPartition, record_of("event"), [&](Result<Offset>) { ++answers; });

    std::future<void> closing = std::async(std::launch::async, [&] { under_test_->close(); });
    under_test_->release_sync();
    closing.get();

    EXPECT_EQ(answers, 50);
}

TEST_P(EventLogContract, SaysWhyAppendsFailAndGoesOnByItself) {
    append("before");
    EXPECT_TRUE(log().health());

    under_test_->fail_appends();
    const Result<Offset> refused = send(log(), record_of("while the disk is full")).get();
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, ErrorCode::Unavailable);
    EXPECT_FALSE(log().health());

    under_test_->heal();
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(20);
    while (!send(log(), record_of("after")).get()) {
        ASSERT_LT(std::chrono::steady_clock::now(), deadline);
        std::this_thread::yield();
    }
    EXPECT_TRUE(log().health());
    EXPECT_EQ(text_from({}), "before\nafter\n");
}

TEST_P(EventLogContract, KeepsEveryAppendOfManyThreadsForManyReaders) {
    constexpr int kWriters = 4;
    constexpr int kEach = 200;
    std::vector<std::jthread> threads;
    for (int writer = 0; writer < kWriters; ++writer) {
        threads.emplace_back([&, writer] {
            std::vector<std::future<Result<Offset>>> answers;
            for (int i = 0; i < kEach; ++i)
                answers.push_back(send(log(), record_of(std::to_string(writer * kEach + i))));
            for (auto& answer : answers) EXPECT_TRUE(answer.get());
        });
    }
    std::vector<std::future<std::string>> readers;
    for (int i = 0; i < 3; ++i) {
        readers.push_back(std::async(std::launch::async, [&] {
            const auto source = reader();
            std::string text;
            for (int events = 0; events < kWriters * kEach;) {
                for (const StoredRecord& record : next(*source, kLongWait).records) {
                    text += record.payload;
                    events += record.event_count;
                }
            }
            return text;
        }));
    }
    threads.clear();

    const std::string text = readers[0].get();
    EXPECT_EQ(readers[1].get(), text);
    EXPECT_EQ(readers[2].get(), text);
    std::map<int, int> seen;  // number -> place; those of one writer come in its order
    std::istringstream lines(text);
    int place = 0;
    for (std::string each; std::getline(lines, each);) seen[std::stoi(each)] = place++;
    EXPECT_EQ(seen.size(), static_cast<size_t>(kWriters * kEach));
    for (const auto& [number, at] : seen) {
        EXPECT_TRUE(number % kEach == 0 || at > seen[number - 1]) << number;
    }
}

TEST_P(EventLogContract, CountsOffsetsWithSixtyFourBits) {
    if (!GetParam().starts_anywhere) GTEST_SKIP() << "it begins at 0";
    constexpr int64_t kFar = (int64_t{1} << 53) + 1;
    open({.first_offset = Offset{kFar}});

    EXPECT_EQ(append("far"), Offset{kFar});
    EXPECT_EQ(state().end, Offset{kFar + 1});
    EXPECT_EQ(text_from(Offset{kFar}), "far\n");
    EXPECT_FALSE(log().read(kPartition, Offset{std::numeric_limits<int64_t>::max()}));
}

INSTANTIATE_TEST_SUITE_P(EveryBackend, EventLogContract, testing::ValuesIn(event_log_backends()),
                         [](const auto& suite) { return suite.param.name; });

}  // namespace
}  // namespace clickmill::event_log
