// Decides which of the rows that a scan found belong to the log, and what is missing between them.
// Arithmetic alone; salvage.h does the rest.
#pragma once

#include "event_log/embedded/page_scan.h"

#include <optional>
#include <vector>

namespace clickmill::event_log {

struct SalvagedRow {
    RecordNumbers numbers;
    CellPlace place;
    std::optional<int64_t> checksum;  // as found; none: the row was put right and gets a new one
};

struct SalvagePlan {
    LogSummary summary;             // log_id empty: not readable
    std::vector<SalvagedRow> rows;  // in order of offsets
    std::vector<Gap> gaps;
    bool has_summary = false;
};

// Reads all of `file`. Cost: its size, and 64 bytes of memory a row.
SalvagePlan plan_salvage(DamagedFile& file, const KnownPosition& known);

}  // namespace clickmill::event_log
