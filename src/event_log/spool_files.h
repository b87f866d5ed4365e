// What lies beside a spool: for which log it is, and up to where it is drained; and how an append
// looks inside it.
#pragma once

#include "base/result.h"
#include "event_log/event_log.h"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace clickmill::event_log {

struct SpoolTarget {
    std::string name;  // the topic
    int32_t partitions = 0;
};

// nullopt: none yet.
std::optional<SpoolTarget> spool_target(const std::string& folder);
Result<void> keep_spool_target(const std::string& folder, const SpoolTarget& target);

// Up to where the spool of this id is drained; 0 when nothing is known of it.
Offset drained_to(const std::string& folder, const std::string& log_id);
Result<void> keep_drained_to(const std::string& folder, const std::string& log_id, Offset next);

struct SpooledAppend {
    PartitionId partition;
    Record record;
};

// The spool packs appends; each keeps a line before it that says whose it is. Stored: never change.
Record spooled(PartitionId partition, const Record& record);
// What one record of the spool holds. Corrupt: not made by spooled().
Result<std::vector<SpooledAppend>> appends_of(std::string_view payload);

}  // namespace clickmill::event_log
