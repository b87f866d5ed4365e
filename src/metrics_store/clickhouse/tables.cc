#include "metrics_store/clickhouse/tables.h"

#include <fmt/core.h>

namespace clickmill::metrics_store {
namespace {

using fmt::arg;
using sql::comma;

// Inserts and merges are on disk before they are answered, and before what they replace goes.
constexpr std::string_view kSettings =
    "fsync_after_insert = 1, fsync_part_directory = 1, min_rows_to_fsync_after_merge = 1, "
    "min_compressed_bytes_to_fsync_after_merge = 1, index_granularity = 512";
struct Table {
    std::string name;  // quoted
    std::string columns;
    std::string engine;  // "Replacing", "Aggregating"
    std::string version;
    std::string order_by;
    std::string month_of;        // a column in seconds since 1970; empty: not partitioned
    std::string shard_by = "0";  // all on the first shard
};

std::string with_suffix(std::string_view name, std::string_view suffix) {
    std::string out(name);
    const size_t quote = out.ends_with('"') ? 1 : 0;
    out.insert(out.size() - quote, suffix);
    return out;
}

std::string on_cluster(const ChLayout& layout) {
    return layout.is_cluster() ? " ON CLUSTER " + sql::quoted(layout.cluster) : "";
}

std::vector<std::string> create(const ChLayout& layout, const Table& table) {
    const std::string local = layout.is_cluster() ? with_suffix(table.name, "_local") : table.name;
    const std::string engine =
        layout.is_cluster()
            ? fmt::format(
                  "Replicated{}MergeTree({})", table.engine,
                  comma({"'/clickhouse/tables/{uuid}/{shard}'", "'{replica}'", table.version}))
            : fmt::format("{}MergeTree({})", table.engine, table.version);
    const std::string partition =
        table.month_of.empty()
            ? ""
            : fmt::format(" PARTITION BY toYYYYMM(toDateTime({}, 'UTC'))", table.month_of);
    std::vector<std::string> statements{fmt::format(
        "CREATE TABLE IF NOT EXISTS {}{} ({}) ENGINE = {}{} ORDER BY ({}) SETTINGS {}", local,
        on_cluster(layout), table.columns, engine, partition, table.order_by, kSettings)};
    if (layout.is_cluster()) {
        statements.push_back(
            fmt::format("CREATE TABLE IF NOT EXISTS {}{} AS {} ENGINE = Distributed({}, "
                        "currentDatabase(), {}, {})",
                        table.name, on_cluster(layout), local, sql::quoted(layout.cluster), local,
                        table.shard_by));
    }
    return statements;
}

constexpr std::string_view kHeld = "JSONExtract({0}, 'Array(Tuple(Int64, Int64))')";

// Which day, week and month an hour is in, row by row.
constexpr std::string_view kHourBuckets = R"(CREATE VIEW IF NOT EXISTS hour_buckets{on} AS
SELECT view_id, hour, label, grain, bucket
FROM hours FINAL ARRAY JOIN [0, 1, 2, 3] AS grain, [hour, day, week, month] AS bucket)";

constexpr std::string_view kStandingBuilds = R"(CREATE VIEW IF NOT EXISTS standing_builds{on} AS
SELECT view_id, grain, bucket, build, held, positions
FROM headers FINAL
WHERE is_live_gone <> 0 OR (view_id, grain, bucket) NOT IN (
    SELECT h.view_id, h.grain, h.bucket
    FROM headers AS h FINAL
    JOIN hour_buckets AS o ON o.view_id = h.view_id AND o.grain = h.grain AND o.bucket = h.bucket
    JOIN marks AS m FINAL ON m.view_id = o.view_id AND m.hour = o.hour
    WHERE arrayExists(r -> o.hour BETWEEN r.1 AND r.2, {held_of_h})
        AND m.touched > JSONExtract(h.positions, 'Array(Int64)')[m.partition + 1]))";

constexpr std::string_view kHourly = R"(CREATE VIEW IF NOT EXISTS hourly_clicks{on} AS
SELECT v.project AS project, o.label AS date, s.feature_id AS feature_id,
    s.clicks AS click_count, s.users AS users
FROM totals_settled AS s FINAL
JOIN standing_builds AS b ON b.view_id = s.view_id AND b.grain = s.grain AND b.bucket = s.bucket
    AND b.build = s.build
