#include "event_log/unreadable_log.h"

#include "event_log/append_all.h"
#include "event_log/memory/memory_event_log.h"

#include <gmock/gmock.h>

namespace clickmill::event_log {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

std::vector<UnreadableEntry> entries_of(EventLog& log) {
    std::vector<UnreadableEntry> entries;
    const auto read = for_each_unreadable(log, [&](UnreadableEntry entry) -> Result<void> {
        entries.push_back(std::move(entry));
        return {};
    });
    EXPECT_TRUE(read) << read.error().message();
    return entries;
}

std::vector<std::string> payloads_of(EventLog& log) {
    std::vector<std::string> payloads;
    for (UnreadableEntry& entry : entries_of(log)) payloads.push_back(std::move(entry.payload));
    return payloads;
}

UnreadableEntry entry_at(int64_t offset, std::string payload) {
    return {.origin = {"clicks", PartitionId{3}, Offset{offset}},
            .append_time = moment_of(77),
            .reason = "no event",
            .payload = std::move(payload)};
}

TEST(UnreadableEntry, IsTheSameAfterItsLine) {
    for (const std::string& payload :
         {std::string("{\"a\": 1}\n\"two\"\n"), std::string("\0\xff\xfe{", 4), std::string()}) {
        UnreadableEntry entry = entry_at(12, payload);
        entry.sending_since = moment_of(99);
        const auto read = unreadable_entry_of(line_of(entry));
        ASSERT_TRUE(read) << read.error().message();
        EXPECT_EQ(read->origin, entry.origin);
        EXPECT_EQ(read->append_time, entry.append_time);
        EXPECT_EQ(read->reason, entry.reason);
        EXPECT_EQ(read->payload, payload);
        EXPECT_EQ(read->cut_bytes, 0);
        EXPECT_EQ(read->sending_since, entry.sending_since);
    }
}

TEST(UnreadableEntry, FitsIntoARecordWhateverItsBytes) {
    for (const char byte : {'\0', 'a', '\xff'}) {
        const std::string payload(2'000'000, byte);
        const std::string line = line_of(entry_at(1, payload));
        EXPECT_LE(static_cast<int64_t>(line.size()), kMaxRecordBytes);
        EXPECT_EQ(line.find('\n'), line.size() - 1);
        const auto read = unreadable_entry_of(line);
        ASSERT_TRUE(read);
        EXPECT_EQ(read->payload, payload.substr(0, kMaxKeptBytes));
        EXPECT_EQ(read->cut_bytes, 2'000'000 - static_cast<int64_t>(kMaxKeptBytes));
        EXPECT_EQ(line_of(*read), line);  // what was cut stays known
    }
}

TEST(UnreadableEntry, RefusesOtherLines) {
    for (const char* line : {"", "null", "{", "{}", R"({"log":"clicks","partition":"3"})"}) {
        const auto read = unreadable_entry_of(line);
        ASSERT_FALSE(read) << line;
        EXPECT_EQ(read.error().code, ErrorCode::InvalidInput);
    }
}

class UnreadableLogTest : public testing::Test {
protected:
    Result<void> keep(std::vector<Unreadable> unreadable) {
        return log_.keep(PartitionId{3}, unreadable);
    }

