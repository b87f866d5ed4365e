// What the aggregator reads of a ClickHouse store before it goes on; the rest is read in the words
// of metrics_store/sql.
#pragma once

#include "metrics_store/clickhouse/client.h"
#include "metrics_store/metrics_store.h"
#include "metrics_store/sql/catalog.h"

#include <optional>
#include <span>
#include <vector>

namespace clickmill::metrics_store {

// All of them by partition, or one.
Result<std::vector<fold::Ledger>> read_ch_ledgers(ChClient& client,
                                                  std::optional<PartitionId> only = std::nullopt);
// As MetricsStore.
Result<Progress> read_ch_progress(ChClient& client, PartitionId partition);
Result<std::vector<fold::StoredCell>> read_ch_cells(ChClient& client, const StoredView& stored,
                                                    PartitionId partition,
                                                    std::span<const fold::CellKey> keys);

}  // namespace clickmill::metrics_store
