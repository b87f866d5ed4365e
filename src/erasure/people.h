// Who is to be forgotten, by what their events carry; and what their events look like afterwards.
#pragma once

#include "event/event.h"

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <unordered_set>
#include <vector>

namespace clickmill::erasure {

// People of one project.
struct People {
    std::string project;
    std::vector<std::string> ids;  // a user_id, anonymous_id or session_id, as events carry it
};

struct Count {
    int64_t events = 0;      // that are erased
    int64_t unreadable = 0;  // lines that are no events and named them; erased, too
    int64_t mentions = 0;    // other events, or what is left of these, that have an id's text
};

// An event that was erased says so among the members that Clickmill does not know:
// {"erased":true}. Stored: never change.
inline constexpr std::string_view kErasedMember = "\"erased\":true";

// Events are theirs when one of their ids is in one of the three fields, and every copy of such an
// event is, whatever it carries: a repeat must go on meeting its first copy. One thread.
class Forgotten {
public:
    // `key`: of the hash that takes the place of identities; whoever throws it away has forgotten.
    // `noted`: of events that were noted before.
    Forgotten(std::span<const People> people, std::string key,
              std::span<const std::string> noted = {})
        : people_(people.begin(), people.end()),
          key_(std::move(key)),
          noted_(noted.begin(), noted.end()) {}

    bool carries_them(const event::Event& event) const;
    // Remembers the id of one that does.
    void note(std::string_view project, std::string_view event_id);
    bool concerns(const event::Event& event) const;
    // Whether the bytes of one of the ids are in `text`.
    bool is_named_in(std::string_view text) const;

    // Appends the line of an event that concerns them: hashes for identities and for the part of
    // the event's id before its counter, and none of what a client may fill as it likes
    // (properties, members that are not ours, its clock). What it counts as stays.
    void append_erased(std::string& lines, const event::Event& event) const;
    // What takes the place of a line that is no event.
    std::string hash_of(std::string_view text) const;

    std::span<const People> people() const { return people_; }
    const std::string& key() const { return key_; }
    // Of events that were noted, as "project event_id".
    const std::unordered_set<std::string>& noted() const { return noted_; }

private:
    const std::vector<People> people_;
    const std::string key_;
    std::unordered_set<std::string> noted_;
};

}  // namespace clickmill::erasure
