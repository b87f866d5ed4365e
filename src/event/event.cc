#include "event/event.h"

#include <array>
#include <charconv>

namespace clickmill::event {
namespace {

// As base/json_writer's, without the escapes that only HTML needs: a line is read by programs.
void append_text(std::string& out, std::string_view text) {
    constexpr std::string_view kHex = "0123456789abcdef";
    out += '"';
    size_t clean = 0;
    for (size_t i = 0; i < text.size(); ++i) {
        const auto byte = static_cast<uint8_t>(text[i]);
        if (byte >= 0x20 && byte != '"' && byte != '\\') continue;
        out.append(text, clean, i - clean);
        clean = i + 1;
        if (byte >= 0x20) {
            out += '\\';
            out += text[i];
        } else {
            out += "\\u00";
            out += kHex[byte >> 4];
            out += kHex[byte & 15];
        }
    }
    out.append(text, clean);
    out += '"';
}

void append_member(std::string& out, std::string_view quoted_name, std::string_view value) {
    if (value.empty()) return;
    out += quoted_name;
    append_text(out, value);
}

void append_map(std::string& out, std::string_view quoted_name,
                const std::vector<NamedValue>& values) {
    if (values.empty()) return;
    out += quoted_name;
    char before = '{';
    for (const NamedValue& value : values) {
        out += before;
        before = ',';
        append_text(out, value.name);
        out += ':';
        append_text(out, value.value);
    }
    out += '}';
}

}  // namespace

std::string_view Event::who() const {
    if (!user_id.empty()) return user_id;
    return !anonymous_id.empty() ? anonymous_id : session_id;
}

// The order is the fold's reading order; docs/design/event-log-format.md lists the members.
void append_line(std::string& out, const Event& event) {
    out += "{\"project\":";
    append_text(out, event.project);
    out += ",\"received_at\":";
    std::array<char, 24> digits{};
    const auto end = std::to_chars(digits.data(), digits.data() + digits.size(),
                                   microseconds_of(event.received_at))
                         .ptr;
    out.append(digits.data(), end);
    append_member(out, ",\"event_id\":", event.event_id);
    append_member(out, ",\"feature_id\":", event.feature_id);
    append_member(out, ",\"user_id\":", event.user_id);
    append_member(out, ",\"anonymous_id\":", event.anonymous_id);
    append_member(out, ",\"session_id\":", event.session_id);
    append_member(out, ",\"page\":", event.page);
    append_member(out, ",\"platform\":", event.platform);
    append_member(out, ",\"app_version\":", event.app_version);
    append_member(out, ",\"device\":", event.device);
    append_member(out, ",\"browser\":", event.browser);
    append_member(out, ",\"os\":", event.os);
    append_member(out, ",\"locale\":", event.locale);
    append_member(out, ",\"country\":", event.country);
    append_member(out, ",\"region\":", event.region);
    if (event.bot) out += ",\"bot\":true";
    append_map(out, ",\"experiments\":", event.experiments);
    if (!event.properties_json.empty()) {
        out += ",\"properties\":";
        out += event.properties_json;
    } else {
        append_map(out, ",\"properties\":", event.properties);
    }
    if (!event.client_timestamp.empty()) {
        out += ",\"client_timestamp\":";
        out += event.client_timestamp;
    }
    if (!event.other.empty()) {
        out += ',';
        out += event.other;
    }
    out += "}\n";
}

}  // namespace clickmill::event
