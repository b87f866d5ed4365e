// Texts as HTTP compares and cuts them: case of ASCII letters does not matter, space is SP and
// HTAB.
#pragma once

#include <algorithm>
#include <string_view>

namespace clickmill::http {

constexpr char lower(char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c;
}

// Whatever the case of either.
constexpr bool same_text(std::string_view a, std::string_view b) {
    return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                      [](char x, char y) { return lower(x) == lower(y); });
}

constexpr std::string_view trimmed(std::string_view text) {
    constexpr std::string_view kSpace = " \t";
    const size_t first = text.find_first_not_of(kSpace);
    if (first == std::string_view::npos) return {};
    return text.substr(first, text.find_last_not_of(kSpace) - first + 1);
}

}  // namespace clickmill::http
