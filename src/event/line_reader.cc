// Two ways through a record. The quick one indexes the whole payload at once (simdjson's document
// stream) and holds whenever every line is one good document; when anything is odd, each line is
// read on its own, so that a bad line spoils only itself. Both are functions of the bytes alone.
#include "event/line_reader.h"

#include "base/lines.h"
#include "event/text.h"

#include <simdjson.h>

#include <algorithm>
#include <bit>
#include <charconv>
#include <cstring>
#include <deque>
#include <span>
#include <utility>

namespace clickmill::event {
namespace {

namespace ondemand = simdjson::ondemand;
using simdjson::error_code;

constexpr size_t kMaxLabelBytes = 1024;
constexpr size_t kLeastRoom = 64 << 10;  // bytes of a payload that the parser is ready for
// Whose events those are that another producer wrote without a project: of the one that the first
// start of a data folder makes. Stored: never change.
constexpr std::string_view kDefaultProject = "default";

// A member that was read as text, by its name; nullptr when it is not one of ours.
std::string_view* text_field(Event& event, std::string_view name) {
    switch (name.size()) {
        case 2:
            return name == "os" ? &event.os : nullptr;
        case 4:
            return name == "page" ? &event.page : nullptr;
        case 6:
            if (name == "device") return &event.device;
            if (name == "locale") return &event.locale;
            if (name == "region") return &event.region;
            return name == "screen" ? &event.page : nullptr;
        case 7:
            if (name == "project") return &event.project;
            if (name == "user_id") return &event.user_id;
            if (name == "browser") return &event.browser;
            return name == "country" ? &event.country : nullptr;
        case 8:
            if (name == "event_id") return &event.event_id;
            return name == "platform" ? &event.platform : nullptr;
        case 9:
            return name == "button_id" ? &event.feature_id : nullptr;
        case 10:
            if (name == "feature_id") return &event.feature_id;
            return name == "session_id" ? &event.session_id : nullptr;
        case 11:
            return name == "app_version" ? &event.app_version : nullptr;
        case 12:
            return name == "anonymous_id" ? &event.anonymous_id : nullptr;
        default:
            return nullptr;
    }
}

std::string_view fault_of(std::span<const NamedValue> pairs) {
    for (const NamedValue& pair : pairs) {
        if (pair.name.size() > kMaxLabelBytes || pair.value.size() > kMaxLabelBytes)
            return "a label is too long";
        if (!is_clean(pair.name) || !is_clean(pair.value)) return "a label breaks the text rules";
    }
    return {};
}

// Why a line that parsed is not an event, or empty.
std::string_view fault_of(const Event& event) {
    if (event.feature_id.empty()) return "feature_id is missing";
    if (!is_id(event.feature_id)) return "feature_id breaks the text rules";
    if (!event.event_id.empty() && !is_id(event.event_id, kMaxEventIdBytes))
        return "event_id breaks the text rules";
    for (const std::string_view text :
         {event.project, event.user_id, event.anonymous_id, event.session_id, event.page,
          event.platform, event.app_version, event.device, event.browser, event.os, event.locale,
          event.country, event.region}) {
        if (text.size() > kMaxLabelBytes || !is_clean(text)) return "a label breaks the text rules";
    }
    for (const auto* pairs : {&event.experiments, &event.properties}) {
        if (const std::string_view fault = fault_of(*pairs); !fault.empty()) return fault;
    }
    return {};
}

}  // namespace

struct LineReader::State {
    Reads reads = Reads::Labels;
    ondemand::parser parser;
    std::vector<Line> lines;
    size_t used = 0;
    std::deque<std::string>
        unescaped;  // texts that had escapes; everything else points into the payload
    const char* text_end = nullptr;  // of what is being parsed
    std::string_view raw_name;       // of the member that begins at raw_begin, if that is set
    const char* raw_begin = nullptr;

