// The views for people at a SQL prompt. They apply the rule of design section 5 (Live and settled):
// a build counts while no mark of an hour that it holds exceeds its positions; what no build that
// counts holds is read live.
#include "metrics_store/sql/tables.h"

#include <fmt/core.h>

namespace clickmill::metrics_store::sql {
namespace {

constexpr std::string_view kStandingBuilds = R"(CREATE VIEW standing_builds AS
SELECT view_id, grain, bucket, held, positions
FROM headers AS h
WHERE h.is_live_gone <> 0 OR NOT EXISTS (
    SELECT 1 FROM {held_of_h}
    JOIN marks AS m ON m.view_id = h.view_id AND m.hour BETWEEN {first} AND {last}
    WHERE m.touched > coalesce({position}, 0)))";

constexpr std::string_view kReadable = R"(CREATE VIEW {readable} AS
SELECT v.project, g.name AS grain,
    CASE s.grain
        WHEN 0 THEN (SELECT label FROM hours AS h WHERE h.view_id = s.view_id AND h.hour = s.bucket)
        WHEN 3 THEN {month}
        ELSE {day}
    END AS date,
    s.feature_id, {columns}s.clicks, s.users, s.bucket
FROM views AS v CROSS JOIN grains AS g {then} {settled} AS s
    ON s.view_id = v.view_id AND s.grain = g.grain
WHERE v.state = 0)";

constexpr std::string_view kHourly = R"(CREATE VIEW hourly_clicks AS
SELECT v.project, o.label AS date, s.feature_id, s.clicks AS click_count, s.users
FROM standing_builds AS b
{then} hours AS o ON o.view_id = b.view_id AND o.hour = b.bucket
{then} views AS v ON v.view_id = b.view_id
{then} {settled} AS s ON s.view_id = b.view_id AND s.grain = 0 AND s.bucket = b.bucket
WHERE b.grain = 0 AND v.state = 0 AND s.feature_id <> '(all)'
UNION ALL
SELECT v.project, o.label, l.feature_id, sum(l.clicks), NULL
FROM hours AS o
{then} views AS v ON v.view_id = o.view_id
{then} {live} AS l ON l.view_id = o.view_id AND l.hour = o.hour
WHERE v.state = 0 AND l.feature_id <> '(all)' AND NOT EXISTS (
    SELECT 1 FROM standing_builds AS b
    WHERE b.view_id = o.view_id AND b.grain = 0 AND b.bucket = o.hour)
GROUP BY v.view_id, o.view_id, o.hour, l.feature_id)";

// Days, weeks or months: their standing build, and hour by hour what it does not hold. Users are
// known where one row says it all; a union of several only the program can tell.
constexpr std::string_view kCoarse = R"(CREATE VIEW {view} AS
WITH loose_hours AS (
    SELECT o.view_id, o.hour, o.{bucket} AS bucket, EXISTS (
        SELECT 1 FROM standing_builds AS b
        WHERE b.view_id = o.view_id AND b.grain = 0 AND b.bucket = o.hour) AS is_settled
    FROM hours AS o
    WHERE NOT EXISTS (
        SELECT 1 FROM standing_builds AS b, {held_of_b}
        WHERE b.view_id = o.view_id AND b.grain = {grain} AND b.bucket = o.{bucket}
            AND o.hour BETWEEN {first} AND {last})),
parts AS (
    SELECT s.view_id, s.bucket, s.feature_id, s.clicks, s.users
    FROM standing_builds AS b
    {then} {settled} AS s ON s.view_id = b.view_id AND s.grain = {grain} AND s.bucket = b.bucket
    WHERE b.grain = {grain}
    UNION ALL
    SELECT s.view_id, o.bucket, s.feature_id, s.clicks, s.users
    FROM loose_hours AS o
    {then} {settled} AS s ON s.view_id = o.view_id AND s.grain = 0 AND s.bucket = o.hour
    WHERE o.is_settled
    UNION ALL
    SELECT l.view_id, o.bucket, l.feature_id, l.clicks, NULL
    FROM loose_hours AS o
    {then} {live} AS l ON l.view_id = o.view_id AND l.hour = o.hour
    WHERE NOT o.is_settled)
SELECT v.project, {date} AS date, p.feature_id,
    sum(p.clicks) AS click_count, CASE WHEN count(*) = 1 THEN max(p.users) END AS users
FROM parts AS p JOIN views AS v ON v.view_id = p.view_id
WHERE v.state = 0 AND p.feature_id <> '(all)'
GROUP BY v.view_id, p.bucket, p.feature_id)";

struct Coarse {
    std::string_view view;
    std::string_view bucket;
    int grain;
    std::string_view Dialect::* date;
};
constexpr Coarse kCoarseViews[] = {{"daily_clicks", "day", 1, &Dialect::day_of},
                                   {"weekly_clicks", "week", 2, &Dialect::day_of},
                                   {"monthly_clicks", "month", 3, &Dialect::month_of}};

std::string of(std::string_view part, std::string_view what) {
    return fmt::format(fmt::runtime(part), what);
}

}  // namespace

std::string create_readable_view(const Dialect& dialect, const RollupTables& tables) {
    std::string columns;
    for (const std::string& column : tables.columns) columns += "s." + column + ", ";
    return fmt::format(fmt::runtime(kReadable), fmt::arg("readable", tables.readable),
                       fmt::arg("columns", columns), fmt::arg("settled", tables.settled),
                       fmt::arg("then", dialect.then),
                       fmt::arg("day", of(dialect.day_of, "s.bucket")),
                       fmt::arg("month", of(dialect.month_of, "s.bucket")));
}

std::vector<std::string> create_views_of_totals(const Dialect& dialect,
                                                const RollupTables& totals) {
    const auto settled = fmt::arg("settled", totals.settled);
    const auto live = fmt::arg("live", totals.live);
    const auto then = fmt::arg("then", dialect.then);
    const auto first = fmt::arg("first", dialect.held_first);
    const auto last = fmt::arg("last", dialect.held_last);
    const std::string held_of_h = of(dialect.each_held, "h");
    const std::string held_of_b = of(dialect.each_held, "b");
    std::vector<std::string> views{
        fmt::format(fmt::runtime(kStandingBuilds), fmt::arg("held_of_h", held_of_h), first, last,
                    fmt::arg("position", dialect.position_of)),
        fmt::format(fmt::runtime(kHourly), settled, live, then)};
    for (const Coarse& coarse : kCoarseViews) {
        const std::string date = of(dialect.*coarse.date, "p.bucket");
        views.push_back(fmt::format(fmt::runtime(kCoarse), settled, live, then, first, last,
                                    fmt::arg("held_of_b", held_of_b), fmt::arg("view", coarse.view),
                                    fmt::arg("bucket", coarse.bucket),
                                    fmt::arg("grain", coarse.grain), fmt::arg("date", date)));
    }
    return views;
}

}  // namespace clickmill::metrics_store::sql
