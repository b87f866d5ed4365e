// A scenario file as lines of words; README.md describes the format.
#pragma once

#include "base/result.h"

#include <filesystem>
#include <string>
#include <vector>

namespace clickmill::scenarios {

// "09:00  click  user=ann" is {12, "09:00", "click", {"user=ann"}}. A line without a verb is a row
// of the answer above it: its first word is the verb.
struct StoryLine {
    int number = 0;    // in the file, from 1
    std::string time;  // empty: none stands before the verb
    std::string verb;
    std::vector<std::string> words;
    std::vector<StoryLine> rows;  // of `ask`: what the answer must say
};

struct Story {
    std::filesystem::path file;
    std::vector<StoryLine> lines;
};

// InvalidInput names file and line.
Result<Story> read_story(const std::filesystem::path& file);

// "a=b" -> {"a", "b"}; "ab" -> {"ab", ""}.
std::pair<std::string, std::string> name_and_value(const std::string& word);
std::vector<std::string> split(const std::string& text, char separator);

}  // namespace clickmill::scenarios
