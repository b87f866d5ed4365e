// Walks JSON with simdjson's On-Demand reader, which finds tokens and does not look into those that
// nobody asks for. Since unknown fields are kept as they came, everything is asked for here:
// strings, numbers and literals are checked to the letter, and containers walked to their end.
// Included by body_reader.cc alone.
#pragma once

#include "collector/body_reader.h"
#include "collector/json_text.h"

#include <simdjson.h>

#include <string>
#include <string_view>

namespace clickmill::collector {

namespace ondemand = simdjson::ondemand;
using ondemand::json_type;

inline constexpr int kMaxDepth = 16;       // of an event, counted from the body's outer object
inline constexpr int kMaxBodyDepth = 256;  // beyond it nobody walks on

inline constexpr Fault kTooDeepBody{"too_deep",
                                    "the body is nested too deeply; 16 levels are the limit"};
inline constexpr Fault kTooDeep{"too_deep",
                                "the event is nested too deeply; 16 levels are the limit"};
inline constexpr Fault kBadText{"invalid_text", "a text holds NUL or half a surrogate pair"};

// The first fault is the one that is told.
inline void note(Fault& fault, const Fault& found) {
    if (!fault) fault = found;
}

// One thread. Every read_ function returns false when the body is not JSON, and then nothing else
// counts; what is JSON and yet not ours goes into `fault`.
struct JsonWalk {
    ondemand::parser parser;
    ondemand::document document;
    std::string arena;  // texts that had escapes; of the body's size, so that views into it stay
    const char* end = nullptr;
    Fault reading_stopped;  // why it was not read to its end, though it may be JSON

    // The token that `value` begins with, no white space behind it.
    static std::string_view token_of(ondemand::value& value) {
        return without_space_behind(value.raw_json_token());
    }

    // What stands from `start` up to the token that comes next.
    std::string_view raw_from(const char* start) {
        const char* next = end;
        if (document.current_location().get(next)) next = end;
        return without_space_behind({start, static_cast<size_t>(next - start)});
    }

    bool read_string(const char* after_quote, std::string_view& text, Fault& fault) {
        const StringToken token = string_token(after_quote, end);
        if (token.raw.data() == nullptr) return false;
        if (!token.has_escape) {
            text = token.raw;
            return true;
        }
        const Decoded decoded = decode(token.raw, arena, text);
        if (decoded == Decoded::BadText) note(fault, kBadText);
        return decoded != Decoded::BadEscape;
    }

    bool read_string(ondemand::value& value, std::string_view& text, Fault& fault) {
        ondemand::raw_json_string raw;
        return !value.get_raw_json_string().get(raw) && read_string(raw.raw(), text, fault);
    }

    // Walks over any value.
    bool read_any(ondemand::value& value, int depth, Fault& fault) {
        json_type type{};
        if (value.type().get(type)) return false;
        std::string_view text;
        switch (type) {
            case json_type::string:
                return read_string(value, text, fault);
            case json_type::number:
                return is_json_number(token_of(value));
            case json_type::boolean:
            case json_type::null:
                return is_json_literal(token_of(value));
            case json_type::array:
            case json_type::object:
                break;
        }
        if (depth > kMaxDepth) note(fault, kTooDeep);
        if (depth > kMaxBodyDepth) {
            reading_stopped = kTooDeepBody;
            return false;
        }
        if (type == json_type::object) {
            return read_object(
                value,
                [&](const Member&, ondemand::value& inner) {
                    return read_any(inner, depth + 1, fault);
                },
                fault);
        }
        return read_array(
            value, [&](ondemand::value& inner) { return read_any(inner, depth + 1, fault); });
    }

    template <typename OnElement>
    bool read_array(ondemand::value& value, OnElement on_element) {
        ondemand::array array;
        if (value.get_array().get(array)) return false;
        for (auto result : array) {
            ondemand::value element;
            if (std::move(result).get(element) || !on_element(element)) return false;
        }
        return true;
    }

    // Calls `on_member` with the member, its raw value not yet known.
    template <typename OnMember>
    bool read_object(ondemand::value& value, OnMember on_member, Fault& fault) {
        ondemand::object object;
        if (value.get_object().get(object)) return false;
        return read_members(object, on_member, fault);
    }

    template <typename OnMember>
    bool read_members(ondemand::object& object, OnMember on_member, Fault& fault) {
        for (auto field : object) {
            ondemand::raw_json_string name;
            ondemand::value value;
            if (field.key().get(name)) return false;
            Member member;
            if (!read_string(name.raw(), member.name, fault)) return false;
            member.raw_name = string_token(name.raw(), end).raw;
            if (field.value().get(value) || !on_member(member, value)) return false;
        }
        return true;
    }

    // Walks over `value` and gives its bytes.
    bool read_raw(ondemand::value& value, int depth, std::string_view& raw, Fault& fault) {
        const char* start = value.raw_json_token().data();
        json_type type{};
        if (value.type().get(type)) return false;
        if (type != json_type::object && type != json_type::array) {
            raw = token_of(value);
            return read_any(value, depth, fault);
        }
        if (!read_any(value, depth, fault)) return false;
        raw = raw_from(start);
        return true;
    }
};

}  // namespace clickmill::collector
