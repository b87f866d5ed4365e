// Statements that write: upserts where a higher `through` wins, builds and their headers.
// Parameters stand in the order that each comment names.
#pragma once

#include "metrics_store/sql/tables.h"

#include <string>

namespace clickmill::metrics_store::sql {

// view_id, hour, feature_id, <dimensions>, partition, clicks or sketch, through
std::string upsert_live_clicks(const RollupTables& tables);
std::string upsert_live_users(const RollupTables& tables);
// view_id, hour
std::string delete_live_clicks(const RollupTables& tables);
std::string delete_live_users(const RollupTables& tables);

// view_id, grain, feature_id, bucket, <dimensions>, then clicks and users, or sketch
std::string insert_settled(const RollupTables& tables);
std::string insert_settled_users(const RollupTables& tables);
// view_id, grain, bucket
std::string delete_settled(const RollupTables& tables);
std::string delete_settled_users(const RollupTables& tables);

// view_id, hour, partition, touched
std::string upsert_mark();
// view_id, hour, label, day, week, month; one that is there stays
std::string insert_hour();
// view_id, partition, through, newest_hour, complete_through_us; each keeps the larger
std::string upsert_position(const Dialect& dialect);
// partition, log_id, partition_count, through, folded_to_us, complete_through_us, repeat_key,
// repeat_window_seconds; one that is newer stays
std::string upsert_ledger();
// partition, first_offset, next_offset, slice_offset, ids; one that is as long or longer stays
std::string upsert_repeat_piece();
// partition, project, counted, duplicate, left_out, late, unreadable, lost
std::string upsert_accounting();
// view_id, grain, bucket, build, positions, held
std::string upsert_header();

}  // namespace clickmill::metrics_store::sql
