#include "tests/scenarios/story.h"

#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <fstream>
#include <sstream>
#include <string_view>

namespace clickmill::scenarios {
namespace {

constexpr std::array kVerbs = {"project", "rollup", "day",    "click", "flush",
                               "restart", "settle", "passes", "ask"};

bool is_verb(const std::string& word) {
    return std::find(kVerbs.begin(), kVerbs.end(), std::string_view(word)) != kVerbs.end();
}

// A '#' begins a comment at the start of a word only: ids may hold one.
std::vector<std::string> words_of(const std::string& line) {
    std::vector<std::string> words;
    std::istringstream in(line);
    for (std::string word; in >> word && word.front() != '#';) words.push_back(std::move(word));
    return words;
}

StoryLine line_of(int number, std::vector<std::string> words) {
    StoryLine line{.number = number};
    if (words.size() > 1 && is_verb(words[1]) && !is_verb(words[0])) {
        line.time = words[0];
        words.erase(words.begin());
    }
    line.verb = words[0];
    line.words.assign(words.begin() + 1, words.end());
    return line;
}

}  // namespace

Result<Story> read_story(const std::filesystem::path& file) {
    std::ifstream in(file);
    Story story{.file = file};
    std::string text;
    for (int number = 1; std::getline(in, text); ++number) {
        std::vector<std::string> words = words_of(text);
        if (words.empty()) continue;
        StoryLine line = line_of(number, std::move(words));
        if (is_verb(line.verb)) {
            story.lines.push_back(std::move(line));
        } else if (!story.lines.empty() && story.lines.back().verb == "ask") {
            story.lines.back().rows.push_back(std::move(line));
        } else {
            return fail(ErrorCode::InvalidInput, "cannot read scenario",
                        fmt::format("{}:{}", file.string(), number),
                        fmt::format("'{}' is no verb, and no question stands above", line.verb));
        }
    }
    if (story.lines.empty() || story.lines.front().verb != "project") {
        return fail(ErrorCode::InvalidInput, "cannot read scenario", file.string(),
                    "the first line must be 'project NAME  zone ZONE'");
    }
    return story;
}

std::pair<std::string, std::string> name_and_value(const std::string& word) {
    const size_t at = word.find('=');
    if (at == std::string::npos) return {word, ""};
    return {word.substr(0, at), word.substr(at + 1)};
}

std::vector<std::string> split(const std::string& text, char separator) {
    std::vector<std::string> parts;
    std::istringstream in(text);
    for (std::string part; std::getline(in, part, separator);) {
        if (!part.empty()) parts.push_back(std::move(part));
    }
    return parts;
}

}  // namespace clickmill::scenarios
