#include "server/retry_unreadable.h"

#include "event_log/memory/memory_event_log.h"

#include <gmock/gmock.h>

namespace clickmill::server {
namespace {

using event_log::MemoryEventLog;
using event_log::UnreadableEntry;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::MatchesRegex;

constexpr std::chrono::hours kWindow(24);

class RetryUnreadable : public testing::Test {
protected:
    void keep(int64_t offset, std::string payload, Moment sending_since = {},
              int32_t partition = 1) {
        const UnreadableEntry entry{.origin = {"clicks", PartitionId{partition}, Offset{offset}},
                                    .append_time = moment_of(55),
                                    .reason = "why",
                                    .payload = std::move(payload),
                                    .sending_since = sending_since};
        ASSERT_TRUE(event_log::append_entries(unreadable_, {&entry, 1}));
    }
    RetryReport retry(bool is_again = false) {
        const auto report = retry_unreadable(unreadable_, log_, {kWindow, is_again}, clock_.now());
        EXPECT_TRUE(report) << report.error().message();
        return report ? *report : RetryReport{};
    }
    // What stands in the log, a line each.
    std::vector<std::string> sent(int32_t partition = 1) {
        std::vector<std::string> payloads;
        const auto reader = *log_.read(PartitionId{partition}, {});
        const event_log::Batch batch = *reader->next({.wait = {}}, {});
        for (const auto& record : batch.records) payloads.push_back(record.payload);
        return payloads;
    }
    std::vector<std::string> left() {
        std::vector<std::string> payloads;
        EXPECT_TRUE(
            event_log::for_each_unreadable(unreadable_, [&](UnreadableEntry entry) -> Result<void> {
                payloads.push_back(entry.payload);
                return {};
            }));
        return payloads;
    }

    ManualClock clock_{moment_of(1'000'000'000'000)};
    MemoryEventLog unreadable_{{.answers_from_thread = false}, clock_};
    MemoryEventLog log_{{.partition_count = 2, .answers_from_thread = false}, clock_};
};

TEST_F(RetryUnreadable, SendsWhatCanBeReadToItsPartitionAndKeepsTheRest) {
    const std::string good = R"({"feature_id":"pay","event_id":"e1","received_at":9})";
    keep(7, good + "\nno event\n" + R"({"feature_id":""})" + "\n");
    keep(8, "no event\n");
    const RetryReport report = retry();
    EXPECT_EQ(report.events, 1);
    EXPECT_EQ(report.unreadable, 2);
    EXPECT_THAT(sent(), ElementsAre(good + "\n"));
    EXPECT_THAT(sent(0), IsEmpty());
    EXPECT_THAT(left(), ElementsAre("no event\n", "no event\n{\"feature_id\":\"\"}\n"));
}

TEST_F(RetryUnreadable, SendsNothingTwice) {
    keep(7, "{\"feature_id\":\"pay\"}\n");
    EXPECT_EQ(retry().events, 1);
    EXPECT_EQ(retry().events, 0);
    EXPECT_EQ(sent().size(), 1u);
    EXPECT_THAT(left(), IsEmpty());
}

// A repeat meets its first copy, and the hour is the one in which the click came.
TEST_F(RetryUnreadable, GivesIdsAndTheMomentWhereALineHasNone) {
    const std::string same = "{\"feature_id\":\"pay\",\"event_id\":\"\"} \n";
    keep(7, same + same);
    EXPECT_EQ(retry().events, 2);
    const auto first = sent();
    ASSERT_EQ(first.size(), 1u);
    const std::string line =
        R"(\{"feature_id":"pay","event_id":"","event_id":"1-7-[0-9a-f]+-X","received_at":55\})"
        "\n";
    const auto numbered = [&line](const char* number) {
        return std::string(line).replace(line.find('X'), 1, number);
    };
    EXPECT_THAT(first.front(), MatchesRegex(numbered("0") + numbered("1")));
    keep(7, same + same);  // as an aggregator that died before its commit would
    EXPECT_EQ(retry().events, 2);
    EXPECT_THAT(sent(), ElementsAre(first.front(), first.front()));
}

TEST_F(RetryUnreadable, LeavesWhatMayHaveBeenSentLongAgo) {
    keep(7, "{\"feature_id\":\"pay\"}\n", clock_.now() - kWindow);
    keep(8, "{\"feature_id\":\"buy\"}\n", clock_.now() - kWindow + std::chrono::seconds(1));
    RetryReport report = retry();
    EXPECT_EQ(report.events, 1);
    EXPECT_EQ(report.in_doubt, 1);
    EXPECT_THAT(sent(), ElementsAre(HasSubstr("buy")));
    report = retry(true);
    EXPECT_EQ(report.events, 1);
    EXPECT_EQ(report.in_doubt, 0);
    EXPECT_THAT(left(), IsEmpty());
}

TEST_F(RetryUnreadable, MarksBeforeItSends) {
    keep(7, "{\"feature_id\":\"pay\"}\n");
    log_.fail_next_appends(1, {.code = ErrorCode::Unavailable});
    EXPECT_FALSE(retry_unreadable(unreadable_, log_, {kWindow, false}, clock_.now()));
    clock_.advance(kWindow);
    EXPECT_EQ(retry().in_doubt, 1);
    EXPECT_THAT(sent(), IsEmpty());
}

TEST_F(RetryUnreadable, LeavesWhatWasCutOrHasNoPartition) {
    keep(7, "{\"feature_id\":\"pay\"}\n", {}, 2);
    keep(8, std::string(event_log::kMaxKeptBytes, '\n') + "{\"feature_id\":\"pay\"}\n");
    EXPECT_EQ(retry().unreadable, 2);
    EXPECT_EQ(left().size(), 2u);
}

// More than one round of sending.
TEST_F(RetryUnreadable, SendsManyRecords) {
    for (int i = 0; i < 1'201; ++i) keep(i, "{\"feature_id\":\"pay\"}\n");
    EXPECT_EQ(retry().events, 1'201);
    EXPECT_EQ(sent().size(), 1'201u);
    EXPECT_THAT(left(), IsEmpty());
}

}  // namespace
}  // namespace clickmill::server
