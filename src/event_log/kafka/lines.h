// Cutting an append into records, and what a record holds: how many lines, and of whom.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

namespace clickmill::event_log::kafka {

// `payload` (NDJSON) cut behind lines: at most `max_lines` lines each, closed once it has
// `max_bytes`. One line a record is stored without its newline, as other producers would write it.
std::vector<std::string_view> packed(std::string_view payload, int64_t max_lines,
                                     int64_t max_bytes);

// Lines in a record that are not blank; the last one needs no newline. At least 1: a record without
// any is something that nobody can read, and is counted as that.
int32_t count_lines(std::string_view payload);

// Who clicked, as the line of one event says: its user_id, else anonymous_id, else session_id;
// empty where it names nobody, or with escapes. What other readers of the topic take for the
// record's key.
std::string_view who_in(std::string_view line);

}  // namespace clickmill::event_log::kafka