JOIN hours AS o FINAL ON o.view_id = s.view_id AND o.hour = s.bucket
JOIN views AS v FINAL ON v.view_id = s.view_id
WHERE v.state = 0 AND s.grain = 0 AND s.feature_id <> '(all)'
UNION ALL
SELECT v.project, o.label, l.feature_id, sum(l.clicks), NULL
FROM totals_live AS l FINAL
JOIN hours AS o FINAL ON o.view_id = l.view_id AND o.hour = l.hour
JOIN views AS v FINAL ON v.view_id = l.view_id
WHERE v.state = 0 AND l.feature_id <> '(all)'
    AND (l.view_id, l.hour) NOT IN (SELECT view_id, bucket FROM standing_builds WHERE grain = 0)
GROUP BY v.project, l.view_id, l.hour, o.label, l.feature_id)";

// Days, weeks or months: their standing build, and hour by hour what it does not hold. Users are
// known where one row says it all; a union of several only the program can tell.
constexpr std::string_view kCoarse = R"(CREATE VIEW IF NOT EXISTS {view}{on} AS
WITH loose AS (
    SELECT o.view_id AS view_id, o.hour AS hour, o.bucket AS bucket,
        (o.view_id, o.hour) IN (
            SELECT view_id, bucket FROM standing_builds WHERE grain = 0) AS is_settled
    FROM hour_buckets AS o
    LEFT JOIN (SELECT view_id, bucket, held FROM standing_builds WHERE grain = {grain}) AS b
        ON b.view_id = o.view_id AND b.bucket = o.bucket
    WHERE o.grain = {grain} AND NOT arrayExists(r -> o.hour BETWEEN r.1 AND r.2, {held_of_b})),
parts AS (
    SELECT s.view_id AS view_id, s.bucket AS bucket, s.feature_id AS feature_id,
        s.clicks AS clicks, s.users AS users
    FROM totals_settled AS s FINAL
    JOIN standing_builds AS b ON b.view_id = s.view_id AND b.grain = s.grain
        AND b.bucket = s.bucket AND b.build = s.build
    WHERE s.grain = {grain}
    UNION ALL
    SELECT s.view_id, o.bucket, s.feature_id, s.clicks, s.users
    FROM totals_settled AS s FINAL
    JOIN standing_builds AS b ON b.view_id = s.view_id AND b.grain = s.grain
        AND b.bucket = s.bucket AND b.build = s.build
    JOIN loose AS o ON o.view_id = s.view_id AND o.hour = s.bucket
    WHERE s.grain = 0 AND o.is_settled
    UNION ALL
    SELECT l.view_id, o.bucket, l.feature_id, l.clicks, NULL
    FROM totals_live AS l FINAL
    JOIN loose AS o ON o.view_id = l.view_id AND o.hour = l.hour
    WHERE NOT o.is_settled)
SELECT v.project AS project, formatDateTime(toDateTime(p.bucket, 'UTC'), '{date}') AS date,
    p.feature_id AS feature_id, sum(p.clicks) AS click_count,
    if(count() = 1, max(p.users), NULL) AS users
FROM parts AS p JOIN views AS v FINAL ON v.view_id = p.view_id
WHERE v.state = 0 AND p.feature_id <> '(all)'
GROUP BY v.project, p.view_id, p.bucket, p.feature_id)";

constexpr std::string_view kReadable = R"(CREATE VIEW IF NOT EXISTS {readable}{on} AS
SELECT v.project AS project, ['hour', 'day', 'week', 'month'][s.grain + 1] AS grain,
    multiIf(s.grain = 0, o.label, s.grain = 3,
        formatDateTime(toDateTime(s.bucket, 'UTC'), '%Y-%m'),
        formatDateTime(toDateTime(s.bucket, 'UTC'), '%F')) AS date,
    s.feature_id AS feature_id, {columns}s.clicks AS clicks, s.users AS users, s.bucket AS bucket
FROM {settled} AS s FINAL
JOIN headers AS h FINAL ON h.view_id = s.view_id AND h.grain = s.grain AND h.bucket = s.bucket
    AND h.build = s.build
