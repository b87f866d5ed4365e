// The tables of a ClickHouse store. Rows are only ever inserted: of several with one key the one
// with the highest version is right (FINAL), so a repeated or late insert changes nothing. What
// is in them for an analyst stands in docs/reference/metrics-schema.md.
#pragma once

#include "fold/ledger.h"
#include "metrics_store/sql/tables.h"

#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace clickmill::metrics_store {

// Where tables lie. Without a cluster, on the one server. With one, each is a replicated table
// `<name>_local` on every server and a distributed one over them, which everything but deletes
// goes to; rollups are sharded by feature, all others lie on the first shard.
struct ChLayout {
    std::string cluster;
    bool is_cluster() const { return !cluster.empty(); }
};

// Names and columns as on the other stores, quoted for ClickHouse.
sql::RollupTables ch_rollup_tables(std::string_view base, std::span<const std::string> dimensions);

// Statements that make what is not there yet.
std::vector<std::string> create_ch_tables(const ChLayout& layout);
std::vector<std::string> create_ch_rollup_tables(const ChLayout& layout,
                                                 const sql::RollupTables& tables);
// Views for people: one for each rollup, and those over `totals`.
std::string create_ch_readable_view(const ChLayout& layout, const sql::RollupTables& tables);
std::vector<std::string> create_ch_views_of_totals(const ChLayout& layout);
// To tables that were made before views had states: `rollups` are all that have tables.
std::vector<std::string> add_ch_view_states(const ChLayout& layout,
                                            std::span<const sql::RollupTables> rollups);

// The columns of a partition's ledger that are read, and the classes of accounting in the order of
// theirs.
inline constexpr std::string_view kLedgerColumns =
    "partition, log_id, partition_count, through, folded_to_us, complete_through_us, repeat_key, "
    "repeat_window_seconds, cuts, projects, counted, duplicate, left_out, late, unreadable, lost";
inline constexpr int64_t fold::Accounting::* kLedgerClasses[] = {
    &fold::Accounting::counted, &fold::Accounting::duplicate,  &fold::Accounting::left_out,
    &fold::Accounting::late,    &fold::Accounting::unreadable, &fold::Accounting::lost};

// Deletes the rows of a table of ours that fit, in the background: parts are written anew, which
// takes seconds at least. Until then readers have to know that they count no more.
std::string delete_from(const ChLayout& layout, std::string_view table, std::string_view where);

}  // namespace clickmill::metrics_store
