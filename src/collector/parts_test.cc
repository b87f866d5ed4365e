// The small parts of the collector: pages, rates, keys' origins, tokens of JSON.
#include "collector/json_text.h"
#include "collector/keys.h"
#include "collector/pages.h"
#include "collector/rate.h"

#include <gtest/gtest.h>

#include <set>

namespace clickmill::collector {
namespace {

TEST(PageNames, LeaveQueryAndFragmentOut) {
    const PageNames pages({});
    EXPECT_EQ(pages.name_of("/a/b?c=d#e"), "/a/b");
    EXPECT_EQ(pages.name_of("/a#b?c"), "/a");
    EXPECT_EQ(pages.name_of("Settings"), "Settings");
    EXPECT_EQ(pages.name_of("?a"), "");
}

TEST(PageNames, GiveManyPagesTheNameOfTheFirstPatternThatFits) {
    const PageNames pages({"/product/:id", "/product/:id/reviews", "/docs/*", "/:lang/help"});
    EXPECT_EQ(pages.name_of("/product/42"), "/product/:id");
    EXPECT_EQ(pages.name_of("https://shop.example/product/42?x"), "/product/:id");
    EXPECT_EQ(pages.name_of("/product/42/reviews"), "/product/:id/reviews");
    EXPECT_EQ(pages.name_of("/docs/a/b/c"), "/docs/*");
    EXPECT_EQ(pages.name_of("/de/help"), "/:lang/help");
    EXPECT_EQ(pages.name_of("/product/"), "/product/");
    EXPECT_EQ(pages.name_of("/product"), "/product");
    EXPECT_EQ(pages.name_of("/product/42/"), "/product/42/");
    EXPECT_EQ(pages.name_of("product/42"), "product/42");
}

TEST(PageNames, CutLongPagesBetweenCharacters) {
    const PageNames pages({});
    const std::string long_page = std::string(127, 'x') + "\xc3\xa9\xc3\xa9";
    EXPECT_EQ(pages.name_of(long_page), std::string(127, 'x'));
    EXPECT_EQ(pages.name_of(std::string(126, 'x') + "\xc3\xa9/"),
              std::string(126, 'x') + "\xc3\xa9");
}

TEST(Bucket, LetsInWhatTheRateAllowsInTheLongRun) {
    Bucket bucket;
    const Rate rate{.per_second = 100, .burst = 50};
    Bucket::Time now{};
    int64_t taken = 0;
    for (int millisecond = 0; millisecond < 10'000; ++millisecond) {
        now += std::chrono::milliseconds(1);
        if (bucket.wait(now, rate).count() > 0) continue;
        bucket.take(7, now, rate);
        taken += 7;
    }
    EXPECT_NEAR(static_cast<double>(taken), 100 * 10 + 50, 8);
}

TEST(Bucket, SaysHowLongToWait) {
    Bucket bucket;
    const Rate rate{.per_second = 10, .burst = 1};
    const Bucket::Time now{};
    bucket.take(21, now, rate);
    const auto wait = bucket.wait(now, rate);
    EXPECT_NEAR(std::chrono::duration<double>(wait).count(), 2.0, 0.001);
    EXPECT_EQ(bucket.wait(now + wait, rate).count(), 0);
    EXPECT_EQ(Bucket().wait(now, Rate{}).count(), 0) << "no rate, no limit";
}

TEST(JsonText, KnowsNumbers) {
    for (const char* yes :
         {"0", "-0", "10", "-1.5", "1e5", "1E+5", "0.0e-0", "123456789012345678901"})
        EXPECT_TRUE(is_json_number(yes)) << yes;
    for (const char* no : {"", "-", "01", "-01", "+1", "1.", ".5", "1e", "1e+", "0x1", "1a", "1 2",
                           "NaN", "Infinity", "--1", "1.2.3", "1_000"})
        EXPECT_FALSE(is_json_number(no)) << no;
}

TEST(JsonText, UndoesEscapes) {
    const auto text_of = [](std::string_view raw) {
        std::string arena;
        arena.reserve(raw.size());
        std::string_view text;
        switch (decode(raw, arena, text)) {
            case Decoded::Ok:
                return std::string(text);
            case Decoded::BadText:
                return std::string("bad text");
            case Decoded::BadEscape:
                break;
        }
        return std::string("bad escape");
    };
    EXPECT_EQ(text_of(R"(a\"\\\/\b\f\n\r\tz)"), "a\"\\/\b\f\n\r\tz");
    EXPECT_EQ(text_of(R"(\u0041\u00e9\u20AC\ud83d\ude00)"),
              "A\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80");
    for (const char* broken : {R"(\x41)", R"(\u12)", R"(\u12g4)", "\\", R"(\ud83d\u12)"})
        EXPECT_EQ(text_of(broken), "bad escape") << broken;
    for (const char* no_text :
         {R"(\ud83d)", R"(\ude00)", R"(\ud83d\ud83d)", R"(\ud83dx)", R"(\u0000)"})
        EXPECT_EQ(text_of(no_text), "bad text") << no_text;
}

TEST(JsonText, FindsTheEndOfAString) {
    const std::string json = R"("a\"b\\" , "c")";
    const auto token = string_token(json.data() + 1, json.data() + json.size());
    EXPECT_EQ(token.raw, R"(a\"b\\)");
    EXPECT_TRUE(token.has_escape);
    const std::string open = R"("abc\")";
    EXPECT_EQ(string_token(open.data() + 1, open.data() + open.size()).raw.data(), nullptr);
}

}  // namespace
}  // namespace clickmill::collector
