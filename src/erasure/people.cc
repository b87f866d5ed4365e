#include "erasure/people.h"

#include "event/identity.h"

#include <fmt/format.h>

#include <algorithm>

namespace clickmill::erasure {

using event::Event;

bool Forgotten::carries_them(const Event& event) const {
    return std::ranges::any_of(people_, [&](const People& people) {
        return people.project == event.project &&
               std::ranges::any_of(people.ids, [&](const std::string& id) {
                   return event.user_id == id || event.anonymous_id == id || event.session_id == id;
               });
    });
}

void Forgotten::note(std::string_view project, std::string_view event_id) {
    if (!event_id.empty()) noted_.insert(fmt::format("{} {}", project, event_id));
}

bool Forgotten::concerns(const Event& event) const {
    return carries_them(event) ||
           (!event.event_id.empty() && !noted_.empty() &&
            noted_.contains(fmt::format("{} {}", event.project, event.event_id)));
}

bool Forgotten::is_named_in(std::string_view text) const {
    return std::ranges::any_of(people_, [&](const People& people) {
        return std::ranges::any_of(people.ids, [&](const std::string& id) {
            return text.find(id) != std::string_view::npos;
        });
    });
}

void Forgotten::append_erased(std::string& lines, const Event& event) const {
    const auto anew = [&](std::string_view text) {
        return text.empty() ? std::string() : event::keyed_identity(key_, text);
    };
    const std::string user_id = anew(event.user_id);
    const std::string anonymous_id = anew(event.anonymous_id);
    const std::string session_id = anew(event.session_id);
    const std::string event_id =
        event.event_id.empty() ? std::string() : event::private_event_id(key_, event.event_id);
    Event erased = event;
    erased.user_id = user_id;
    erased.anonymous_id = anonymous_id;
    erased.session_id = session_id;
    erased.event_id = event_id;
    erased.properties.clear();
    erased.properties_json = erased.client_timestamp = {};
    erased.other = kErasedMember;
    event::append_line(lines, erased);
}

std::string Forgotten::hash_of(std::string_view text) const {
    return event::keyed_identity(key_, text);
}

}  // namespace clickmill::erasure