    ManualClock clock_{moment_of(0)};
    MemoryEventLog* opened_ = nullptr;
    Result<void> may_open_;
    int opens_ = 0;
    telemetry::Registry registry_;
    std::unique_ptr<telemetry::Logger> logger_ = telemetry::make_silent_logger();
    UnreadableLog log_{"clicks",
                       [this]() -> Result<std::unique_ptr<EventLog>> {
                           ++opens_;
                           RETURN_IF_ERROR(may_open_);
                           auto made = std::make_unique<MemoryEventLog>(MemoryOptions{}, clock_);
                           opened_ = made.get();
                           return made;
                       },
                       clock_, *logger_, registry_};
};

TEST_F(UnreadableLogTest, KeepsOriginReasonAndBytes) {
    ASSERT_TRUE(keep({{Offset{7}, moment_of(5), "why", "a\n"}, {Offset{9}, {}, "why", "b\n"}}));
    const auto entries = entries_of(*opened_);
    ASSERT_EQ(entries.size(), 2u);
    EXPECT_EQ(entries[0].origin, (Origin{"clicks", PartitionId{3}, Offset{7}}));
    EXPECT_EQ(entries[0].append_time, moment_of(5));
    EXPECT_EQ(entries[0].reason, "why");
    EXPECT_THAT(payloads_of(*opened_), ElementsAre("a\n", "b\n"));
    EXPECT_THAT(registry_.text(), HasSubstr("clickmill_aggregator_unreadable_kept_total 2"));
}

TEST_F(UnreadableLogTest, ShowsARecordThatWasFoldedTwiceOnce) {
    ASSERT_TRUE(keep({{Offset{7}, {}, "why", "a\n"}}));
    ASSERT_TRUE(keep({{Offset{7}, {}, "why", "a\n"}, {Offset{8}, {}, "why", "b\n"}}));
    EXPECT_THAT(payloads_of(*opened_), ElementsAre("a\n", "b\n"));
    EXPECT_EQ(opens_, 1);
}

TEST_F(UnreadableLogTest, CountsOnWithoutALogAndFindsItLater) {
    may_open_ = fail(ErrorCode::NotFound, "no topic", "", "");
    EXPECT_TRUE(keep({{Offset{7}, {}, "why", "a\n"}}));
    EXPECT_TRUE(keep({{Offset{8}, {}, "why", "b\n"}}));
    EXPECT_EQ(opens_, 1);  // it does not ask for each record
    EXPECT_THAT(registry_.text(), HasSubstr("clickmill_aggregator_unreadable_not_kept_total 2"));
    may_open_ = {};
    clock_.advance(std::chrono::minutes(1));
    EXPECT_TRUE(keep({{Offset{9}, {}, "why", "c\n"}}));
    EXPECT_THAT(payloads_of(*opened_), ElementsAre("c\n"));
}

TEST_F(UnreadableLogTest, SaysWhenItMayNotBeKept) {
    may_open_ = fail(ErrorCode::Unavailable, "no broker", "", "");
    EXPECT_EQ(keep({{Offset{7}, {}, "why", "a\n"}}).error().code, ErrorCode::Unavailable);
    may_open_ = {};
    ASSERT_TRUE(keep({{Offset{7}, {}, "why", "a\n"}}));
    opened_->fail_next_appends(1, {.code = ErrorCode::Unavailable});
    EXPECT_EQ(keep({{Offset{8}, {}, "why", "b\n"}}).error().code, ErrorCode::Unavailable);
    opened_->fail_next_appends(1, {.code = ErrorCode::TooMuch});
    EXPECT_TRUE(keep({{Offset{8}, {}, "why", "b\n"}})) << "it will never be taken";
    EXPECT_THAT(registry_.text(), HasSubstr("clickmill_aggregator_unreadable_not_kept_total 1"));
}

TEST_F(UnreadableLogTest, HidesWhatWasSentAgain) {
    ASSERT_TRUE(keep({{Offset{7}, {}, "why", "a\n"}, {Offset{8}, {}, "why", "b\nc\n"}}));
    auto entries = entries_of(*opened_);
    entries[0].payload.clear();
    entries[0].reason.clear();
    entries[1].payload = "c\n";
    ASSERT_TRUE(append_entries(*opened_, entries));
    EXPECT_THAT(payloads_of(*opened_), ElementsAre("c\n"));
}

TEST(ForEachUnreadable, FindsNothingInAnEmptyLog) {
    ManualClock clock{moment_of(0)};
    MemoryEventLog log({}, clock);
    EXPECT_THAT(payloads_of(log), IsEmpty());
}

}  // namespace
}  // namespace clickmill::event_log
