// Statements that read: one for each kind of question, with its values.
#pragma once

#include "metrics_store/snapshot.h"
#include "metrics_store/sql/tables.h"

#include <span>
#include <string>

namespace clickmill::metrics_store::sql {

// The rows of `question` in some ranges of buckets (Dialect::ranges_at_once), to be summed by who
// asks: an embedded database gives its rows faster than it groups them. Columns: the bucket, the
// feature and the dimension's value as far as the question groups by them, then clicks. No order.
Query clicks_of(const Dialect& dialect, const RollupTables& tables, const RowsQuestion& question,
                std::span<const BucketRange> ranges);
// The sketches of the same rows: the same columns, then the sketch.
Query users_of(const Dialect& dialect, const RollupTables& tables, const RowsQuestion& question,
               std::span<const BucketRange> ranges);

// Every row of one bucket in the order of its labels. Columns: feature_id, <dimensions>, then
// clicks or sketch; live rows come once for each partition.
Query clicks_in_bucket(const Dialect& dialect, const RollupTables& tables, const RowsQuestion& of);
Query users_in_bucket(const Dialect& dialect, const RollupTables& tables, const RowsQuestion& of);

// view_id, hour, feature_id, <dimensions>, partition -> clicks or sketch, through
std::string load_clicks(const RollupTables& tables);
std::string load_users(const RollupTables& tables);
// view_id, hour, partition -> feature_id, <dimensions>; those of clicks and of users, so most twice
std::string live_labels(const RollupTables& tables);

}  // namespace clickmill::metrics_store::sql
