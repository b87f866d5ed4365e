#include "collector/line_writer.h"

#include "base/hash.h"
#include "collector/json_text.h"
#include "collector/members.h"
#include "event/identity.h"
#include "event/text.h"

#include <algorithm>

namespace clickmill::collector {
namespace {

constexpr size_t kFullChunk = 1 << 20;  // bytes after which a partition's lines go on in another
constexpr Fault kNoFeature{"missing_feature_id", "an event needs feature_id: what was clicked"};
constexpr Fault kPrivate{"privacy_signal",
                         "left out: the browser asks not to be tracked (Sec-GPC or DNT)"};

// Text members that the context may give, in any order.
constexpr std::string_view event::Event::* kDefaults[] = {
    &event::Event::feature_id,  &event::Event::user_id, &event::Event::anonymous_id,
    &event::Event::session_id,  &event::Event::page,    &event::Event::platform,
    &event::Event::app_version, &event::Event::device,  &event::Event::browser,
    &event::Event::os,          &event::Event::locale};

void set_if_empty(std::string_view& text, std::string_view value) {
    if (text.empty()) text = value;
}

void append_member(std::string& out, const Member& member) {
    if (!out.empty() && out.back() != '{') out += ',';
    out += '"';
    out += member.raw_name;
    out += "\":";
    append_on_one_line(out, member.raw);
}

}  // namespace

void LineWriter::begin(size_t expected_bytes) {
    chunks_.clear();
    expected_bytes_ = expected_bytes;
}

Fault LineWriter::add(uint32_t index, Fields& fields, const Fields& context, const Sender& sender) {
    if (fields.fault) return fields.fault;
    if (options_.drop_private && sender.wants_privacy) return kPrivate;
    apply_context(fields, context);
    event::Event& event = fields.event;
    if (event.feature_id.empty()) return kNoFeature;
    if (!event.page.empty()) {
        event.page = pages_.name_of(event.page);
        if (!event.page.empty() && !event::is_id(event.page)) return page_member().fault;
    }
    if (event.event_id.empty()) {
        event_id_ = event::new_event_id();
        event.event_id = event_id_;
    }
    // A repeat must meet its first copy, whatever has become of the privacy signal since: what the
    // client sent decides.
    const std::string_view who = event.who();
    Chunk& chunk = chunk_for(who.empty() ? event.event_id : who);
    apply_sender(fields, sender);
    apply_privacy(fields, sender);
    event::append_line(chunk.lines, event);
    chunk.indices.push_back(index);
    return {};
}

void LineWriter::apply_context(Fields& fields, const Fields& context) {
    event::Event& event = fields.event;
    for (const auto member : kDefaults) set_if_empty(event.*member, context.event.*member);
    const size_t own = event.experiments.size();
    for (const auto& experiment : context.event.experiments) {
        const auto end = event.experiments.begin() + static_cast<std::ptrdiff_t>(own);
        const bool is_overridden =
            std::any_of(event.experiments.begin(), end,
                        [&](const auto& named) { return named.name == experiment.name; });
        if (!is_overridden) event.experiments.push_back(experiment);
    }
    merge_properties(fields, context);
    other_.clear();
    for (const Member& member : fields.unknown) append_member(other_, member);
    for (const Member& member : context.unknown) {
        if (!has_member(fields.unknown, member.name)) append_member(other_, member);
    }
    event.other = other_;
}

void LineWriter::merge_properties(Fields& fields, const Fields& context) {
    properties_.clear();
    if (context.properties.empty() || fields.properties.empty()) {
        append_on_one_line(properties_, context.properties.empty() ? fields.properties_raw
                                                                   : context.properties_raw);
    } else {
        properties_ += '{';
        for (const Member& member : fields.properties) append_member(properties_, member);
        for (const Member& member : context.properties) {
            if (!has_member(fields.properties, member.name)) append_member(properties_, member);
        }
        properties_ += '}';
    }
    fields.event.properties_json = properties_;
}

void LineWriter::apply_sender(Fields& fields, const Sender& sender) {
    event::Event& event = fields.event;
    event.project = sender.key->project;
    event.received_at = sender.received_at;
    event.country = sender.place.country;
    event.region = sender.place.region;
    event.bot = sender.agent->is_crawler;
    set_if_empty(event.browser, sender.agent->browser);
    set_if_empty(event.os, sender.agent->os);
    set_if_empty(event.os, sender.platform_hint);
    set_if_empty(event.device, sender.agent->device);
    if (sender.is_mobile_hint) set_if_empty(event.device, "mobile");
}

void LineWriter::apply_privacy(Fields& fields, const Sender& sender) {
    event::Event& event = fields.event;
    if (sender.wants_privacy) {
        event.user_id = event.anonymous_id = event.session_id = {};
        event_id_ = event::private_event_id(sender.key->secret, event.event_id);
        event.event_id = event_id_;
    } else if (options_.hash_user_ids && !event.user_id.empty()) {
        user_id_ = event::keyed_identity(sender.key->secret, event.user_id);
        event.user_id = user_id_;
    }
}

Chunk& LineWriter::chunk_for(std::string_view placement) {
    int32_t partition = 0;
    if (options_.partitions > 1) {  // as Kafka's clients place keys
        partition = static_cast<int32_t>(murmur2(placement) & 0x7fffffff) % options_.partitions;
    }
    const auto found = std::find_if(chunks_.rbegin(), chunks_.rend(), [partition](const Chunk& c) {
        return c.partition == partition;
    });
    if (found != chunks_.rend() && found->lines.size() < kFullChunk) return *found;
    Chunk& chunk = chunks_.emplace_back();
    chunk.partition = partition;
    const size_t share = expected_bytes_ / static_cast<size_t>(options_.partitions);
    chunk.lines.reserve(std::min(share + share / 4 + 256, kFullChunk + kFullChunk / 16));
    return chunk;
}

}  // namespace clickmill::collector
