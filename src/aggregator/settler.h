// Keeps settled buckets up to date: hours a minute after they are complete, then the days, weeks
// and months that they are part of, running ones too; and lets live rows go that nothing can change
// any more. One per system.
#pragma once

#include "aggregator/settle_task.h"
#include "telemetry/logger.h"

#include <chrono>
#include <map>
#include <stop_token>

namespace clickmill::aggregator {

struct SettlerOptions {
    std::chrono::seconds after_complete{
        60};  // an hour is first settled this long after it is complete
    int32_t partition_count = 1;
    bool retires_live_rows = true;
};

// One thread.
class Settler {
public:
    Settler(SettlerOptions options, metrics_store::MetricsStore& store, telemetry::Logger& logger);

    // Settles what is due, view by view. Returns the number of buckets written. Ends early on
    // `stop`.
    Result<int64_t> pass(std::stop_token stop);

private:
    struct Due;
    class Batch;
    Result<int64_t> pass_view(const fold::View& view, std::stop_token stop);
    Result<std::vector<fold::View>> views() const;
    Result<std::vector<metrics_store::PartitionMark>> marks(fold::ViewId view,
                                                            metrics_store::BucketRange hours) const;
    Result<std::vector<metrics_store::Header>> hour_headers(const Due& due) const;
    Result<Moment> complete_through(fold::ViewId view) const;
    Result<int64_t> settle_hours(const Due& due, std::stop_token stop);
    Result<int64_t> settle_coarse(const Due& due, calendar::Grain grain, std::stop_token stop);
    Result<bool> is_stale(const Due& due, calendar::Grain grain, calendar::BucketKey bucket) const;
    Result<void> retire(const Due& due);

    SettlerOptions options_;
    metrics_store::MetricsStore& store_;
    telemetry::Logger& logger_;
    // How far each view was complete when the last whole pass over it began: what lies well before
    // was looked at.
    std::map<fold::ViewId, Moment> looked_at_;
};

}  // namespace clickmill::aggregator
