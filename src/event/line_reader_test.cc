#include "event/line_reader.h"

#include <gtest/gtest.h>

namespace clickmill::event {
namespace {

constexpr Moment kFallback = moment_of(42);

class Lines {
public:
    explicit Lines(std::string payload, Reads reads = Reads::Labels)
        : reader_(reads), payload_(std::move(payload)) {
        payload_.reserve(payload_.size() + kPadding);
        lines_ = reader_.read(payload_, kFallback);
    }
    size_t size() const { return lines_.size(); }
    const Line& operator[](size_t i) const { return lines_[i]; }

private:
    LineReader reader_;
    std::string payload_;
    std::span<const Line> lines_;
};

Event full_event() {
    Event event;
    event.project = "shop";
    event.received_at = moment_of(1'763'900'000'123'456);
    event.event_id = "k3JdX9.1f#17";
    event.feature_id = "checkout.pay";
    event.user_id = "u_81";
    event.anonymous_id = "a_1";
    event.session_id = "s_5";
    event.page = "/checkout";
    event.platform = "web";
    event.app_version = "4.12.0";
    event.device = "desktop";
    event.browser = "Firefox";
    event.os = "Linux";
    event.locale = "de-DE";
    event.country = "DE";
    event.region = "BY";
    event.experiments = {{"new_pay", "B"}, {"layout", "wide"}};
    event.properties_json = R"({"plan":"pro","seats":3,"trial":true,"nested":{"a":1}})";
    event.client_timestamp = "1763900000001";
    event.other = R"("unknown":[1,{"feature_id":"not this one"}])";
    event.bot = true;
    return event;
}

TEST(Line, ReadsBackAsItWasWritten) {
    std::string payload;
    append_line(payload, full_event());
    const Lines lines(payload, Reads::Properties);
    ASSERT_EQ(lines.size(), 1u);
    ASSERT_TRUE(lines[0].readable) << lines[0].error;
    const Event& event = lines[0].event;
    EXPECT_EQ(event.project, "shop");
    EXPECT_EQ(microseconds_of(event.received_at), 1'763'900'000'123'456);
    EXPECT_EQ(event.event_id, "k3JdX9.1f#17");
    EXPECT_EQ(event.feature_id, "checkout.pay");
    EXPECT_EQ(event.user_id, "u_81");
    EXPECT_EQ(event.anonymous_id, "a_1");
    EXPECT_EQ(event.session_id, "s_5");
    EXPECT_EQ(event.page, "/checkout");
    EXPECT_EQ(event.platform, "web");
    EXPECT_EQ(event.app_version, "4.12.0");
    EXPECT_EQ(event.device, "desktop");
    EXPECT_EQ(event.browser, "Firefox");
    EXPECT_EQ(event.os, "Linux");
    EXPECT_EQ(event.locale, "de-DE");
    EXPECT_EQ(event.country, "DE");
    EXPECT_EQ(event.region, "BY");
    EXPECT_TRUE(event.bot);
    ASSERT_EQ(event.experiments.size(), 2u);
    EXPECT_EQ(event.experiments[1].name, "layout");
    EXPECT_EQ(event.experiments[1].value, "wide");
    ASSERT_EQ(event.properties.size(), 3u);
    EXPECT_EQ(event.properties[1].name, "seats");
    EXPECT_EQ(event.properties[1].value, "3");
    EXPECT_EQ(event.properties[2].value, "true");
}

// The archive keeps all of a line: what was read is written again as it was.
TEST(Line, ReadAsAWholeIsWrittenAgainAsItWas) {
    std::string payload;
    append_line(payload, full_event());
    const Lines lines(payload, Reads::Everything);
    ASSERT_TRUE(lines[0].readable) << lines[0].error;
    std::string again;
    append_line(again, lines[0].event);
    EXPECT_EQ(again, payload);
}

TEST(Line, IsAnEventOrNotHoweverMuchOfItIsRead) {
    for (const std::string member :
         {R"("x":@)", R"("x":tru)", R"("x":[1,])", R"("x":{"a":})", R"("properties":7)",
          R"("properties":[1])", R"("client_timestamp":{"a":1})", R"("x":"\ud800")",
          R"("\u0041":1)", R"("x":nul,"y":[[[1]]])", R"("x":1e999)", R"("x":)", R"("x")"}) {
        const std::string line = R"({"feature_id":"pay",)" + member + "}";
        const Lines labels(line);
        const Lines all(line, Reads::Everything);
        ASSERT_EQ(labels.size(), all.size()) << line;
        EXPECT_EQ(labels[0].readable, all[0].readable) << line << labels[0].error << all[0].error;
    }
}

TEST(Line, KeepsQuotesBackslashesAndUnicode) {
    Event event;
    event.feature_id = "a\"b\\c \xc3\xa9";
    event.user_id = "tab\tand \xf0\x9f\x98\x80";
    std::string payload;
    append_line(payload, event);
    event.user_id = {};
    append_line(payload, event);
    const Lines lines(payload);
    ASSERT_EQ(lines.size(), 2u);
    EXPECT_FALSE(lines[0].readable) << "a tab is a control character";
    ASSERT_TRUE(lines[1].readable) << lines[1].error;
    EXPECT_EQ(lines[1].event.feature_id, "a\"b\\c \xc3\xa9");
}

TEST(Line, EscapesWhatJsonCannotHoldWhereverItStands) {
    for (const std::string special : {"\"", "\\", "\x01", "\x1f", "\n"}) {
        for (size_t place = 0; place < 20; ++place) {
            const std::string browser =
                std::string(place, 'a') + special + std::string(19 - place, '\x7f') + special;
            Event event = full_event();
            event.browser = browser;
            std::string payload;
            append_line(payload, event);
            EXPECT_EQ(payload.find('\n'), payload.size() - 1);
            const Lines lines(payload);
            ASSERT_EQ(lines.size(), 1u);
            EXPECT_EQ(lines[0].event.browser, browser);
        }
    }
}

TEST(Line, FromAnyProducerNeedsAFeatureAlone) {
    const Lines lines("{\"button_id\":\"pay\",\"screen\":\"home\",\"user_id\":null}\n");
    ASSERT_EQ(lines.size(), 1u);
    ASSERT_TRUE(lines[0].readable) << lines[0].error;
    EXPECT_EQ(lines[0].event.feature_id, "pay");
    EXPECT_EQ(lines[0].event.page, "home");
    EXPECT_EQ(lines[0].event.received_at, kFallback);
    EXPECT_EQ(lines[0].event.project, "default");
}

TEST(Record, WithABadLineLosesThatLineAlone) {
    const std::string good = "{\"feature_id\":\"pay\"}\n";
    for (const std::string bad :
         {"{", "}", "not json", "{\"feature_id\":\"x\"", "{\"feature_id\":7}", "[1,2]",
          "{\"user_id\":\"u\"}", "{\"feature_id\":\"a\"}{\"feature_id\":\"b\"}", "\"text\"",
          "{\"feature_id\":\"\xff\"}", "{\"feature_id\":\"(all)\"}",
          "{\"feature_id\":\"a\\u0000b\"}", "{\"feature_id\":\"x\",\"experiments\":[1]}",
          "\xef\xbb\xbf{}", "{\"feature_id\":\"x\"} y"}) {
        const Lines lines(good + bad + "\n" + good + good);
        ASSERT_EQ(lines.size(), 4u) << bad;
        EXPECT_TRUE(lines[0].readable) << bad;
        EXPECT_FALSE(lines[1].readable) << bad;
        EXPECT_FALSE(lines[1].error.empty()) << bad;
        EXPECT_TRUE(lines[2].readable && lines[3].readable) << bad;
        EXPECT_EQ(lines[3].event.feature_id, "pay") << bad;
    }
}

TEST(Record, SkipsEmptyLinesAndTakesALastOneWithoutNewline) {
    const Lines lines("\n{\"feature_id\":\"a\"}\r\n  \n{\"feature_id\":\"b\"}");
    ASSERT_EQ(lines.size(), 2u);
    EXPECT_EQ(lines[1].event.feature_id, "b");
}

TEST(Record, OfNothingHasNoLines) {
    EXPECT_EQ(Lines("").size(), 0u);
    EXPECT_EQ(Lines("\n\n").size(), 0u);
}

TEST(Record, OfThousandsOfLinesIsReadWhole) {
    std::string payload;
    for (int i = 0; i < 5000; ++i)
        payload += "{\"feature_id\":\"f" + std::to_string(i) + "\",\"project\":\"p\"}\n";
    const Lines lines(payload);
    ASSERT_EQ(lines.size(), 5000u);
    for (size_t i = 0; i < 5000; ++i) ASSERT_EQ(lines[i].event.feature_id, "f" + std::to_string(i));
}

TEST(Who, IsTheUserElseTheAnonymousIdElseTheSession) {
    Event event;
    EXPECT_EQ(event.who(), "");
    event.session_id = "s";
    EXPECT_EQ(event.who(), "s");
    event.anonymous_id = "a";
    EXPECT_EQ(event.who(), "a");
    event.user_id = "u";
    EXPECT_EQ(event.who(), "u");
}

}  // namespace
}  // namespace clickmill::event
