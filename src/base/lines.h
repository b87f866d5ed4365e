// Lines of a text, as the payload of a record holds them.
#pragma once

#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

namespace clickmill {

// The first line, without its newline, taken off `rest`, which is not empty. The last one needs no
// newline.
inline std::string_view take_line(std::string_view& rest) {
    const size_t end = std::min(rest.find('\n'), rest.size());
    const std::string_view line = rest.substr(0, end);
    rest.remove_prefix(std::min(end + 1, rest.size()));
    return line;
}

// All of them, without their newlines.
inline std::vector<std::string> lines_of(std::string_view text) {
    std::vector<std::string> lines;
    while (!text.empty()) lines.emplace_back(take_line(text));
    return lines;
}

inline bool is_blank(std::string_view line) {
    return line.find_first_not_of(" \t\r") == std::string_view::npos;
}

// Lines that are not blank.
inline size_t count_lines(std::string_view text) {
    size_t lines = 0;
    while (!text.empty()) lines += !is_blank(take_line(text));
    return lines;
}

}  // namespace clickmill
