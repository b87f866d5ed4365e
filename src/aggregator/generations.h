// Puts a rollup's next generation into its place once it is complete, and deletes the rows of those
// that were dropped. One per system, beside the settler.
#pragma once

#include "metrics_store/metrics_store.h"
#include "telemetry/logger.h"

#include <chrono>
#include <cstdint>
#include <functional>
#include <span>
#include <stop_token>

namespace clickmill::aggregator {

struct GenerationOptions {
    int32_t partition_count = 1;
    // As far as the ledger, less what a rollup that is flushed now and then may lag behind.
    std::chrono::seconds complete_within{30};
};

// One thread.
class Generations {
public:
    // `is_at_rest`: whether the settler has nothing to do for a view.
    Generations(GenerationOptions options, metrics_store::MetricsStore& store,
                telemetry::Logger& logger, std::function<bool(fold::ViewId)> is_at_rest);

    Result<void> look_after(std::stop_token stop);

private:
    Result<std::vector<fold::View>> complete_views(metrics_store::Snapshot& snapshot,
                                                   std::span<const fold::View> views) const;
    Result<void> switch_to(std::span<const fold::View> ready);
    Result<void> clear_dropped(std::span<const fold::View> views, const std::stop_token& stop);

    GenerationOptions options_;
    metrics_store::MetricsStore& store_;
    telemetry::Logger& logger_;
    std::function<bool(fold::ViewId)> is_at_rest_;
};

// Which of the complete views may take their places now. A project's rollups go to another zone
// together, and only when all of them can. A view that knows less of the past than the one in whose
// place it would come waits for somebody to decide.
std::vector<fold::View> views_to_switch(std::span<const fold::View> all,
                                        std::span<const fold::View> complete);

}  // namespace clickmill::aggregator
