#include "metrics_store/clickhouse/client.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace clickmill::metrics_store {
namespace {

using testing::HasSubstr;
using testing::Not;

TEST(ClickHouseUrl, NamesServerUserAndDatabase) {
    const auto address = parse_clickhouse_url("clickhouse://ann:p%40ss@db:9000/clicks");
    ASSERT_TRUE(address) << address.error().message();
    EXPECT_EQ(address->url, "http://db:9000/");
    EXPECT_EQ(address->user, "ann");
    EXPECT_EQ(address->password, "p@ss");
    EXPECT_EQ(address->database, "clicks");
}

TEST(ClickHouseUrl, HasThePortsThatClickHouseHas) {
    EXPECT_EQ(parse_clickhouse_url("clickhouse://db")->url, "http://db:8123/");
    EXPECT_EQ(parse_clickhouse_url("clickhouses://db/x")->url, "https://db:8443/");
    EXPECT_EQ(parse_clickhouse_url("clickhouse://db")->database, "default");
    EXPECT_EQ(parse_clickhouse_url("clickhouse://[::1]:8123/x")->url, "http://[::1]:8123/");
}

TEST(ClickHouseUrl, RefusesAnythingElseWithoutRepeatingIt) {
    for (const char* url : {"clickhouse://ann:secret@db/a/b", "clickhouse://ann:secret@db/a?b=c",
                            "postgresql://ann:secret@db/a", "secret", "clickhouse://"}) {
        const auto address = parse_clickhouse_url(url);
        ASSERT_FALSE(address) << url;
        EXPECT_EQ(address.error().code, ErrorCode::InvalidInput);
        EXPECT_THAT(address.error().message(), HasSubstr("clickhouse://user:password@host:8123"));
        EXPECT_THAT(address.error().message(), Not(HasSubstr("secret")));
    }
}

TEST(ClickHouseText, IsEscapedAsAFieldAndQuotedWithinAList) {
    EXPECT_EQ(escaped_text(std::string("it's\t\\\n\0!", 9)), R"(it\'s\t\\\n\0!)");
    EXPECT_EQ(quoted_text("it's"), R"('it\'s')");
}

TEST(ClickHouseClient, SaysWhereNobodyAnswers) {
    ChClient client({.url = "http://127.0.0.1:1/"}, {});
    const auto answer = client.query("SELECT 1");
    ASSERT_FALSE(answer);
    EXPECT_EQ(answer.error().code, ErrorCode::Unavailable);
    EXPECT_THAT(answer.error().message(), HasSubstr("http://127.0.0.1:1/"));
}

}  // namespace
}  // namespace clickmill::metrics_store
