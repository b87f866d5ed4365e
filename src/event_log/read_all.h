// Reading for those who want what is there by now.
#pragma once

#include "event_log/event_log.h"

#include <functional>

namespace clickmill::event_log {

// Hands over the records from `from` on, in order, at least up to `end`, which the log has reached,
// until `use` says false. Ends early when a broker gives nothing for two seconds.
Result<void> read_all(EventLog& log, PartitionId partition, Offset from, Offset end,
                      const std::function<bool(const StoredRecord&)>& use);

}  // namespace clickmill::event_log
