#include "event/text.h"

#include <gtest/gtest.h>

#include <string>

namespace clickmill::event {
namespace {

TEST(CleanText, IsUtf8OfEveryLength) {
    EXPECT_TRUE(is_clean("checkout.pay"));
    EXPECT_TRUE(is_clean("\xc3\xa9 \xe2\x82\xac \xf0\x9f\x98\x80 \xf4\x8f\xbf\xbf"));
    EXPECT_TRUE(is_clean(""));
}

TEST(CleanText, HasNoControlCharacters) {
    EXPECT_FALSE(is_clean(std::string_view("a\0b", 3)));
    for (const char* bad : {"\n", "\x1f", "\x7f", "\xc2\x80", "\xc2\x9f"})
        EXPECT_FALSE(is_clean(bad)) << bad;
    EXPECT_TRUE(is_clean("\xc2\xa0"));
}

TEST(CleanText, RefusesOverlongFormsSurrogatesAndTornSequences) {
    for (const char* bad : {"\xc0\xaf", "\xc1\xbf", "\xe0\x9f\xbf", "\xed\xa0\x80",
                            "\xf0\x8f\xbf\xbf", "\xf4\x90\x80\x80", "\xf5\x80\x80\x80", "\x80",
                            "\xc3", "\xe2\x82", "\xf0\x9f\x98", "\xff"}) {
        EXPECT_FALSE(is_clean(bad)) << bad;
    }
}

TEST(Id, HasOneTo128Bytes) {
    EXPECT_FALSE(is_id(""));
    EXPECT_TRUE(is_id(std::string(128, 'x')));
    EXPECT_FALSE(is_id(std::string(129, 'x')));
    EXPECT_FALSE(is_id(std::string(65, 'x'), kMaxEventIdBytes));
}

TEST(Id, IsNeverAValueThatAnswersUseThemselves) {
    for (const std::string_view reserved : {kAll, kOther, kNone, kRest})
        EXPECT_FALSE(is_id(reserved));
    EXPECT_TRUE(is_id("(mine)"));
}

}  // namespace
}  // namespace clickmill::event
