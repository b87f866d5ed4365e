#include "http/message.h"

#include "base/json_writer.h"
#include "http/text.h"

#include <algorithm>

namespace clickmill::http {
namespace {

int hex_digit(char c) {
    if (c >= '0' && c <= '9') return c - '0';
    const char small = lower(c);
    return small >= 'a' && small <= 'f' ? small - 'a' + 10 : -1;
}

// Splits off the text before the next `separator`; `rest` keeps what is behind it.
std::string_view take_until(std::string_view& rest, char separator) {
    const size_t at = rest.find(separator);
    const std::string_view part = rest.substr(0, at);
    rest.remove_prefix(at == std::string_view::npos ? rest.size() : at + 1);
    return part;
}

// Broken escapes stay as they were sent: a query is data, not a reason to refuse.
std::string decoded(std::string_view text) {
    return percent_decode(text, true).value_or(std::string(text));
}

}  // namespace

std::string_view Head::header(std::string_view name) const {
    const auto found = std::find_if(headers.begin(), headers.end(), [name](const auto& field) {
        return same_text(field.first, name);
    });
    return found == headers.end() ? std::string_view{} : std::string_view(found->second);
}

std::vector<std::pair<std::string, std::string>> Head::parameters() const {
    std::vector<std::pair<std::string, std::string>> all;
    std::string_view rest = query;
    while (!rest.empty()) {
        std::string_view pair = take_until(rest, '&');
        if (pair.empty()) continue;
        const std::string_view name = take_until(pair, '=');
        all.emplace_back(decoded(name), decoded(pair));
    }
    return all;
}

std::optional<std::string> Head::parameter(std::string_view name) const {
    if (query.empty()) return std::nullopt;
    for (auto& [found, value] : parameters()) {
        if (found == name) return std::move(value);
    }
    return std::nullopt;
}

std::string_view Head::cookie(std::string_view name) const {
    for (const auto& [field, value] : headers) {
        if (!same_text(field, "cookie")) continue;
        std::string_view rest = value;
        while (!rest.empty()) {
            std::string_view pair = take_until(rest, ';');
            while (!pair.empty() && pair.front() == ' ') pair.remove_prefix(1);
            if (take_until(pair, '=') == name) return pair;
        }
    }
    return {};
}

Response error_response(int status, std::string_view code, std::string_view message) {
    JsonWriter json;
    json.begin_object().key("error").begin_object();
    json.field("code", code).field("message", message);
    json.end_object().end_object();
    return Response{.status = status, .body = json.take()};
}

std::optional<std::string> percent_decode(std::string_view text, bool plus_is_space) {
    std::string out;
    out.reserve(text.size());
    for (size_t i = 0; i < text.size(); ++i) {
        if (text[i] == '+' && plus_is_space) {
            out += ' ';
        } else if (text[i] != '%') {
            out += text[i];
        } else {
            if (i + 2 >= text.size()) return std::nullopt;
            const int high = hex_digit(text[i + 1]);
            const int low = hex_digit(text[i + 2]);
            if (high < 0 || low < 0) return std::nullopt;
            out += static_cast<char>(high * 16 + low);
            i += 2;
        }
    }
    return out;
}

}  // namespace clickmill::http