    Line& next_line() {
        if (used == lines.size()) lines.emplace_back();
        Line& line = lines[used++];
        line.readable = false;
        line.error = {};
        std::vector<NamedValue> experiments = std::move(line.event.experiments);
        std::vector<NamedValue> properties = std::move(line.event.properties);
        experiments.clear();
        properties.clear();
        line.event = Event{};
        line.event.experiments = std::move(experiments);
        line.event.properties = std::move(properties);
        return line;
    }

    // The text of a string token, quotes off. A token without a backslash is taken where it stands.
    error_code text_of(ondemand::value& value, std::string_view& out) {
        std::string_view token = value.raw_json_token();
        token = token.substr(0, token.find_last_not_of(" \t\r\n") + 1);
        if (token.size() < 2 || token.front() != '"' || token.back() != '"')
            return simdjson::INCORRECT_TYPE;
        if (token.find('\\') == std::string_view::npos) {
            out = token.substr(1, token.size() - 2);
            return value.get_raw_json_string().error();  // consumes the value
        }
        std::string_view text;
        if (const auto error = value.get_string().get(text)) return error;
        out = unescaped.emplace_back(text);
        return simdjson::SUCCESS;
    }

    error_code read_pairs(ondemand::value& value, bool strings_only,
                          std::vector<NamedValue>& pairs) {
        ondemand::object object;
        if (const auto error = value.get_object().get(object)) return error;
        for (auto field : object) {
            std::string_view name;
            if (const auto error = field.unescaped_key().get(name)) return error;
            name = unescaped.emplace_back(name);
            ondemand::value member;
            if (const auto error = field.value().get(member)) return error;
            ondemand::json_type type{};
            if (const auto error = member.type().get(type)) return error;
            std::string_view text;
            if (type == ondemand::json_type::string) {
                if (const auto error = text_of(member, text)) return error;
            } else if (!strings_only && (type == ondemand::json_type::number ||
                                         type == ondemand::json_type::boolean)) {
                text = member.raw_json_token();
                text = text.substr(0, text.find_last_not_of(" \t\r\n") + 1);
            } else {
                continue;
            }
            if (!text.empty() && !name.empty()) pairs.push_back({name, text});
        }
        return simdjson::SUCCESS;
    }

    error_code read_member(std::string_view name, ondemand::value& value, Event& event) {
        if (std::string_view* text = text_field(event, name)) {
            if (value.is_null()) return simdjson::SUCCESS;
            return text_of(value, *text);
        }
        if (name == "received_at") {
            int64_t microseconds = 0;
            if (const auto error = value.get_int64().get(microseconds)) return error;
            event.received_at = moment_of(microseconds);
        } else if (name == "bot") {
            return value.get_bool().get(event.bot);
        } else if (name == "experiments") {
            return read_pairs(value, true, event.experiments);
        } else if (name == "properties" && reads == Reads::Properties) {
            return read_pairs(value, false, event.properties);
        } else if (reads == Reads::Everything) {
            raw_name = name;
            raw_begin = value.raw_json_token().data();
        }
        return simdjson::SUCCESS;
    }

    // A member that no rollup can stand on, as the bytes that were sent: up to where the next one,
    // or the end of the object, begins. It is not looked into: what is wrong within it spoils the
    // line for nobody else, so it must not here.
    void keep_raw(std::string_view name, const char* begin, const char* end, Event& event) {
        const std::string_view raw(begin, static_cast<size_t>(end - begin));
        const std::string_view text = raw.substr(0, raw.find_last_not_of(", \t\r\n") + 1);
        if (text.empty()) return;
        if (name == "properties") {
            event.properties_json = text;
        } else if (name == "client_timestamp") {
            event.client_timestamp = text;
        } else {
            std::string& other = unescaped.emplace_back(event.other);
            other.append(other.empty() ? "" : ",").append("\"").append(name).append("\":");
            event.other = other.append(text);
        }
    }

    // The closing brace of the object in whose last line `within` is.
    const char* end_of_object(const char* within) const {
        const std::string_view rest(within, static_cast<size_t>(text_end - within));
        const std::string_view line = rest.substr(0, rest.find('\n'));
        return within + std::min(line.rfind('}'), line.size());
    }

