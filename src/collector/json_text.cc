#include "collector/json_text.h"

#include <algorithm>
#include <cstdint>
#include <cstring>

namespace clickmill::collector {
namespace {

bool is_digit(char c) {
    return c >= '0' && c <= '9';
}

// Four hex digits, or -1.
int32_t code_unit(std::string_view text) {
    if (text.size() < 4) return -1;
    int32_t unit = 0;
    for (const char c : text.substr(0, 4)) {
        unit *= 16;
        if (is_digit(c)) {
            unit += c - '0';
        } else if (const char small = static_cast<char>(c | 0x20); small >= 'a' && small <= 'f') {
            unit += small - 'a' + 10;
        } else {
            return -1;
        }
    }
    return unit;
}

void append_utf8(std::string& out, int32_t code) {
    const auto push = [&out](int32_t byte) { out += static_cast<char>(byte); };
    if (code < 0x80) {
        push(code);
    } else if (code < 0x800) {
        push(0xc0 | code >> 6);
        push(0x80 | (code & 0x3f));
    } else if (code < 0x10000) {
        push(0xe0 | code >> 12);
        push(0x80 | (code >> 6 & 0x3f));
        push(0x80 | (code & 0x3f));
    } else {
        push(0xf0 | code >> 18);
        push(0x80 | (code >> 12 & 0x3f));
        push(0x80 | (code >> 6 & 0x3f));
        push(0x80 | (code & 0x3f));
    }
}

// Undoes one \uXXXX, or a pair of them; `raw` begins behind "\u" and is moved past what was taken.
Decoded decode_unit(std::string_view& raw, std::string& arena) {
    constexpr int32_t kHigh = 0xd800, kLow = 0xdc00, kEnd = 0xe000;
    const int32_t unit = code_unit(raw);
    if (unit < 0) return Decoded::BadEscape;
    raw.remove_prefix(4);
    if (unit < kHigh || unit >= kEnd) {
        append_utf8(arena, unit);
        return unit == 0 ? Decoded::BadText : Decoded::Ok;
    }
    if (unit >= kLow || !raw.starts_with("\\u")) return Decoded::BadText;
    const int32_t second = code_unit(raw.substr(2));
    if (second < 0) return Decoded::BadEscape;
    if (second < kLow || second >= kEnd) return Decoded::BadText;
    raw.remove_prefix(6);
    append_utf8(arena, 0x10000 + ((unit - kHigh) << 10) + (second - kLow));
    return Decoded::Ok;
}

char simple_escape(char c) {
    switch (c) {
        case '"':
        case '\\':
        case '/':
            return c;
        case 'b':
            return '\b';
        case 'f':
            return '\f';
        case 'n':
            return '\n';
        case 'r':
            return '\r';
        case 't':
            return '\t';
        default:
            return 0;
    }
}

}  // namespace

StringToken string_token(const char* after_quote, const char* end) {
    const char* from = after_quote;
    bool has_escape = false;
    while (from < end) {
        const auto* quote =
            static_cast<const char*>(std::memchr(from, '"', static_cast<size_t>(end - from)));
        if (quote == nullptr) return {};
        const auto* escape =
            static_cast<const char*>(std::memchr(from, '\\', static_cast<size_t>(quote - from)));
        if (escape == nullptr) {
            return {{after_quote, static_cast<size_t>(quote - after_quote)}, has_escape};
        }
        has_escape = true;
        from = escape + 2;
    }
    return {};
}

Decoded decode(std::string_view raw, std::string& arena, std::string_view& text) {
    const size_t start = arena.size();
    Decoded verdict = Decoded::Ok;
    while (!raw.empty()) {
        const size_t escape = std::min(raw.find('\\'), raw.size());
        arena.append(raw, 0, escape);
        raw.remove_prefix(escape);
        if (raw.empty()) break;
        if (raw.size() < 2) return Decoded::BadEscape;
        const char kind = raw[1];
        raw.remove_prefix(2);
        if (kind == 'u') {
            const Decoded unit = decode_unit(raw, arena);
            if (unit == Decoded::BadEscape) return unit;
            if (unit == Decoded::BadText) verdict = unit;
        } else if (const char c = simple_escape(kind)) {
            arena += c;
        } else {
            return Decoded::BadEscape;
        }
    }
    text = std::string_view(arena).substr(start);
    return verdict;
}

bool is_json_number(std::string_view token) {
    size_t i = 0;
    const auto digits = [&] {
        const size_t start = i;
        while (i < token.size() && is_digit(token[i])) ++i;
        return i > start;
    };
    if (i < token.size() && token[i] == '-') ++i;
    const size_t whole = i;
    if (!digits() || (token[whole] == '0' && i > whole + 1)) return false;
    if (i < token.size() && token[i] == '.') {
        ++i;
        if (!digits()) return false;
    }
    if (i < token.size() && (token[i] == 'e' || token[i] == 'E')) {
        ++i;
        if (i < token.size() && (token[i] == '+' || token[i] == '-')) ++i;
        if (!digits()) return false;
    }
    return i == token.size();
}

bool is_json_literal(std::string_view token) {
    return token == "true" || token == "false" || token == "null";
}

std::string_view without_space_behind(std::string_view token) {
    const size_t last = token.find_last_not_of(" \t\r\n");
    return last == std::string_view::npos ? std::string_view{} : token.substr(0, last + 1);
}

void append_on_one_line(std::string& out, std::string_view json) {
    const size_t start = out.size();
    out += json;
    if (json.find_first_of("\r\n") == std::string_view::npos) return;
    std::replace_if(
        out.begin() + static_cast<std::ptrdiff_t>(start), out.end(),
        [](char c) { return c == '\r' || c == '\n'; }, ' ');
}

}  // namespace clickmill::collector
