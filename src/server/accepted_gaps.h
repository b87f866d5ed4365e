// Gaps in the log that an operator has accepted: records that were deleted before they were
// counted, which the aggregator leaves behind as lost. Kept in the data folder.
#pragma once

#include "base/result.h"
#include "base/types.h"

#include <string>

namespace clickmill::server {

// The gap that begins at the partition's position; a later one has to be accepted anew.
// Unavailable: the file cannot be written.
Result<void> accept_gap(const std::string& path, PartitionId partition, Offset position);
bool is_gap_accepted(const std::string& path, PartitionId partition, Offset position);

}  // namespace clickmill::server