    // Reads one document. An error means that it is not JSON or that a member has the wrong type.
    template <typename Document>
    error_code read_document(Document& document, Moment fallback_received_at, Line& line) {
        ondemand::object object;
        if (const auto error = document.get_object().get(object)) return error;
        line.event.received_at = fallback_received_at;
        raw_begin = nullptr;
        for (auto field : object) {
            ondemand::raw_json_string key;
            if (const auto error = field.key().get(key)) return error;
            const char* start = key.raw();
            if (raw_begin)
                keep_raw(raw_name, std::exchange(raw_begin, nullptr), start - 1, line.event);
            const auto* end = static_cast<const char*>(std::memchr(start, '"', kMaxLabelBytes));
            ondemand::value value;
            if (const auto error = field.value().get(value)) return error;
            if (!end) continue;
            const std::string_view name(start, static_cast<size_t>(end - start));
            if (const auto error = read_member(name, value, line.event)) return error;
        }
        if (raw_begin) keep_raw(raw_name, raw_begin, end_of_object(raw_begin), line.event);
        if (line.event.project.empty()) line.event.project = kDefaultProject;
        line.error = fault_of(line.event);
        line.readable = line.error.empty();
        return simdjson::SUCCESS;
    }

    bool read_properties(std::string_view json, std::vector<NamedValue>& properties) {
        std::string& copy = unescaped.emplace_back();
        copy.reserve(json.size() + kPadding);
        copy = json;
        ondemand::document document;
        ondemand::value value;
        return !parser.iterate(copy.data(), copy.size(), copy.capacity()).get(document) &&
               !document.get_value().get(value) && !read_pairs(value, false, properties) &&
               fault_of(properties).empty();
    }

    bool read_as_stream(std::string_view payload, Moment fallback_received_at) {
        text_end = payload.data() + payload.size();
        ondemand::document_stream stream;
        // All of it at once. The parser makes its buffers anew whenever this number changes.
        const size_t room = std::bit_ceil(std::max(payload.size() + 1, kLeastRoom));
        if (parser.iterate_many(payload.data(), payload.size(), room).get(stream)) return false;
        for (auto document : stream) {
            if (document.error()) return false;
            if (read_document(document, fallback_received_at, next_line())) return false;
        }
        return used == count_lines(payload);
    }

    void read_line_by_line(std::string_view payload, Moment fallback_received_at) {
        while (!payload.empty()) {
            const std::string_view text = take_line(payload);
            if (is_blank(text)) continue;
            Line& line = next_line();
            // Texts of the event must outlive the next line, so each odd line keeps a copy of its
            // own.
            std::string& copy = unescaped.emplace_back();
            copy.reserve(text.size() + kPadding);
            copy = text;
            text_end = copy.data() + copy.size();
            ondemand::document document;
            const bool is_json =
                !parser.iterate(copy.data(), copy.size(), copy.capacity()).get(document) &&
                !read_document(document, fallback_received_at, line) &&
                document.current_location().error() == simdjson::OUT_OF_BOUNDS;
            if (!is_json) {
                line.readable = false;
                line.error = "not a JSON object with members of the right types";
            }
        }
    }
};

LineReader::LineReader(Reads reads) : state_(std::make_unique<State>()) {
    state_->reads = reads;
}
LineReader::~LineReader() = default;

void LineReader::read_also(Reads reads) {
    state_->reads = reads;
}

bool LineReader::read_properties(std::string_view json, std::vector<NamedValue>& properties) {
    return state_->read_properties(json, properties);
}

void LineReader::forget() {
    state_->unescaped.clear();
}

std::span<const Line> LineReader::read(std::string_view payload, Moment fallback_received_at) {
    state_->used = 0;
    state_->unescaped.clear();
    if (!state_->read_as_stream(payload, fallback_received_at)) {
        state_->used = 0;
        state_->unescaped.clear();
        state_->read_line_by_line(payload, fallback_received_at);
    }
    return {state_->lines.data(), state_->used};
}

}  // namespace clickmill::event
