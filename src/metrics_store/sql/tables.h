// The tables of a SQL store: those of all rollups, and four for each rollup. What is in them for an
// analyst stands in docs/reference/metrics-schema.md.
#pragma once

#include "metrics_store/sql/labels.h"

#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace clickmill::metrics_store::sql {

// The tables of one rollup. Names are quoted.
struct RollupTables {
    // `base` names them; dimensions give their columns ("os", "properties.plan").
    RollupTables(std::string_view base, std::span<const std::string> dimensions);

    std::string live;           // one row for each partition: clicks, through
    std::string live_users;     // the same: sketch, through
    std::string settled;        // final rows of each grain: clicks, users
    std::string settled_users;  // the same: sketch
    std::string readable;       // a SQL view over the settled rows
    std::vector<std::string> columns;

    std::string settled_by_bucket;  // indexes
    std::string settled_users_by_bucket;
};

// Column names for dimensions: their own, told apart where they differ in case only.
std::vector<std::string> column_names(std::span<const std::string> dimensions);

// Statements that make the tables of all rollups, of one rollup, and the views for people.
// Of a new store: the common ones, the rollup `totals` and the views over it.
std::vector<std::string> create_tables(const Dialect& dialect);
std::vector<std::string> create_common_tables(const Dialect& dialect);
std::string create_repeat_pieces(const Dialect& dialect);  // one of the common ones
std::vector<std::string> create_rollup_tables(const Dialect& dialect, const RollupTables& tables);
// Of those: the settled rows' key, which gives clicks too, and their two indexes by bucket. Where
// rows lie in the order of their coming, an index that says where a bucket's rows are is enough.
std::string settled_clicks_key(const Dialect& dialect, const RollupTables& tables);
std::vector<std::string> create_bucket_indexes(const Dialect& dialect, const RollupTables& tables);
std::string create_readable_view(const Dialect& dialect, const RollupTables& tables);
std::vector<std::string> create_views_of_totals(const Dialect& dialect, const RollupTables& totals);
// To a store that was made before views had states: `rollups` are all that it has.
std::vector<std::string> add_view_states(
    const Dialect& dialect, std::span<const std::shared_ptr<const RollupTables>> rollups);

}  // namespace clickmill::metrics_store::sql
