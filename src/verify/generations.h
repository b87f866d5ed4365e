// Compares two generations of a rollup, row by row, as answers would be made of them.
#pragma once

#include "base/result.h"
#include "metrics_store/metrics_store.h"

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

namespace clickmill::verify {

struct GenerationDifference {
    std::string bucket;  // "2026-11-01": a local day
    std::string labels;  // the feature, then values of dimensions, joined by " | "
    int64_t clicks_before = 0;
    int64_t clicks_after = 0;
    int64_t users_before = -1;  // below 0: not kept
    int64_t users_after = -1;
};

struct GenerationReport {
    int64_t days = 0;
    int64_t rows = 0;
    int64_t difference_count = 0;
    std::vector<GenerationDifference> differences;  // the first 100
};

// Day by day, where both know clicks and both are complete. InvalidInput: they stand on other
// dimensions or another zone, so that no row of one is a row of the other.
Result<GenerationReport> compare_generations(metrics_store::MetricsStore& store,
                                             const fold::View& before, const fold::View& after,
                                             const std::function<void(const std::string&)>& say);

}  // namespace clickmill::verify
