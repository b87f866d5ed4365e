// Keeps settled buckets up to date: hours a minute after they are complete, then the days, weeks
// and months that they are part of, running ones too; lets live rows go that nothing can change any
// more, and settled ones whose retention is over. One per system.
#pragma once

#include "aggregator/settle_task.h"
#include "telemetry/logger.h"

#include <chrono>
#include <cstdint>
#include <map>
#include <set>
#include <stop_token>
#include <string>
#include <utility>

namespace clickmill::aggregator {

// For how many days after its end a settled bucket is kept, by grain; 0: for ever.
struct Retention {
    int64_t hour_days = 0;
    int64_t day_days = 0;
    int64_t week_days = 0;
    int64_t month_days = 0;
    int64_t days_of(calendar::Grain grain) const;
    bool operator==(const Retention&) const = default;
};

struct SettlerOptions {
    std::chrono::seconds after_complete{
        60};  // an hour is first settled this long after it is complete
    int32_t partition_count = 1;
    bool retires_live_rows = true;
    Retention retention;
    std::map<std::string, Retention> retention_of;  // of these rollups instead
};

// One thread.
class Settler {
public:
    Settler(SettlerOptions options, metrics_store::MetricsStore& store, telemetry::Logger& logger);

    // Settles what is due, view by view. Returns the number of buckets written. Ends early on
    // `stop`.
    Result<int64_t> pass(std::stop_token stop);
    // Whether the last pass found nothing to settle of it.
    bool is_at_rest(fold::ViewId view) const { return views_at_rest_.contains(view); }

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
    static int64_t no_click_before(const Due& due);
    Result<void> retire(const Due& due);
    Result<std::vector<metrics_store::Header>> final_headers(
        const Due& due, calendar::Grain grain, metrics_store::BucketRange around) const;
    Result<void> forget_old(const Due& due, std::stop_token stop);
    Result<void> forget_old(const Due& due, calendar::Grain grain, int64_t before,
                            std::stop_token stop);

    SettlerOptions options_;
    metrics_store::MetricsStore& store_;
    telemetry::Logger& logger_;
    std::set<fold::ViewId> views_at_rest_;
    // How far each view was complete when the last whole pass over it began: what lies well before
    // was looked at.
    std::map<fold::ViewId, Moment> looked_at_;
    // Before which instant, in seconds, buckets were forgotten by the last pass that looked.
    std::map<std::pair<fold::ViewId, calendar::Grain>, int64_t> forgotten_before_;
};

}  // namespace clickmill::aggregator
