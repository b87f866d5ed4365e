// Settles one bucket of one view, a step at a time: positions, marks, rows, write. The order is
// what makes it right on stores without snapshots (design section 5, Live and settled); between two
// steps anything may happen.
#pragma once

#include "metrics_store/metrics_store.h"

#include <span>
#include <vector>

namespace clickmill::aggregator {

// One thread.
class SettleTask {
public:
    // `calendar` is the view's.
    SettleTask(metrics_store::MetricsStore& store, const fold::View& view, int32_t partition_count,
               calendar::Calendar calendar, calendar::Grain grain, calendar::BucketKey bucket);

    // Does the next step. True while there is another one. An error ends the task; settling is
    // recomputation and can be begun again at any time.
    Result<bool> step();
    // All steps.
    Result<void> run();

    // The finished build, before the last step: for a store that writes it in pieces.
    const metrics_store::Build& build() const& { return build_; }
    metrics_store::Build build() && { return std::move(build_); }
    bool is_ready_to_write() const { return step_ == Step::Write; }

private:
    enum class Step { Positions, Marks, Rows, Write, Done };

    Result<void> read_positions();
    Result<void> read_marks();
    Result<void> read_rows();
    Result<void> read_hour();
    Result<void> read_parts();
    metrics_store::MetricsStore& store_;
    const fold::View& view_;
    int32_t partition_count_;
    calendar::Calendar calendar_;
    Step step_ = Step::Positions;
    metrics_store::Build build_;
    metrics_store::BucketRange hours_;  // of the bucket
    std::vector<metrics_store::PartitionMark> marks_;
};

// Whether `header` counts against `marks`, which are those of all hours that it holds and perhaps
// others.
bool counts(const metrics_store::Header& header,
            std::span<const metrics_store::PartitionMark> marks);

}  // namespace clickmill::aggregator
