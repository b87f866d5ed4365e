// What a fold asks while it goes on, answered from the metrics store; the same live and in a
// replay.
#pragma once

#include "fold/partition_fold.h"
#include "metrics_store/metrics_store.h"

#include <vector>

namespace clickmill::aggregator {

// Between read() and apply().
Result<void> provide_days(fold::PartitionFold& fold, metrics_store::MetricsStore& store,
                          PartitionId partition);
// After a batch of records.
Result<void> provide_cells(fold::PartitionFold& fold, metrics_store::MetricsStore& store,
                           PartitionId partition);

fold::Position position_of(const metrics_store::Progress& progress, fold::ViewId view);

// Where the live fold of a partition goes on: it reads no record below. What is being built, or was
// replaced, holds nothing back.
Result<Offset> next_to_fold(metrics_store::MetricsStore& store, PartitionId partition);

// Whether so few records are missing from a view.
bool is_near(fold::ViewId view, const metrics_store::Progress& progress, int64_t within);

}  // namespace clickmill::aggregator
