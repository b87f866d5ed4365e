#include "collector/body_reader.h"

#include "collector/json_walk.h"
#include "collector/members.h"
#include "event/text.h"

#include <algorithm>
#include <charconv>

namespace clickmill::collector {
namespace {

constexpr int kEventDepth = 3;
constexpr size_t kMaxProperties = 64;
constexpr size_t kMaxExperiments = 32;
constexpr size_t kMaxPropertyBytes = 1024;
constexpr size_t kMaxTimestampBytes = 64;
constexpr int64_t kMaxDropped = 1'000'000;  // more than any queue of a client holds
constexpr size_t kFewNames = 16;

constexpr Fault kInvalidJson{"invalid_json", "the body is not JSON; send UTF-8 as RFC 8259 has it"};
constexpr Fault kInvalidUtf8{"invalid_utf8", "the body is not valid UTF-8"};
constexpr Fault kNotAnObject{"invalid_body",
                             R"(the body must be {"key": "wk_...", "events": [...]})"};
constexpr Fault kRepeatedMember{"duplicate_member",
                                "key, context and events may each stand once in the body"};
constexpr Fault kNoEvents{"missing_events", R"(the body needs "events": [...])"};
constexpr Fault kTooManyEvents{"too_many_events",
                               "over 1,000 events; send them in several requests", 413};
constexpr Fault kContextTooLarge{
    "context_too_large", "the context is over the limit; move what differs into the events", 413};
constexpr Fault kContextNotAnObject{"invalid_context", "context must be an object"};

constexpr Fault kEventNotAnObject{"invalid_event", "an event must be an object"};
constexpr Fault kEventTooLarge{"event_too_large", "the event is over 32 KiB"};
constexpr Fault kDuplicateName{"duplicate_name", "a name stands twice in the same object"};

bool is_clean_label(std::string_view text, size_t max_bytes) {
    return text.size() <= max_bytes && event::is_clean(text);
}

// Whether a name stands twice; `name_of` gives an entry's name.
template <typename Entries, typename NameOf>
bool has_repeated_name(const Entries& entries, NameOf name_of) {
    if (entries.size() <= kFewNames) {
        for (size_t i = 1; i < entries.size(); ++i) {
            for (size_t k = 0; k < i; ++k) {
                if (name_of(entries[i]) == name_of(entries[k])) return true;
            }
        }
        return false;
    }
    std::vector<std::string_view> names;
    names.reserve(entries.size());
    for (const auto& entry : entries) names.push_back(name_of(entry));
    std::sort(names.begin(), names.end());
    return std::adjacent_find(names.begin(), names.end()) != names.end();
}

bool is_json(const std::string& body) {
    simdjson::dom::parser parser;
    return !parser.parse(body.data(), body.size(), false).error();
}

}  // namespace

void Fields::clear() {
    auto experiments = std::move(event.experiments);
    experiments.clear();
    event = {};
    event.experiments = std::move(experiments);
    alias_feature = alias_page = properties_raw = {};
    properties.clear();
    unknown.clear();
    fault = {};
}

bool has_member(std::span<const Member> members, std::string_view name) {
    return std::any_of(members.begin(), members.end(),
                       [name](const Member& member) { return member.name == name; });
}

// The read_ functions return what those of JsonWalk do.
struct BodyReader::State : JsonWalk {
    BodyLimits limits;
    std::string_view key;
    int64_t client_dropped = 0;
    Member sent_at;
    Fields context;
    std::vector<Fields> events;
    size_t used = 0;
    Fault body_fault;  // of a body that is JSON

    // A text that may be null or empty, which both mean: not given.
    bool read_text(ondemand::value& value, const KnownMember& known, Fields& fields) {
        json_type type{};
        if (value.type().get(type)) return false;
        if (type != json_type::string) {
            if (type != json_type::null) note(fields.fault, known.fault);
            return read_any(value, kEventDepth + 1, fields.fault);
        }
        std::string_view text;
        if (!read_string(value, text, fields.fault)) return false;
        if (text.empty()) return true;
        if (known.kind == MemberKind::Text && !event::is_id(text, known.max_bytes)) {
            note(fields.fault, known.fault);
        }
        (known.alias != nullptr ? fields.*known.alias : fields.event.*known.text) = text;
        return true;
    }

    bool read_experiments(ondemand::value& value, const KnownMember& known, Fields& fields) {
        auto& experiments = fields.event.experiments;
        const auto read_one = [&](const Member& member, ondemand::value& inner) {
            json_type type{};
            if (inner.type().get(type)) return false;
            std::string_view variant;
            if (type != json_type::string) {
                if (type != json_type::null) note(fields.fault, known.fault);
                return read_any(inner, kEventDepth + 2, fields.fault);
            }
            if (!read_string(inner, variant, fields.fault)) return false;
            if (!event::is_id(member.name) || !event::is_id(variant)) {
                note(fields.fault, known.fault);
            }
            experiments.push_back({member.name, variant});
            return true;
        };
        if (!read_map(value, known, fields, read_one)) return false;
        if (experiments.size() > kMaxExperiments) note(fields.fault, known.fault);
        if (has_repeated_name(experiments, [](const auto& e) { return e.name; })) {
            note(fields.fault, kDuplicateName);
        }
        return true;
    }

