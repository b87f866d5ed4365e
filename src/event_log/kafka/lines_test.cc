#include "event_log/kafka/lines.h"

#include <gmock/gmock.h>

#include <string>

namespace clickmill::event_log::kafka {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

TEST(PackedLines, StandAloneWithoutTheirNewlineWhenARecordHoldsOneEvent) {
    EXPECT_THAT(packed("{\"a\":1}\n{\"b\":2}\n", 1, 1'000), ElementsAre("{\"a\":1}", "{\"b\":2}"));
}

TEST(PackedLines, FillARecordUpToItsNumberOfLines) {
    EXPECT_THAT(packed("1\n2\n3\n4\n5\n", 2, 1'000), ElementsAre("1\n2\n", "3\n4\n", "5\n"));
}

TEST(PackedLines, CloseARecordOnceItHasItsBytes) {
    EXPECT_THAT(packed("1111\n22\n3\n", 100, 4), ElementsAre("1111\n", "22\n3\n"));
}

TEST(PackedLines, KeepALastLineWithoutANewline) {
    EXPECT_THAT(packed("1\n2", 10, 1'000), ElementsAre("1\n2"));
    EXPECT_THAT(packed("", 10, 1'000), IsEmpty());
}

TEST(CountedLines, NeedNoNewlineAtTheEnd) {
    EXPECT_EQ(count_lines("{\"a\":1}"), 1);
    EXPECT_EQ(count_lines("1\n2\n3\n"), 3);
    EXPECT_EQ(count_lines("1\n2\n3"), 3);
}

TEST(CountedLines, AreNotBlank) {
    EXPECT_EQ(count_lines("1\n\n2\n \r\n"), 2);
}

TEST(CountedLines, AreOneWhereThereIsNothingToRead) {
    EXPECT_EQ(count_lines(""), 1);
}

TEST(WhoInALine, IsTheFirstOfThreeIdsThatIsThere) {
    EXPECT_EQ(who_in(R"({"user_id":"ann","anonymous_id":"a1","session_id":"s1"})"), "ann");
    EXPECT_EQ(who_in(R"({"session_id": "s1", "user_id" :	"ann"})"), "ann");
    EXPECT_EQ(who_in(R"({"session_id":"s1","anonymous_id":"a1"})"), "a1");
    EXPECT_EQ(who_in(R"({"user_id":"","session_id":"s1"})"), "s1");
    EXPECT_EQ(who_in(R"({"user_id":null,"session_id":"s1"})"), "s1");
    EXPECT_EQ(who_in(R"({"feature_id":"pay"})"), "");
}

TEST(WhoInALine, IsNoTextThatLooksLikeIt) {
    EXPECT_EQ(who_in(R"({"properties":{"user_id":"bob"},"user_id":"ann"})"), "ann");
    EXPECT_EQ(who_in(R"({"properties":{"user_id":"bob"}})"), "");
    EXPECT_EQ(who_in(R"({"other":[{"user_id":"bob"}],"session_id":"s1"})"), "s1");
    EXPECT_EQ(who_in(R"({"page":"\"user_id\":\"bob\"","session_id":"s1"})"), "s1");
    EXPECT_EQ(who_in(R"({"page":"user_id","session_id":"s1"})"), "s1");
    EXPECT_EQ(who_in(R"({"user_id":"a\"b"})"), "") << "with escapes it is not what the client sent";
}

TEST(WhoInALine, SurvivesAnyBytes) {
    for (const char* line :
         {"", "\"", "{\"", "{\"user_id", "{\"user_id\"", "{\"user_id\":", "{\"user_id\": \"",
          "{\"user_id\":\"a", "{\"user_id\":\"a\\", "}}}\"user_id\":\"a\"", "[[["}) {
        EXPECT_LE(who_in(line).size(), 1U) << line;
    }
}

}  // namespace
}  // namespace clickmill::event_log::kafka
