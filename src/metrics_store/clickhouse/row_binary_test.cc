#include "metrics_store/clickhouse/row_binary.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace clickmill::metrics_store {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

TEST(RowBinary, ReadsWhatItWrites) {
    const std::string long_text(300, 'x');
    RowBinaryWriter rows;
    rows.integer(-2).integer(INT64_MIN).text("").text(long_text).length(2).integer(7).integer(8);
    rows.length(1).text("a\0b");
    RowBinaryReader reader(rows.bytes());
    EXPECT_EQ(reader.integer(), -2);
    EXPECT_EQ(reader.integer(), INT64_MIN);
    EXPECT_EQ(reader.text(), "");
    EXPECT_EQ(reader.text(), long_text);
    EXPECT_THAT(reader.integers(), ElementsAre(7, 8));
    EXPECT_THAT(reader.texts(), ElementsAre("a"));
    EXPECT_TRUE(reader.is_at_end());
    EXPECT_TRUE(reader.is_whole());
}

// Bytes as ClickHouse 26.9 gave them for SELECT toUInt128(12), toNullable(toInt64(3)),
// NULL::Nullable(Int64)
TEST(RowBinary, WritesWideNumbersAndNullsAsClickHouseDoes) {
    RowBinaryWriter rows;
    rows.wide(0, 12).nullable(3).null();
    const std::string wanted = std::string("\x0c") + std::string(15, '\0') + std::string(1, '\0') +
                               "\x03" + std::string(7, '\0') + "\x01";
    EXPECT_EQ(rows.bytes(), wanted);
}

TEST(RowBinary, NoticesAnAnswerThatIsCutShort) {
    RowBinaryWriter rows;
    rows.integer(1).text("hello").length(3).integer(1).integer(2).integer(3);
    for (size_t length = 0; length < rows.bytes().size(); ++length) {
        RowBinaryReader reader(std::string_view(rows.bytes()).substr(0, length));
        reader.integer();
        reader.text();
        reader.integers();
        EXPECT_FALSE(reader.is_whole()) << length;
    }
    const std::string ones(20, '\xff');
    RowBinaryReader endless(ones);
    EXPECT_THAT(endless.integers(), IsEmpty());
}

TEST(RowBinary, KnowsTheTypesThatQuestionsAskFor) {
    RowBinaryWriter answer;
    answer.length(4);
    for (int i = 0; i < 4; ++i) answer.text("name");
    answer.text("Int64")
        .text("LowCardinality(String)")
        .text("Nullable(Int64)")
        .text("SimpleAggregateFunction(max, UInt8)");
    RowBinaryReader reader(answer.bytes());
    const auto columns = read_columns(reader);
    ASSERT_TRUE(columns) << columns.error().message();
    ASSERT_EQ(columns->size(), 4U);
    EXPECT_EQ((*columns)[0].width, 8U);
    EXPECT_EQ((*columns)[1].kind, RowBinaryColumn::Kind::Text);
    EXPECT_TRUE((*columns)[2].is_nullable);
    EXPECT_EQ((*columns)[3].kind, RowBinaryColumn::Kind::Unsigned);
    EXPECT_EQ((*columns)[3].width, 1U);
}

TEST(RowBinary, RefusesATypeThatItDoesNotKnow) {
    RowBinaryWriter answer;
    answer.length(1).text("name").text("Float64");
    RowBinaryReader reader(answer.bytes());
    const auto columns = read_columns(reader);
    ASSERT_FALSE(columns);
    EXPECT_EQ(columns.error().code, ErrorCode::Internal);
    EXPECT_THAT(columns.error().message(), testing::HasSubstr("Float64"));
}

}  // namespace
}  // namespace clickmill::metrics_store
