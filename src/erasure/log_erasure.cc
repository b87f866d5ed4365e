#include "erasure/log_erasure.h"

#include "base/lines.h"

namespace clickmill::erasure {

void LogErasure::look_at(const event_log::StoredRecord& record) {
    if (record.is_damaged || !record.fault.empty()) return;
    for (const event::Line& line : reader_.read(record.payload, record.append_time)) {
        if (line.readable && forgotten_.carries_them(line.event))
            forgotten_.note(line.event.project, line.event.event_id);
    }
}

std::optional<std::string> LogErasure::erase(const event_log::StoredRecord& record) {
    std::string lines;
    bool is_changed = false;
    std::string_view rest = record.payload;
    for (const event::Line& line : reader_.read(record.payload, record.append_time)) {
        std::string_view text = take_line(rest);
        while (is_blank(text)) text = take_line(rest);
        const size_t begin = lines.size();
        if (line.readable && forgotten_.concerns(line.event)) {
            forgotten_.append_erased(lines, line.event);
            ++count_.events;
            is_changed = true;
        } else if (!line.readable && forgotten_.is_named_in(text)) {
            lines.append(forgotten_.hash_of(text)).append("\n");
            ++count_.unreadable;
            is_changed = true;
        } else {
            lines.append(text).append("\n");
        }
        if (forgotten_.is_named_in(std::string_view(lines).substr(begin))) ++count_.mentions;
    }
    return is_changed ? std::optional(std::move(lines)) : std::nullopt;
}

}  // namespace clickmill::erasure
