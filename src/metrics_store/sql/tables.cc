#include "metrics_store/sql/tables.h"

#include <fmt/core.h>

#include <algorithm>
#include <iterator>

namespace clickmill::metrics_store::sql {
namespace {

using fmt::arg;

std::string small(std::string_view text) {
    std::string out(text);
    for (char& c : out) {
        if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
    }
    return out;
}

std::string name(std::string_view base, std::string_view suffix) {
    return quoted(std::string(base) + std::string(suffix));
}

}  // namespace

std::vector<std::string> column_names(std::span<const std::string> dimensions) {
    std::vector<std::string> names;
    std::vector<std::string> taken;
    for (const std::string& dimension : dimensions) {
        std::string candidate = dimension;
        for (int number = 2; std::find(taken.begin(), taken.end(), small(candidate)) != taken.end();
             ++number) {
            candidate = fmt::format("{}_{}", dimension, number);
        }
        taken.push_back(small(candidate));
        names.push_back(candidate);
    }
    return names;
}

RollupTables::RollupTables(std::string_view base, std::span<const std::string> dimensions)
    : live(name(base, "_live")),
      live_users(name(base, "_live_users")),
      settled(name(base, "_settled")),
      settled_users(name(base, "_settled_users")),
      readable(name(base, "")),
      settled_by_bucket(name(base, "_settled_by_bucket")),
      settled_users_by_bucket(name(base, "_settled_users_by_bucket")) {
    for (const std::string& column : column_names(dimensions)) columns.push_back(quoted(column));
}

std::string create_repeat_pieces(const Dialect& dialect) {
    return fmt::format(
        "CREATE TABLE repeat_pieces (partition {integer} NOT NULL, first_offset {integer} NOT "
        "NULL, next_offset {integer} NOT NULL, slice_offset {integer} NOT NULL, ids {bytes} NOT "
        "NULL, PRIMARY KEY (partition, first_offset))",
        arg("integer", dialect.integer), arg("bytes", dialect.bytes));
}

std::vector<std::string> create_common_tables(const Dialect& dialect) {
    const auto table = [&](std::string_view text, bool is_clustered = true) {
        return fmt::format(fmt::runtime(text), arg("integer", dialect.integer),
                           arg("text", dialect.text), arg("identity", dialect.identity)) +
               std::string(is_clustered ? dialect.clustered : "");
    };
    return {
        table("CREATE TABLE rollups (rollup_id {identity}, name {text} NOT NULL, "
              "base_name {text} NOT NULL UNIQUE)",
              false),
        table("CREATE TABLE rollup_dimensions (rollup_id {integer} NOT NULL, place {integer} NOT "
              "NULL, name {text} NOT NULL, PRIMARY KEY (rollup_id, place))"),
        table("CREATE TABLE views (view_id {integer} PRIMARY KEY, project {text} NOT NULL, rollup "
              "{text} NOT NULL, generation {integer} NOT NULL, rollup_id {integer} NOT NULL, "
              "keeps_users {integer} NOT NULL, zone {text} NOT NULL, week_start {integer} NOT "
              "NULL, limit_features {integer} NOT NULL, limit_values {integer} NOT NULL, "
              "late_seconds {integer} NOT NULL, fold_version {integer} NOT NULL, since_us "
              "{integer} NOT NULL, state {integer} NOT NULL DEFAULT 0, changed {integer} NOT NULL "
              "DEFAULT 0, UNIQUE (project, rollup, generation))",
              false),
        table("CREATE TABLE grains (grain {integer} PRIMARY KEY, name {text} NOT NULL UNIQUE)",
              false),
        ("INSERT INTO grains (grain, name) VALUES (0, 'hour'), (1, 'day'), (2, 'week'), "
         "(3, 'month')"),
        table("CREATE TABLE hours (view_id {integer} NOT NULL, hour {integer} NOT NULL, label "
              "{text} NOT NULL, day {integer} NOT NULL, week {integer} NOT NULL, month {integer} "
              "NOT NULL, PRIMARY KEY (view_id, hour))"),
        table("CREATE TABLE positions (view_id {integer} NOT NULL, partition {integer} NOT NULL, "
              "through {integer} NOT NULL, newest_hour {integer} NOT NULL, complete_through_us "
              "{integer} NOT NULL, PRIMARY KEY (view_id, partition))"),
        table("CREATE TABLE marks (view_id {integer} NOT NULL, hour {integer} NOT NULL, partition "
              "{integer} NOT NULL, touched {integer} NOT NULL, PRIMARY KEY (view_id, hour, "
              "partition))"),
        table("CREATE TABLE headers (view_id {integer} NOT NULL, grain {integer} NOT NULL, bucket "
              "{integer} NOT NULL, build {integer} NOT NULL, positions {text} NOT NULL, held "
              "{text} NOT NULL, is_live_gone {integer} NOT NULL DEFAULT 0, PRIMARY KEY (view_id, "
              "grain, bucket))"),
        table("CREATE TABLE builds (last {integer} NOT NULL)", false),
        "INSERT INTO builds (last) VALUES (0)",
        table("CREATE TABLE ledgers (partition {integer} PRIMARY KEY, log_id {text} NOT NULL, "
              "partition_count {integer} NOT NULL, through {integer} NOT NULL, folded_to_us "
              "{integer} NOT NULL, complete_through_us {integer} NOT NULL, repeat_key {integer} "
              "NOT NULL, repeat_window_seconds {integer} NOT NULL)",
              false),
        table("CREATE TABLE ledger_cuts (partition {integer} NOT NULL, first_offset {integer} NOT "
              "NULL, append_time_us {integer} NOT NULL, slice_seconds {integer} NOT NULL, "
              "max_entries {integer} NOT NULL, PRIMARY KEY (partition, first_offset))"),
        create_repeat_pieces(dialect),
        table("CREATE TABLE accounting (partition {integer} NOT NULL, project {text} NOT NULL, "
              "counted {integer} NOT NULL, duplicate {integer} NOT NULL, left_out {integer} NOT "
              "NULL, late {integer} NOT NULL, unreadable {integer} NOT NULL, lost {integer} NOT "
              "NULL, PRIMARY KEY (partition, project))"),
    };
}

// A series is read in the order of this key, a ranking in that of the index by bucket.
std::string settled_key(const RollupTables& tables) {
    return fmt::format("PRIMARY KEY ({})",
                       comma({"view_id", "grain", "feature_id", "bucket", comma(tables.columns)}));
}

std::string settled_clicks_key(const Dialect& dialect, const RollupTables& tables) {
    return settled_key(tables) + (dialect.is_in_key_order() ? "" : " INCLUDE (clicks)");
}

std::vector<std::string> create_bucket_indexes(const Dialect& dialect, const RollupTables& tables) {
    const std::string bucket = "view_id, grain, bucket";
    const std::string rows = comma({bucket, "feature_id", comma(tables.columns)});
    const auto index = [](const std::string& name, const std::string& table,
                          const std::string& columns) {
        return fmt::format("CREATE INDEX {} ON {} ({})", name, table, columns);
    };
    const bool is_found_by_key = dialect.is_in_key_order();
    return {
        index(tables.settled_by_bucket, tables.settled,
              is_found_by_key ? rows + ", clicks" : bucket),
        index(tables.settled_users_by_bucket, tables.settled_users,
              is_found_by_key ? rows : bucket),
    };
}

std::vector<std::string> create_rollup_tables(const Dialect& dialect, const RollupTables& tables) {
    std::string declared;
    for (const std::string& column : tables.columns) {
        declared += fmt::format("{} {} NOT NULL, ", column, dialect.text);
    }
    const std::string columns = comma(tables.columns);
    const std::string integer = std::string(dialect.integer) + " NOT NULL, ";
    const std::string live_key = comma({"view_id", "hour", "feature_id", columns, "partition"});
    const auto live = [&](const std::string& table, const std::string& value) {
        return fmt::format(
            "CREATE TABLE {} (view_id {}hour {}feature_id {} NOT NULL, {}partition {}{}through "
            "{}PRIMARY KEY ({}))",
            table, integer, integer, dialect.text, declared, integer, value, integer, live_key);
    };
    const auto settled = [&](const std::string& table, const std::string& value,
                             const std::string& key) {
        return fmt::format(
            "CREATE TABLE {} (view_id {}grain {}feature_id {} NOT NULL, bucket {}{}{}{})", table,
            integer, integer, dialect.text, integer, declared, value, key);
    };
    const std::string sketch = fmt::format("sketch {} NOT NULL, ", dialect.bytes);
    const std::vector<std::string> by_bucket = create_bucket_indexes(dialect, tables);
    return {
        live(tables.live, "clicks " + integer) + std::string(dialect.clustered),
        live(tables.live_users, sketch),
        settled(tables.settled, fmt::format("clicks {}users {}, ", integer, dialect.integer),
                settled_clicks_key(dialect, tables)) +
            std::string(dialect.clustered),
        by_bucket[0],
        settled(tables.settled_users, sketch, settled_key(tables)),
        by_bucket[1],
    };
}

std::vector<std::string> create_tables(const Dialect& dialect) {
    const RollupTables totals("totals", {});
    std::vector<std::string> statements = create_common_tables(dialect);
    const auto append = [&](const std::vector<std::string>& more) {
        statements.insert(statements.end(), more.begin(), more.end());
    };
    statements.emplace_back("INSERT INTO rollups (name, base_name) VALUES ('totals', 'totals')");
    append(create_rollup_tables(dialect, totals));
    statements.push_back(create_readable_view(dialect, totals));
    append(create_views_of_totals(dialect, totals));
    return statements;
}

std::vector<std::string> add_view_states(
    const Dialect& dialect, std::span<const std::shared_ptr<const RollupTables>> rollups) {
    const auto column = [&](std::string_view name) {
        return fmt::format("ALTER TABLE views ADD COLUMN {} {} NOT NULL DEFAULT 0", name,
                           dialect.integer);
    };
    std::vector<std::string> statements{column("state"), column("changed")};
    const auto renew = [&](std::string_view view, const std::string& create) {
        constexpr std::string_view kCreate = "CREATE VIEW";
        if (!dialect.replaces_views) statements.push_back(fmt::format("DROP VIEW {}", view));
        statements.push_back(dialect.replaces_views
                                 ? "CREATE OR REPLACE VIEW" + create.substr(kCreate.size())
                                 : create);
    };
    for (const auto& tables : rollups)
        renew(tables->readable, create_readable_view(dialect, *tables));
    // Those over totals, less standing_builds, which has nothing to do with states.
    const std::vector<std::string> of_totals =
        create_views_of_totals(dialect, RollupTables("totals", {}));
    constexpr std::string_view kNames[] = {"hourly_clicks", "daily_clicks", "weekly_clicks",
                                           "monthly_clicks"};
    for (size_t i = 0; i < std::size(kNames); ++i) renew(kNames[i], of_totals[i + 1]);
    return statements;
}

}  // namespace clickmill::metrics_store::sql
