// The scalar tokens of JSON, checked to the letter: simdjson finds where tokens begin, these say
// whether each is what RFC 8259 allows, so that what is kept as it came is sound, too.
#pragma once

#include <string>
#include <string_view>

namespace clickmill::collector {

// The bytes between the quotes. `after_quote` points behind the opening quote; a closing one is
// known to come before `end` (nullopt-like empty view with null data when it does not).
struct StringToken {
    std::string_view raw;
    bool has_escape = false;
};
StringToken string_token(const char* after_quote, const char* end);

enum class Decoded {
    Ok,
    BadEscape,  // not JSON
    BadText,    // JSON, but no text: a lone surrogate or NUL
};

// Undoes the escapes of `raw`. Appends to `arena`, whose capacity must suffice so that views into
// it stay; `text` is the part appended.
Decoded decode(std::string_view raw, std::string& arena, std::string_view& text);

bool is_json_number(std::string_view token);
bool is_json_literal(std::string_view token);  // true, false, null

// Without JSON's white space at the end.
std::string_view without_space_behind(std::string_view token);

// Appends JSON as it came, on one line: line breaks between tokens become spaces.
void append_on_one_line(std::string& out, std::string_view json);

}  // namespace clickmill::collector
