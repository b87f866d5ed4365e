// What the aggregator reads of a SQL store before it goes on, and the rows that answers are made
// of.
#pragma once

#include "metrics_store/metrics_store.h"
#include "metrics_store/sql/catalog.h"

#include <optional>
#include <span>
#include <vector>

namespace clickmill::metrics_store {

// As MetricsStore.
Result<Progress> read_progress(sql::ReadSession& session, PartitionId partition);
Result<std::vector<fold::RepeatPiece>> read_repeat_pieces(sql::ReadSession& session,
                                                          PartitionId partition);
Result<std::vector<fold::StoredCell>> read_cells(sql::Session& session, const Catalog& catalog,
                                                 fold::ViewId view, PartitionId partition,
                                                 std::span<const fold::CellKey> keys);
Result<std::vector<fold::Labels>> read_labels_of(sql::ReadSession& session, const Catalog& catalog,
                                                 fold::ViewId view, PartitionId partition,
                                                 std::span<const calendar::BucketKey> hours);

// A partition's ledgers as stored; all of them, or one.
Result<std::vector<fold::Ledger>> read_ledgers(sql::ReadSession& session,
                                               std::optional<PartitionId> only = std::nullopt);
// As Snapshot.
Result<RowsAnswer> read_rows(sql::ReadSession& session, const Catalog& catalog,
                             const RowsQuestion& question);
Result<std::vector<SettledRow>> read_bucket(sql::ReadSession& session, const Catalog& catalog,
                                            const RowsQuestion& of);

}  // namespace clickmill::metrics_store
