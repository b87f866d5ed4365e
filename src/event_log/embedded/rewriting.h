// Replaces payloads in an events.db, beside the server that appends to it or without one, so that
// no byte of the old ones is left in the file or in its write-ahead log.
#pragma once

#include "event_log/embedded/log_file.h"
#include "event_log/rewrite.h"

#include <chrono>

namespace clickmill::event_log {

// What was overwritten is durable when this returns. After an error, or when the process dies, each
// record is the old one or the new one. `patience`: with readers that hold on to the write-ahead
// log.
Result<Rewritten> rewrite_records(const FileName& name, const Rewrite& rewrite,
                                  std::chrono::milliseconds patience);

}  // namespace clickmill::event_log
