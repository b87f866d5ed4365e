// What happens to an events.db that SQLite refuses or that contradicts itself: it is set aside, and
// every intact row, found by its checksum wherever it lies, goes into a new file that keeps the
// log's id. Recovery never deletes what it could not read. Tested by tests/contract and
// tests/faults.
#pragma once

#include "base/types.h"
#include "event_log/embedded/log_file.h"
#include "telemetry/logger.h"

#include <string>

namespace clickmill::event_log {

struct SalvageContext {
    FileName name;
    const KnownPosition& known;
    int compression_level = 1;
    Moment now{};  // becomes part of the name of what is set aside
    telemetry::Logger& logger;
};

// Moves the file to <path>.damaged-<time> and makes a new one of what can be read. After a crash in
// between, finish_interrupted_salvage() does the rest.
Result<void> set_aside_and_salvage(const SalvageContext& context, const std::string& why);

// There is no file, but one that was set aside: makes the new one.
Result<void> finish_interrupted_salvage(const SalvageContext& context);

// Whether the header's constant bytes are what we and SQLite write. True when there is no file.
bool is_header_plausible(const FileName& name);

}  // namespace clickmill::event_log
