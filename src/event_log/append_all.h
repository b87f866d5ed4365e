// Appending for those who have time to wait for the answers.
#pragma once

#include "event_log/event_log.h"

#include <utility>
#include <vector>

namespace clickmill::event_log {

// Returns when all are durable, or with the last of the failures once every one is answered.
Result<void> append_all(EventLog& log, std::vector<std::pair<PartitionId, Record>> records);

}  // namespace clickmill::event_log
