// What belongs to a partition rather than to a view: slice cuts, accounting, identity of the log,
// freshness. Absolute, with `through`: of two ledgers of a partition the one with the higher
// `through` is right.
#pragma once

#include "base/types.h"

#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace clickmill::fold {

// Classes of what was accepted; their sum is what was folded (promise P3).
struct Accounting {
    int64_t counted = 0;
    int64_t duplicate = 0;
    int64_t left_out = 0;  // known crawlers
    int64_t late = 0;
    int64_t unreadable = 0;  // not an event, or of a project that nobody knows
    int64_t lost = 0;        // damaged or deleted before it was folded

    int64_t total() const { return counted + duplicate + left_out + late + unreadable + lost; }
    Accounting& operator+=(const Accounting& other);
    bool operator==(const Accounting&) const = default;
};

// Where a slice of the repeat tables begins, and the limits that decide where it ends (design
// section 5).
struct SliceCut {
    Offset offset;         // the first record of the slice
    Moment append_time{};  // of that record
    int64_t slice_seconds = 0;
    int64_t max_entries = 0;
    bool operator==(const SliceCut&) const = default;
};

struct Ledger {
    PartitionId partition;
    std::string log_id;
    int32_t partition_count = 0;
    Offset through;              // records below are accounted
    Moment folded_to{};          // append time of the last of them
    Moment complete_through{};   // every click received before this is in the rows
    uint64_t repeat_key = 0;     // key of the hash of ids; another one would decide differently
    std::vector<SliceCut> cuts;  // in order of offsets; enough for the window, older ones may go
    int64_t repeat_window_seconds = 0;           // the window really held
    std::map<std::string, Accounting> projects;  // "" holds what belongs to no known project
};

}  // namespace clickmill::fold
