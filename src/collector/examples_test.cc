// Plays api/examples/collector_*.json: each is a request, its answer, and the lines that the event
// log then holds. "~" in an expected text stands for 32 hex digits that depend on a secret.
#include "collector/test_collector.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <simdjson.h>

#include <filesystem>
#include <regex>

namespace clickmill::collector {
namespace {

namespace dom = simdjson::dom;

constexpr std::string_view kKeyInExamples = "wk_0123456789abcdef0123456789abcdef";

std::string with_key(std::string text, std::string_view from, std::string_view to) {
    for (size_t at = text.find(from); at != std::string::npos; at = text.find(from, at)) {
        text.replace(at, from.size(), to);
    }
    return text;
}

// A body in an example is JSON, or a text when it is not meant to be JSON.
std::string body_of(const dom::element& value) {
    std::string_view text;
    if (!value.get_string().get(text)) return std::string(text);
    return simdjson::minify(value);
}

std::string minified(std::string_view json) {
    dom::parser parser;
    dom::element element;
    if (json.empty() || parser.parse(simdjson::padded_string(json)).get(element)) {
        return std::string(json);
    }
    return simdjson::minify(element);
}

http::Method method_of(std::string_view name) {
    if (name == "POST") return http::Method::Post;
    return name == "OPTIONS" ? http::Method::Options : http::Method::Get;
}

class CollectorExample : public testing::TestWithParam<std::string> {};

TEST_P(CollectorExample, IsAnsweredAsWritten) {
    dom::parser parser;
    dom::element example;
    ASSERT_FALSE(parser.load(GetParam()).get(example));
    TestCollector shop;

    http::Headers headers;
    for (const auto field : dom::object(example["request"]["headers"])) {
        headers.emplace_back(field.key, std::string_view(field.value));
    }
    const std::string_view target = example["request"]["target"];
    const auto response =
        shop.send(method_of(example["request"]["method"]),
                  with_key(std::string(target), kKeyInExamples, shop.key),
                  with_key(body_of(example["request"]["body"]), kKeyInExamples, shop.key), headers);

    EXPECT_EQ(response.status, static_cast<int64_t>(example["response"]["status"]));
    EXPECT_EQ(minified(response.body), body_of(example["response"]["body"]));
    for (const auto field : dom::object(example["response"]["headers"])) {
        EXPECT_EQ(header_of(response, field.key), std::string_view(field.value)) << field.key;
    }
    const auto lines = shop.log.lines();
    const dom::array expected = example["lines"];
    ASSERT_EQ(lines.size(), expected.size());
    size_t i = 0;
    for (const auto line : expected) {
        std::string found = minified(lines[i++].second);
        std::string wanted = simdjson::minify(line);
        if (wanted.contains('~')) {
            found = std::regex_replace(found, std::regex("[0-9a-f]{32}"), "~");
        }
        EXPECT_EQ(found, wanted);
    }
}

std::vector<std::string> examples() {
    std::vector<std::string> paths;
    for (const auto& entry :
         std::filesystem::directory_iterator(CLICKMILL_SOURCE_DIR "/api/examples")) {
        const std::string name = entry.path().filename();
        if (name.starts_with("collector_")) paths.push_back(entry.path());
    }
    std::sort(paths.begin(), paths.end());
    return paths;
}

INSTANTIATE_TEST_SUITE_P(All, CollectorExample, testing::ValuesIn(examples()),
                         [](const auto& example) {
                             return std::filesystem::path(example.param).stem().string();
                         });

}  // namespace
}  // namespace clickmill::collector