JOIN views AS v FINAL ON v.view_id = s.view_id
LEFT JOIN hours AS o FINAL ON o.view_id = s.view_id AND o.hour = s.bucket
WHERE v.state = 0)";

struct Coarse {
    std::string_view view;
    int grain;
    std::string_view date;
};
constexpr Coarse kCoarseViews[] = {
    {"daily_clicks", 1, "%F"}, {"weekly_clicks", 2, "%F"}, {"monthly_clicks", 3, "%Y-%m"}};

}  // namespace

sql::RollupTables ch_rollup_tables(std::string_view base, std::span<const std::string> dimensions) {
    sql::RollupTables tables(base, dimensions);
    // A backslash escapes within ClickHouse's double quotes, too.
    for (std::string& column : tables.columns) {
        for (size_t at = 0; (at = column.find('\\', at)) != std::string::npos; at += 2)
            column.insert(at, 1, '\\');
    }
    return tables;
}

std::vector<std::string> create_ch_tables(const ChLayout& layout) {
    const Table tables[] = {
        {.name = "clickmill_schema",
         .columns = "version Int64",
         .engine = "Replacing",
         .order_by = "version"},
        {.name = "views",
         .columns = "view_id Int64, place Int64, project String, rollup String, generation Int64, "
                    "base_name "
                    "String, dimensions Array(String), keeps_users Int64, zone String, week_start "
                    "Int64, limit_features Int64, limit_values Int64, late_seconds Int64, "
                    "fold_version Int64, since_us Int64, state Int64, changed Int64",
         .engine = "Replacing",
         .version = "since_us",
         .order_by = "view_id"},
        {.name = "hours",
         .columns = "view_id Int64, hour Int64, label String, day Int64, week Int64, month Int64",
         .engine = "Replacing",
         .order_by = "view_id, hour"},
        {.name = "positions",
         .columns = "view_id Int64, partition Int64, through SimpleAggregateFunction(max, Int64), "
                    "newest_hour SimpleAggregateFunction(max, Int64), complete_through_us "
                    "SimpleAggregateFunction(max, Int64)",
         .engine = "Aggregating",
         .order_by = "view_id, partition"},
        {.name = "marks",
         .columns = "view_id Int64, hour Int64, partition Int64, touched Int64",
         .engine = "Replacing",
         .version = "touched",
         .order_by = "view_id, hour, partition"},
        {.name = "headers",
         .columns = "view_id Int64, grain Int64, bucket Int64, build Int64, positions String, held "
                    "String, is_live_gone Int64, version UInt128",
         .engine = "Replacing",
         .version = "version",
         .order_by = "view_id, grain, bucket"},
        {.name = "ledgers",
         .columns =
             "partition Int64, log_id String, partition_count Int64, through Int64, folded_to_us "
             "Int64, complete_through_us Int64, repeat_key Int64, repeat_window_seconds Int64, "
             "cuts Array(Int64), projects Array(String), counted Array(Int64), duplicate "
             "Array(Int64), left_out Array(Int64), late Array(Int64), unreadable Array(Int64), "
             "lost Array(Int64), version UInt128",
         .engine = "Replacing",
         .version = "version",
         .order_by = "partition"},
        {.name = "repeat_pieces",
         .columns = "partition Int64, first_offset Int64, next_offset Int64, slice_offset Int64, "
                    "ids String CODEC(NONE)",
         .engine = "Replacing",
         .version = "next_offset",
         .order_by = "partition, first_offset"},
    };
    std::vector<std::string> statements;
    for (const Table& table : tables) {
        for (std::string& text : create(layout, table)) statements.push_back(std::move(text));
    }
    statements.push_back(
        fmt::format("CREATE VIEW IF NOT EXISTS accounting{} AS SELECT partition, project, "
                    "counted, duplicate, left_out, late, unreadable, lost FROM ledgers FINAL "
                    "ARRAY JOIN projects AS project, counted, duplicate, left_out, late, "
                    "unreadable, lost",
                    on_cluster(layout)));
    return statements;
}