    bool read_properties(ondemand::value& value, const KnownMember& known, Fields& fields) {
        const auto read_one = [&](Member& member, ondemand::value& inner) {
            json_type type{};
            if (inner.type().get(type)) return false;
            const bool is_container = type == json_type::object || type == json_type::array;
            if (is_container || member.name.empty() ||
                !is_clean_label(member.name, event::kMaxIdBytes)) {
                note(fields.fault, known.fault);
            }
            if (type == json_type::string) {
                member.raw = token_of(inner);
                std::string_view text;
                if (!read_string(inner, text, fields.fault)) return false;
                if (!is_clean_label(text, kMaxPropertyBytes)) note(fields.fault, known.fault);
            } else if (!read_raw(inner, kEventDepth + 2, member.raw, fields.fault)) {
                return false;
            }
            fields.properties.push_back(member);
            return true;
        };
        const char* start = value.raw_json_token().data();
        if (!read_map(value, known, fields, read_one)) return false;
        if (!fields.properties.empty()) fields.properties_raw = raw_from(start);
        if (fields.properties.size() > kMaxProperties) note(fields.fault, known.fault);
        if (has_repeated_name(fields.properties, [](const Member& m) { return m.name; })) {
            note(fields.fault, kDuplicateName);
        }
        return true;
    }

    // An object, or null for none.
    template <typename ReadOne>
    bool read_map(ondemand::value& value, const KnownMember& known, Fields& fields,
                  ReadOne read_one) {
        json_type type{};
        if (value.type().get(type)) return false;
        if (type != json_type::object) {
            if (type != json_type::null) note(fields.fault, known.fault);
            return read_any(value, kEventDepth + 1, fields.fault);
        }
        return read_object(value, read_one, fields.fault);
    }

    bool read_timestamp(ondemand::value& value, const KnownMember& known, Fields& fields) {
        json_type type{};
        if (value.type().get(type)) return false;
        const std::string_view raw = token_of(value);
        if (type == json_type::number || type == json_type::string) {
            if (raw.size() > kMaxTimestampBytes + 2) note(fields.fault, known.fault);
            fields.event.client_timestamp = raw;
        } else if (type != json_type::null) {
            note(fields.fault, known.fault);
        }
        return read_any(value, kEventDepth + 1, fields.fault);
    }

    bool read_known(ondemand::value& value, const KnownMember& known, Fields& fields) {
        switch (known.kind) {
            case MemberKind::Text:
            case MemberKind::Page:
                return read_text(value, known, fields);
            case MemberKind::Experiments:
                return read_experiments(value, known, fields);
            case MemberKind::Properties:
                return read_properties(value, known, fields);
            case MemberKind::ClientTimestamp:
                return read_timestamp(value, known, fields);
            case MemberKind::Reserved:
                return read_any(value, kEventDepth + 1, fields.fault);
        }
        return false;
    }

    // An event, or the context, which looks the same.
    bool read_fields(ondemand::value& value, Fields& fields) {
        uint32_t seen = 0;
        const auto read_one = [&](Member& member, ondemand::value& inner) {
            if (const KnownMember* known = known_member(member.name)) {
                const uint32_t bit = uint32_t{1} << index_of(*known);
                if ((seen & bit) != 0) note(fields.fault, kDuplicateName);
                seen |= bit;
                return read_known(inner, *known, fields);
            }
            if (!read_raw(inner, kEventDepth + 1, member.raw, fields.fault)) return false;
            fields.unknown.push_back(member);
            return true;
        };
        if (!read_object(value, read_one, fields.fault)) return false;
        if (has_repeated_name(fields.unknown, [](const Member& m) { return m.name; })) {
            note(fields.fault, kDuplicateName);
        }
        if (fields.event.feature_id.empty()) fields.event.feature_id = fields.alias_feature;
        if (fields.event.page.empty()) fields.event.page = fields.alias_page;
        return true;
    }

    bool read_events(ondemand::value& value) {
        return read_array(value, [this](ondemand::value& element) {
            if (used == limits.max_events) {
                reading_stopped = kTooManyEvents;
                return false;
            }
            if (used == events.size()) events.emplace_back();
            Fields& fields = events[used++];
            fields.clear();
            json_type type{};
            if (element.type().get(type)) return false;
            if (type != json_type::object) {
                note(fields.fault, kEventNotAnObject);
                return read_any(element, kEventDepth, fields.fault);
            }
            const char* start = element.raw_json_token().data();
            if (!read_fields(element, fields)) return false;
            if (raw_from(start).size() > limits.max_event_bytes) fields.fault = kEventTooLarge;
            return true;
        });
    }

