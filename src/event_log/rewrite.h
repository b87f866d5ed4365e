// What may change in a log whose records otherwise never do: payloads, when somebody is to be
// forgotten. Offsets, times and counts stay.
#pragma once

#include "event_log/event_log.h"

#include <cstdint>
#include <functional>
#include <optional>
#include <string>

namespace clickmill::event_log {

// A record's payload anew, with as many lines; nullopt: it stays as it is.
using Rewrite = std::function<std::optional<std::string>(const StoredRecord& record)>;

struct Rewritten {
    int64_t records = 0;  // that were read
    int64_t changed = 0;
    int64_t damaged = 0;  // whose payload nobody can read
    // Bytes that were deleted or replaced earlier may still be in the file's write-ahead log.
    bool is_wal_in_use = false;
};

}  // namespace clickmill::event_log
