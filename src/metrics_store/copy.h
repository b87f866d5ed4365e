// Moves everything that one metrics store holds into another one, of whatever kind.
#pragma once

#include "metrics_store/metrics_store.h"

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace clickmill::metrics_store {

// The `log_id` of every ledger of a store while a copy fills it: no aggregator goes on from it.
inline constexpr std::string_view kUnfinishedCopy = "(unfinished copy)";

// What one view holds in the buckets of one month, in both stores.
struct CopiedMonth {
    std::string view;   // "shop/totals"
    std::string month;  // "2026-11": of a bucket's key, which for hours is UTC
    int64_t rows = 0;
    uint64_t checksum = 0;
};

struct CopyProgress {
    std::string view;
    std::string_view doing;  // "copying", "comparing"
    int64_t rows = 0;        // of this view so far
    int64_t buckets = 0;     // done, of
    int64_t buckets_in_all = 0;
};

struct CopyOptions {
    std::function<void(const CopyProgress&)> on_progress = [](const CopyProgress&) {};
    // Rows that are written at once: a transaction, where the store has them.
    size_t rows_at_once = 20'000;
};

struct CopySummary {
    int64_t rows = 0;          // written by this call
    int64_t buckets_kept = 0;  // settled ones that an earlier call had written
    std::vector<CopiedMonth> months;
};

// Copies views, live rows, settled buckets and marks from `from`, which nobody may change
// meanwhile, to `to`, compares both, and at last writes the ledgers with which an aggregator goes
// on. Called again after it was cut off, it goes on where it was. Conflict: `to` holds something
// else, or the two differ in the end (the message names view and month), which is so when `from`
// has changed.
Result<CopySummary> copy_store(MetricsStore& from, MetricsStore& to,
                               const CopyOptions& options = {});

}  // namespace clickmill::metrics_store
