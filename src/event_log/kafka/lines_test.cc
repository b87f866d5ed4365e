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

}  // namespace
}  // namespace clickmill::event_log::kafka
