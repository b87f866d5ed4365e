#include "http/message.h"

#include "http/proxies.h"
#include "http/response_writer.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace clickmill::http {
namespace {

using testing::HasSubstr;
using testing::Not;

TEST(Head, FindsFieldsWithoutRegardToCase) {
    Head head;
    head.headers = {{"X-Name", "1"}, {"x-name", "2"}};
    EXPECT_EQ(head.header("x-NAME"), "1");
    EXPECT_EQ(head.header("x-names"), "");
}

TEST(Head, DecodesParametersInTheirOrder) {
    Head head;
    head.query = "a=1&b=%C3%A9+x&&a=2&c&broken=%zz";
    using Pairs = std::vector<std::pair<std::string, std::string>>;
    EXPECT_EQ(head.parameters(),
              (Pairs{{"a", "1"}, {"b", "é x"}, {"a", "2"}, {"c", ""}, {"broken", "%zz"}}));
    EXPECT_EQ(head.parameter("a"), "1");
    EXPECT_EQ(head.parameter("d"), std::nullopt);
}

TEST(Head, FindsACookieAmongOthers) {
    Head head;
    head.headers = {{"Cookie", "a=1; session=x=y"}, {"cookie", "b=2"}};
    EXPECT_EQ(head.cookie("session"), "x=y");
    EXPECT_EQ(head.cookie("b"), "2");
    EXPECT_EQ(head.cookie("c"), "");
}

TEST(PercentDecode, RefusesBrokenEscapes) {
    EXPECT_EQ(percent_decode("a%20b+c", true), "a b c");
    EXPECT_EQ(percent_decode("a+c", false), "a+c");
    for (const char* broken : {"%", "%2", "%g0", "%0g"}) {
        EXPECT_EQ(percent_decode(broken, true), std::nullopt);
    }
}

TEST(AcceptsGzip, ReadsTheList) {
    for (const char* yes : {"gzip", "br, gzip", "gzip;q=0.5", "*", "deflate, gzip;q=1.0, *;q=0"}) {
        EXPECT_TRUE(accepts_gzip(yes)) << yes;
    }
    for (const char* no : {"", "br", "gzip;q=0", "gzip;q=0.000", "xgzip"}) {
        EXPECT_FALSE(accepts_gzip(no)) << no;
    }
}

TEST(AppendResponse, NeverLetsATextBreakALine) {
    std::string out;
    append_response(out, {.headers = {{"X-A", "b\r\nSet-Cookie: c"}}, .body = "d"}, {});
    EXPECT_THAT(out, HasSubstr("X-A: bSet-Cookie: c\r\n"));
    EXPECT_THAT(out, Not(HasSubstr("\nSet-Cookie")));
}

TEST(AppendResponse, LeavesTheBodyOutWhereThereIsNone) {
    std::string head, none;
    append_response(head, {.body = "text"}, {.is_head = true});
    EXPECT_THAT(head, HasSubstr("Content-Length: 4\r\n"));
    EXPECT_TRUE(head.ends_with("\r\n\r\n"));
    append_response(none, {.status = 204}, {});
    EXPECT_EQ(none, "HTTP/1.1 204 No Content\r\n\r\n");
}

TEST(TrustedProxies, BelievesTheFirstAddressThatIsNotAProxy) {
    const auto proxies = *TrustedProxies::parse({"10.0.0.0/8", "::1", "192.0.2.7"});
    EXPECT_EQ(proxies.client_of("10.1.1.1", "203.0.113.9, 198.51.100.4, 10.2.2.2"), "198.51.100.4");
    EXPECT_EQ(proxies.client_of("::1", "2001:db8::5"), "2001:db8::5");
    EXPECT_EQ(proxies.client_of("192.0.2.7", ""), "192.0.2.7");
    EXPECT_EQ(proxies.client_of("192.0.2.7", "junk, 10.0.0.1"), "10.0.0.1");
}

TEST(TrustedProxies, BelievesNothingThatAStrangerSays) {
    const auto proxies = *TrustedProxies::parse({"10.0.0.0/8"});
    EXPECT_EQ(proxies.client_of("192.0.2.1", "203.0.113.9"), "192.0.2.1");
    EXPECT_EQ(TrustedProxies::parse({})->client_of("10.0.0.1", "203.0.113.9"), "10.0.0.1");
}

TEST(TrustedProxies, NamesWhatIsNoAddress) {
    for (const char* broken : {"10.0.0.0/33", "proxy.example", "10.0.0.1/", "10.0.0.1/x", ""}) {
        const auto parsed = TrustedProxies::parse({broken});
        ASSERT_FALSE(parsed) << broken;
        EXPECT_EQ(parsed.error().code, ErrorCode::InvalidInput);
    }
}

}  // namespace
}  // namespace clickmill::http
