// Forgets people in the records of the event log.
#pragma once

#include "erasure/people.h"
#include "event/line_reader.h"
#include "event_log/event_log.h"

#include <optional>
#include <string>

namespace clickmill::erasure {

// One thread.
class LogErasure {
public:
    explicit LogErasure(Forgotten& forgotten) : forgotten_(forgotten) {}

    // Remembers which events are theirs.
    void look_at(const event_log::StoredRecord& record);
    // The record without them; nullopt: they are not in it.
    std::optional<std::string> erase(const event_log::StoredRecord& record);
    const Count& count() const { return count_; }

private:
    Forgotten& forgotten_;
    event::LineReader reader_{event::Reads::Everything};
    Count count_;
};

}  // namespace clickmill::erasure
