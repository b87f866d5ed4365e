// What one click is once the collector has accepted it, and its JSON line in the event log.
// The format is specified in docs/design/event-log-format.md; text rules in text.h.
#pragma once

#include "base/types.h"

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace clickmill::event {

struct NamedValue {
    std::string_view name;
    std::string_view value;
};

// A click whose texts point into somebody else's bytes: the payload being read, or the request
// being written. Empty means not given. Every text obeys text.h.
struct Event {
    std::string_view project;     // set by the collector from the key
    Moment received_at{};         // the truth; bucket and everything else follow from it
    std::string_view event_id;    // 1 to 64 bytes
    std::string_view feature_id;  // 1 to 128 bytes
    std::string_view user_id;
    std::string_view anonymous_id;
    std::string_view session_id;
    std::string_view page;
    std::string_view platform;
    std::string_view app_version;
    std::string_view device;
    std::string_view browser;
    std::string_view os;
    std::string_view locale;
    std::string_view country;
    std::string_view region;
    std::vector<NamedValue> experiments;  // experiment -> variant; names are unique
    std::vector<NamedValue> properties;   // reading: its scalars as text, what rollups may stand on
    std::string_view properties_json;     // the raw JSON object as sent, types kept; or empty
    std::string_view client_timestamp;    // raw JSON as sent; for debugging only, never used
    std::string_view other;  // raw JSON members ("a":1,"b":[2]) kept as they came, or empty
    bool bot = false;        // a known crawler: kept raw, left out of rollups

    // Who clicked: user_id, else anonymous_id, else session_id, else empty.
    std::string_view who() const;
};

// Texts that rollups may stand on, by the names that lines, questions and the archive's columns
// give them.
struct LabelField {
    const char* name;
    std::string_view Event::* text;
};
inline constexpr LabelField kLabelFields[] = {
    {"platform", &Event::platform},
    {"app_version", &Event::app_version},
    {"device", &Event::device},
    {"browser", &Event::browser},
    {"os", &Event::os},
    {"locale", &Event::locale},
    {"country", &Event::country},
    {"region", &Event::region},
    {"page", &Event::page},
};

// Appends `event` as one line of JSON, with its newline.
void append_line(std::string& out, const Event& event);

}  // namespace clickmill::event