std::vector<std::string> create_ch_rollup_tables(const ChLayout& layout,
                                                 const sql::RollupTables& tables) {
    std::string declared;
    for (const std::string& column : tables.columns)
        declared += column + " LowCardinality(String), ";
    const std::string columns = comma(tables.columns);
    const auto live = [&](const std::string& name, const std::string& value) {
        return Table{.name = name,
                     .columns = fmt::format("view_id Int64, hour Int64, feature_id "
                                            "LowCardinality(String), {}partition Int64, {}, "
                                            "through Int64",
                                            declared, value),
                     .engine = "Replacing",
                     .version = "through",
                     .order_by = comma({"view_id, hour, feature_id", columns, "partition"}),
                     .month_of = "hour",
                     .shard_by = "cityHash64(feature_id)"};
    };
    const auto settled = [&](const std::string& name, const std::string& value) {
        return Table{.name = name,
                     .columns = fmt::format("view_id Int64, grain Int64, feature_id "
                                            "LowCardinality(String), bucket Int64, {}build Int64, "
                                            "{}",
                                            declared, value),
                     .engine = "Replacing",
                     .version = "",
                     .order_by = comma({"view_id, grain, feature_id, bucket", columns, "build"}),
                     .month_of = "bucket",
                     .shard_by = "cityHash64(feature_id)"};
    };
    std::vector<std::string> statements;
    for (const Table& table :
         {live(tables.live, "clicks Int64"), live(tables.live_users, "sketch String CODEC(NONE)"),
          settled(tables.settled, "clicks Int64, users Nullable(Int64)"),
          settled(tables.settled_users, "sketch String CODEC(NONE)")}) {
        for (std::string& text : create(layout, table)) statements.push_back(std::move(text));
    }
    return statements;
}

std::string create_ch_readable_view(const ChLayout& layout, const sql::RollupTables& tables) {
    std::string columns;
    for (const std::string& column : tables.columns)
        columns += fmt::format("s.{0} AS {0}, ", column);
    return fmt::format(fmt::runtime(kReadable), arg("readable", tables.readable),
                       arg("on", on_cluster(layout)), arg("columns", columns),
                       arg("settled", tables.settled));
}

std::vector<std::string> create_ch_views_of_totals(const ChLayout& layout) {
    const std::string on = on_cluster(layout);
    std::vector<std::string> views{
        fmt::format(fmt::runtime(kHourBuckets), arg("on", on)),
        fmt::format(fmt::runtime(kStandingBuilds), arg("on", on),
                    arg("held_of_h", fmt::format(fmt::runtime(kHeld), "h.held"))),
        fmt::format(fmt::runtime(kHourly), arg("on", on))};
    for (const Coarse& coarse : kCoarseViews) {
        views.push_back(fmt::format(fmt::runtime(kCoarse), arg("view", coarse.view), arg("on", on),
                                    arg("grain", coarse.grain), arg("date", coarse.date),
                                    arg("held_of_b", fmt::format(fmt::runtime(kHeld), "b.held"))));
    }
    return views;
}

std::vector<std::string> add_ch_view_states(const ChLayout& layout,
                                            std::span<const sql::RollupTables> rollups) {
    const std::string on = on_cluster(layout);
    std::vector<std::string> statements;
    const auto add_columns = [&](std::string_view table) {
        for (const std::string_view column : {"state", "changed"}) {
            statements.push_back(fmt::format("ALTER TABLE {}{} ADD COLUMN IF NOT EXISTS {} Int64",
                                             table, on, column));
        }
    };
    if (layout.is_cluster()) add_columns("views_local");
    add_columns("views");
    const auto drop = [&](std::string_view view) {
        statements.push_back(fmt::format("DROP VIEW IF EXISTS {}{}", view, on));
    };
    for (const sql::RollupTables& tables : rollups) {
        drop(tables.readable);
        statements.push_back(create_ch_readable_view(layout, tables));
    }
    drop("hourly_clicks");
    for (const Coarse& coarse : kCoarseViews) drop(coarse.view);
    for (std::string& view : create_ch_views_of_totals(layout))
        statements.push_back(std::move(view));
    return statements;
}

std::string delete_from(const ChLayout& layout, std::string_view table, std::string_view where) {
    const std::string name =
        layout.is_cluster() ? with_suffix(table, "_local") : std::string(table);
    return fmt::format("ALTER TABLE {}{} DELETE WHERE {}", name, on_cluster(layout), where);
}

}  // namespace clickmill::metrics_store