    bool read_context(ondemand::value& value) {
        json_type type{};
        if (value.type().get(type)) return false;
        if (type != json_type::object) {
            if (type != json_type::null) note(body_fault, kContextNotAnObject);
            return read_any(value, 2, body_fault);
        }
        const char* start = value.raw_json_token().data();
        if (!read_fields(value, context)) return false;
        if (raw_from(start).size() > limits.max_context_bytes) note(body_fault, kContextTooLarge);
        if (context.fault) note(body_fault, context.fault);
        return true;
    }

    // The sender's clock. Not a number or text: left out.
    bool read_sent_at(Member member, ondemand::value& value) {
        json_type type{};
        if (value.type().get(type)) return false;
        Fault fault;
        if (!read_raw(value, 2, member.raw, fault)) return false;
        const bool is_moment = type == json_type::number || type == json_type::string;
        if (is_moment && !fault && member.raw.size() <= kMaxTimestampBytes + 2) sent_at = member;
        return true;
    }

    // How many events the sender gave up. Not a count: left out.
    bool read_client_dropped(ondemand::value& value) {
        Fault ignored;
        std::string_view raw;
        if (!read_raw(value, 2, raw, ignored)) return false;
        int64_t count = 0;
        const auto [end_of_count, error] =
            std::from_chars(raw.data(), raw.data() + raw.size(), count);
        const bool is_count = error == std::errc{} && end_of_count == raw.data() + raw.size();
        if (is_count && count >= 0 && count <= kMaxDropped) client_dropped = count;
        return true;
    }

    bool read_body() {
        enum Seen : unsigned { Key = 1, Context = 2, Events = 4 };
        unsigned seen = 0;
        const auto first = [&](Seen bit) {
            if ((seen & bit) != 0) note(body_fault, kRepeatedMember);
            return std::exchange(seen, seen | bit) != seen;
        };
        Fault ignored;  // of members that are not kept
        ondemand::object object;
        if (document.get_object().get(object)) return false;
        const auto read_one = [&](const Member& member, ondemand::value& value) {
            json_type type{};
            if (value.type().get(type)) return false;
            if (member.name == "key" && type == json_type::string) {
                first(Key);
                return read_string(value, key, ignored);
            }
            if (member.name == "context" && first(Context)) return read_context(value);
            if (member.name == "events" && type == json_type::array && first(Events)) {
                return read_events(value);
            }
            if (member.name == "sent_at") return read_sent_at(member, value);
            if (member.name == "client_dropped") return read_client_dropped(value);
            return read_any(value, 2, ignored);
        };
        if (!read_members(object, read_one, ignored)) return false;
        if (!sent_at.raw.empty() && !has_member(context.unknown, sent_at.name)) {
            context.unknown.push_back(sent_at);
        }
        if ((seen & Events) == 0) note(body_fault, kNoEvents);
        return document.current_location().error() == simdjson::OUT_OF_BOUNDS;
    }
};

BodyReader::BodyReader(const BodyLimits& limits) : state_(std::make_unique<State>()) {
    state_->limits = limits;
}
BodyReader::~BodyReader() = default;
BodyReader::BodyReader(BodyReader&&) noexcept = default;

Fault BodyReader::read(const std::string& body) {
    State& state = *state_;
    state.arena.clear();
    state.arena.reserve(body.size());
    state.end = body.data() + body.size();
    state.key = {};
    state.client_dropped = 0;
    state.sent_at = {};
    state.context.clear();
    state.used = 0;
    state.body_fault = state.reading_stopped = {};
    const auto verdict =
        state.parser.iterate(body.data(), body.size(), body.capacity()).get(state.document);
    if (verdict == simdjson::UTF8_ERROR) return kInvalidUtf8;
    if (verdict) return kInvalidJson;
    const size_t first = body.find_first_not_of(" \t\r\n");
    if (first == std::string::npos) return kInvalidJson;
    if (body[first] != '{') return is_json(body) ? kNotAnObject : kInvalidJson;
    if (state.read_body()) return state.body_fault;
    return state.reading_stopped ? state.reading_stopped : kInvalidJson;
}

std::string_view BodyReader::key() const {
    return state_->key;
}

int64_t BodyReader::client_dropped() const {
    return state_->client_dropped;
}

const Fields& BodyReader::context() const {
    return state_->context;
}

std::span<Fields> BodyReader::events() {
    return {state_->events.data(), state_->used};
}

}  // namespace clickmill::collector
