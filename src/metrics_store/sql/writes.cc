#include "metrics_store/sql/writes.h"

#include <fmt/core.h>

namespace clickmill::metrics_store::sql {
namespace {

std::string insert(const std::string& table, const std::vector<std::string>& columns) {
    Parameters parameters;
    return fmt::format("INSERT INTO {} ({}) VALUES ({})", table, comma(columns),
                       parameters.next(columns.size()));
}

std::string set_excluded(const std::vector<std::string>& columns) {
    std::vector<std::string> parts;
    parts.reserve(columns.size());
    for (const std::string& column : columns) {
        parts.push_back(fmt::format("{0} = excluded.{0}", column));
    }
    return comma(parts);
}

std::vector<std::string> with(std::vector<std::string> columns,
                              const std::vector<std::string>& more) {
    columns.insert(columns.end(), more.begin(), more.end());
    return columns;
}

std::string delete_where(const std::string& table, const std::vector<std::string>& columns) {
    Parameters parameters;
    std::string text = fmt::format("DELETE FROM {} WHERE ", table);
    for (size_t i = 0; i < columns.size(); ++i) {
        text += fmt::format("{}{} = {}", i == 0 ? "" : " AND ", columns[i], parameters.next());
    }
    return text;
}

std::string upsert_live(const RollupTables& tables, const std::string& table,
                        const std::string& value) {
    auto key = with({"view_id", "hour", "feature_id"}, tables.columns);
    key.emplace_back("partition");
    return fmt::format("{} ON CONFLICT ({}) DO UPDATE SET {} WHERE {}.through < excluded.through",
                       insert(table, with(key, {value, "through"})), comma(key),
                       set_excluded({value, "through"}), table);
}

std::vector<std::string> settled_columns(const RollupTables& tables) {
    return with({"view_id", "grain", "feature_id", "bucket"}, tables.columns);
}

}  // namespace

std::string upsert_live_clicks(const RollupTables& tables) {
    return upsert_live(tables, tables.live, "clicks");
}
std::string upsert_live_users(const RollupTables& tables) {
    return upsert_live(tables, tables.live_users, "sketch");
}
std::string delete_live_clicks(const RollupTables& tables) {
    return delete_where(tables.live, {"view_id", "hour"});
}
std::string delete_live_users(const RollupTables& tables) {
    return delete_where(tables.live_users, {"view_id", "hour"});
}

std::string insert_settled(const RollupTables& tables) {
    return insert(tables.settled, with(settled_columns(tables), {"clicks", "users"}));
}
std::string insert_settled_users(const RollupTables& tables) {
    return insert(tables.settled_users, with(settled_columns(tables), {"sketch"}));
}
std::string delete_settled(const RollupTables& tables) {
    return delete_where(tables.settled, {"view_id", "grain", "bucket"});
}
std::string delete_settled_users(const RollupTables& tables) {
    return delete_where(tables.settled_users, {"view_id", "grain", "bucket"});
}

std::string upsert_mark() {
    return insert("marks", {"view_id", "hour", "partition", "touched"}) +
           " ON CONFLICT (view_id, hour, partition) DO UPDATE SET touched = excluded.touched WHERE "
           "marks.touched < excluded.touched";
}

std::string insert_hour() {
    return insert("hours", {"view_id", "hour", "label", "day", "week", "month"}) +
           " ON CONFLICT (view_id, hour) DO NOTHING";
}

std::string upsert_position(const Dialect& dialect) {
    const std::vector<std::string> columns{"through", "newest_hour", "complete_through_us"};
    std::vector<std::string> larger;
    larger.reserve(columns.size());
    for (const std::string& column : columns) {
        larger.push_back(
            fmt::format("{0} = {1}(positions.{0}, excluded.{0})", column, dialect.greatest));
    }
    return fmt::format("{} ON CONFLICT (view_id, partition) DO UPDATE SET {}",
                       insert("positions", with({"view_id", "partition"}, columns)), comma(larger));
}

std::string upsert_ledger() {
    const std::vector<std::string> columns{
        "log_id",     "partition_count",      "through", "folded_to_us", "complete_through_us",
        "repeat_key", "repeat_window_seconds"};
    return fmt::format(
        "{} ON CONFLICT (partition) DO UPDATE SET {} WHERE ledgers.through < excluded.through OR "
        "(ledgers.through = excluded.through AND ledgers.complete_through_us <= "
        "excluded.complete_through_us)",
        insert("ledgers", with({"partition"}, columns)), set_excluded(columns));
}

std::string upsert_repeat_piece() {
    const std::vector<std::string> columns{"next_offset", "slice_offset", "ids"};
    return fmt::format(
        "{} ON CONFLICT (partition, first_offset) DO UPDATE SET {} WHERE "
        "repeat_pieces.next_offset < excluded.next_offset",
        insert("repeat_pieces", with({"partition", "first_offset"}, columns)),
        set_excluded(columns));
}

std::string upsert_accounting() {
    const std::vector<std::string> columns{"counted", "duplicate",  "left_out",
                                           "late",    "unreadable", "lost"};
    return fmt::format("{} ON CONFLICT (partition, project) DO UPDATE SET {}",
                       insert("accounting", with({"partition", "project"}, columns)),
                       set_excluded(columns));
}

std::string upsert_header() {
    const std::vector<std::string> columns{"build", "positions", "held"};
    return fmt::format("{} ON CONFLICT (view_id, grain, bucket) DO UPDATE SET {}",
                       insert("headers", with({"view_id", "grain", "bucket"}, columns)),
                       set_excluded(columns));
}

}  // namespace clickmill::metrics_store::sql
