// Posts every text of corpus.txt through the collector: as the body, and as a field of an event.
#include "collector/test_collector.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <charconv>
#include <fstream>

namespace clickmill::collector {
namespace {

using testing::AnyOf;
using testing::HasSubstr;
using testing::Not;

struct Text {
    std::string name;
    std::string bytes;
};

// "(3)ab" stands for "aaab".
std::string unfolded(const std::string& text) {
    const size_t open = text.find('(');
    const size_t close = text.find(')');
    size_t count = 0;
    if (open == std::string::npos || close == std::string::npos ||
        std::from_chars(text.data() + open + 1, text.data() + close, count).ec != std::errc{}) {
        return text;
    }
    // What repeats is one character, or a whole text that begins there.
    const bool is_whole = text.starts_with('(') && text.size() > close + 2;
    const size_t size = is_whole ? text.size() - close - 1 : 1;
    std::string out = text.substr(0, open);
    for (size_t i = 0; i < count; ++i) out += text.substr(close + 1, size);
    return out + unfolded(text.substr(close + 1 + size));
}

const std::vector<Text>& corpus() {
    static const std::vector<Text> all = [] {
        std::vector<Text> texts;
        std::ifstream file(CLICKMILL_SOURCE_DIR "/tests/json/corpus.txt");
        std::string line;
        while (std::getline(file, line)) {
            if (line.starts_with('#')) continue;
            const size_t tab = line.find('\t');
            const auto bytes = http::percent_decode(line.substr(tab + 1), false);
            EXPECT_TRUE(bytes) << line;
            texts.push_back({line.substr(0, tab), unfolded(*bytes)});
        }
        return texts;
    }();
    return all;
}

bool must_be_refused(const Text& text) {
    return text.name.starts_with("n_");
}

const auto kSyntax = AnyOf(HasSubstr("\"invalid_json\""), HasSubstr("\"invalid_utf8\""));

TEST(JsonCorpus, HoldsACaseForEveryClass) {
    EXPECT_EQ(corpus().size(), 288u);
}

TEST(JsonCorpus, GetsTheRightVerdictAsABody) {
    TestCollector shop;
    for (const Text& text : corpus()) {
        const auto response = shop.post(text.bytes);
        EXPECT_EQ(response.status, 400) << text.name;  // none of them is a body of ours
        if (must_be_refused(text)) {
            EXPECT_THAT(response.body, AnyOf(kSyntax, HasSubstr("\"too_deep\""))) << text.name;
        } else {
            EXPECT_THAT(response.body, Not(kSyntax)) << text.name;
        }
    }
    EXPECT_TRUE(shop.log.lines().empty());
}

// Inside a larger text some bad ones would balance: those that only miss or add brackets at an end.
bool stays_bad_inside(const Text& text) {
    return text.name != "n_array_comma_after_close" && text.name != "n_single_space" &&
           text.name != "n_structure_no_data";
}

TEST(JsonCorpus, GetsTheRightVerdictAsAFieldOfAnEvent) {
    TestCollector shop({.key_events_per_second = 0});
    for (const Text& text : corpus()) {
        if (!stays_bad_inside(text)) continue;
        shop.log.clear();
        const auto response =
            shop.click(R"({"feature_id":"f","x":)" + text.bytes + R"(,"last":1})");
        if (must_be_refused(text)) {
            EXPECT_EQ(response.status, 400) << text.name;
            EXPECT_TRUE(shop.log.lines().empty()) << text.name;
            continue;
        }
        EXPECT_EQ(response.status, 200) << text.name;
        for (const auto& [partition, line] : shop.log.lines()) {
            EXPECT_THAT(line, HasSubstr("\"last\":1")) << text.name;
        }
    }
}

}  // namespace
}  // namespace clickmill::collector
