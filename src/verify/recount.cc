#include "verify/recount.h"

#include "archive/engine.h"

#include <fmt/format.h>

#include <algorithm>

namespace clickmill::verify {
namespace {

using archive::literal_of;
using calendar::Grain;

// Seen before if in this slice or one of the three before it (design section 5, Repeats).
constexpr int kOlderSlices = 3;
// Clocks of collectors and brokers differ by less.
constexpr std::chrono::hours kClockMargin{1};
constexpr std::string_view kProperties = "properties.";
constexpr const char* kReserved = "('(all)', '(other)', '(none)')";

std::string moment_text(Moment moment) {
    return fmt::format("make_timestamptz({})", microseconds_of(moment));
}

bool is_of_experiments(const fold::View& view) {
    return std::ranges::any_of(view.definition.rollup.dimensions, [](const std::string& name) {
        return name == "experiment" || name == "variant";
    });
}

bool is_of_properties(const fold::View& view) {
    return std::ranges::any_of(view.definition.rollup.dimensions, [](const std::string& name) {
        return name.starts_with(kProperties);
    });
}

// The value of a dimension in a row of `clicks`.
std::string value_of(const std::string& dimension) {
    std::string value = dimension;
    if (dimension == "experiment") value = "experiment.key";
    if (dimension == "variant") value = "experiment.value";
    if (dimension.starts_with(kProperties)) {
        const std::string path = literal_of("$.\"" + dimension.substr(kProperties.size()) + "\"");
        value = fmt::format(
            "CASE WHEN json_type(properties, {0}) NOT IN ('OBJECT', 'ARRAY', 'NULL') "
            "THEN json_extract_string(properties, {0}) END",
            path);
    }
    return fmt::format("coalesce(nullif(nullif({}, ''), '(all)'), '(none)')", value);
}

// "d0, d1" for the view's dimensions.
std::string list_of(const fold::View& view, std::string_view each) {
    std::string list;
    for (size_t i = 0; i < view.definition.rollup.dimensions.size(); ++i)
        list += fmt::format(fmt::runtime(each), fmt::arg("i", i));
    return list;
}

// The bucket of `grain` that a local date is in, as the store names it.
std::string bucket_of_date(const fold::View& view, Grain grain, const std::string& date) {
    if (grain == Grain::Month) return fmt::format("epoch(date_trunc('month', {}))::BIGINT", date);
    if (grain == Grain::Day) return fmt::format("epoch({})::BIGINT", date);
    int ahead = 0;  // days by which the week begins before Monday
    if (view.definition.week_start == calendar::WeekStart::Sunday) ahead = 1;
    if (view.definition.week_start == calendar::WeekStart::Saturday) ahead = 2;
    return fmt::format("epoch(date_trunc('week', {0} + {1}) - INTERVAL ({1}) DAY)::BIGINT", date,
                       ahead);
}

}  // namespace

std::vector<std::string> create_tables() {
    constexpr const char* kStored = R"(CREATE TABLE stored (view INTEGER, grain INTEGER,
bucket BIGINT, feature VARCHAR, d0 VARCHAR, d1 VARCHAR, d2 VARCHAR, d3 VARCHAR, clicks BIGINT,
users BIGINT))";
    constexpr const char* kRecount = R"(CREATE TABLE recount (view INTEGER, hour TIMESTAMP,
utc_offset BIGINT, feature VARCHAR, d0 VARCHAR, d1 VARCHAR, d2 VARCHAR, d3 VARCHAR, clicks BIGINT,
users BIGINT, first_partition INTEGER, last_partition INTEGER, first_offset BIGINT,
last_offset BIGINT, erased BIGINT))";
    return {"CREATE TABLE cuts (partition INTEGER, \"offset\" BIGINT, slice BIGINT)",
            "CREATE TABLE positions (view INTEGER, partition INTEGER, through BIGINT)",
            "CREATE TABLE checked (view INTEGER, grain INTEGER, bucket BIGINT)", kStored, kRecount};
}

std::optional<std::string> insert_cuts(std::span<const fold::Ledger> ledgers) {
    std::string values;
    for (const fold::Ledger& ledger : ledgers) {
        int64_t slice = 0;
        for (const fold::SliceCut& cut : ledger.cuts) {
            values += fmt::format("{}({}, {}, {})", values.empty() ? "" : ", ",
                                  ledger.partition.value, cut.offset.value, slice++);
        }
    }
    if (values.empty()) return std::nullopt;
    return "INSERT INTO cuts VALUES " + values;
}

std::string insert_positions(fold::ViewId view,
                             std::span<const metrics_store::PartitionPosition> positions) {
    std::string values;
    for (const auto& [partition, position] : positions) {
        values += fmt::format("{}({}, {}, {})", values.empty() ? "" : ", ", view.value,
                              partition.value, position.through.value);
    }
    return "INSERT INTO positions VALUES " + values;
}

std::optional<Moment> window_start(std::span<const fold::Ledger> ledgers, Moment day_begin) {
    std::optional<Moment> start;
    const Moment earliest = day_begin - kClockMargin;
    for (const fold::Ledger& ledger : ledgers) {
        const auto after =
            std::ranges::upper_bound(ledger.cuts, earliest, {}, &fold::SliceCut::append_time);
        if (after - ledger.cuts.begin() <= kOlderSlices) return std::nullopt;
        const Moment begins = (after - 1 - kOlderSlices)->append_time;
        start = start ? std::min(*start, begins) : begins;
    }
    return start;
}

std::string days_with_events(const std::string& project, const std::string& zone) {
    return fmt::format(
        "SELECT DISTINCT epoch(timezone({}, received_at)::DATE)::BIGINT AS day FROM events "
        "WHERE fault IS NULL AND project = {} ORDER BY day",
        literal_of(zone), literal_of(project));
}

std::string judge_day(const Day& day) {
    const std::string from =
        day.read_from ? fmt::format(" AND append_time >= {}", moment_text(*day.read_from)) : "";
    return fmt::format(
        R"(CREATE OR REPLACE TABLE judged AS
WITH seen AS (
  SELECT e.*, coalesce(c.slice, -1) AS slice
  FROM events AS e ASOF LEFT JOIN cuts AS c ON e.partition = c.partition AND e."offset" >= c."offset"
  WHERE e.fault IS NULL AND e.project = {project}{from} AND append_time < {to}
), marked AS (
  SELECT *, lag(slice) OVER (PARTITION BY partition, event_id ORDER BY "offset", place) AS seen_in
  FROM seen
), placed AS (
  SELECT *, timezone({zone}, received_at) AS local FROM marked
  WHERE NOT bot AND (event_id IS NULL OR seen_in IS NULL OR slice - seen_in > {slices})
)
SELECT * EXCLUDE (local, slice, seen_in, line),
  coalesce(user_id, anonymous_id, session_id) AS who,
  coalesce(json_extract_string(other, '$.erased') = 'true', false) AS is_erased,
  date_trunc('hour', local) AS hour,
  (epoch_us(local) - epoch_us(received_at)) // 1000000 AS utc_offset,
  epoch(date_trunc('hour', local))::BIGINT - utc_offset + 3600 AS hour_end
FROM placed WHERE local::DATE = {date})",
        fmt::arg("project", literal_of(day.project)), fmt::arg("from", from),
        fmt::arg("to", moment_text(day.read_to + kClockMargin)),
        fmt::arg("zone", literal_of(day.zone)), fmt::arg("slices", kOlderSlices),
        fmt::arg("date", fmt::format("make_timestamp({}000000)::DATE", day.day)));
}

std::string recount_day(const fold::View& view) {
    const fold::Limits& limits = view.definition.limits;
    const auto& dimensions = view.definition.rollup.dimensions;
    std::string values;
    std::string ranks;
    std::string joins;
    std::string limited;
    for (size_t i = 0; i < dimensions.size(); ++i) {
        values += fmt::format(", {} AS d{}", value_of(dimensions[i]), i);
        ranks += fmt::format(
            R"(, names{0} AS (
  SELECT partition, d{0} AS name, row_number() OVER (PARTITION BY partition ORDER BY min(turn)) AS number
  FROM named WHERE d{0} NOT IN {1} GROUP BY partition, d{0}
))",
            i, kReserved);
        joins += fmt::format(
            " LEFT JOIN names{0} ON names{0}.partition = named.partition AND names{0}.name = d{0}",
            i);
        limited +=
            fmt::format(", CASE WHEN names{0}.number > {1} THEN '(other)' ELSE d{0} END AS d{0}", i,
                        limits.values);
    }
    const std::string experiment =
        is_of_experiments(view)
            ? ", unnest(CASE WHEN cardinality(experiments) > 0 THEN map_entries(experiments) ELSE "
              "[NULL] END) AS experiment"
            : "";
    std::string no_values;
    for (size_t i = dimensions.size(); i < fold::kMaxDimensions; ++i) no_values += ", NULL";
    return fmt::format(
        R"(INSERT INTO recount
WITH clicks AS (
  SELECT j.*{experiment} FROM judged AS j JOIN positions AS p
  ON p.view = {view} AND p.partition = j.partition AND j."offset" < p.through
  WHERE epoch_us(append_time) <= (hour_end + {late}) * 1000000
), named AS (
  SELECT partition, "offset", "offset"::HUGEINT * 4194304 + place AS turn, hour, utc_offset, who,
    {is_erased} AS is_erased,
    feature_id AS feature{values}
  FROM clicks
), features AS (
  SELECT partition, feature AS name, row_number() OVER (PARTITION BY partition ORDER BY min(turn)) AS number
  FROM named GROUP BY partition, feature
){ranks}, limited AS (
  SELECT named.partition, "offset", hour, utc_offset, who, is_erased,
    CASE WHEN features.number > {features} THEN '(other)' ELSE feature END AS feature{limited}
  FROM named JOIN features ON features.partition = named.partition AND features.name = feature{joins}
)
SELECT {view}, hour, utc_offset, coalesce(feature, '(all)'){list}{no_values}, count(*),
  count(DISTINCT who), min(partition), max(partition), min("offset"), max("offset"),
  count(*) FILTER (is_erased)
FROM limited GROUP BY GROUPING SETS ((hour, utc_offset, feature{list}), (hour, utc_offset{list})))",
        fmt::arg("experiment", experiment), fmt::arg("view", view.id.value),
        // Whoever was erased has no properties any more; everything else of a click is as it was.
        fmt::arg("is_erased", is_of_properties(view) ? "is_erased" : "false"),
        fmt::arg("late", limits.late_seconds), fmt::arg("values", values), fmt::arg("ranks", ranks),
        fmt::arg("features", limits.features), fmt::arg("limited", limited),
        fmt::arg("joins", joins), fmt::arg("list", list_of(view, ", d{i}")),
        fmt::arg("no_values", no_values));
}

std::string compare(const fold::View& view, Grain grain) {
    // An hour is one local hour and one offset; the store names it by its first instant.
    const std::string zone = literal_of(view.definition.zone);
    const std::string first = "make_timestamptz(c.bucket * 1000000)";
    const std::string of_hour = fmt::format(
        "date_trunc('hour', timezone({0}, {1})) = r.hour AND "
        "(epoch_us(timezone({0}, {1})) // 1000000 - c.bucket) = r.utc_offset",
        zone, first);
    const std::string of_date =
        fmt::format("c.bucket = {}", bucket_of_date(view, grain, "r.hour::DATE"));
    return fmt::format(
        R"(CREATE OR REPLACE TABLE compared AS
WITH expected AS (
  SELECT c.bucket, feature, d0, d1, d2, d3, sum(r.clicks)::BIGINT AS clicks,
    CASE WHEN count(*) = 1 THEN min(r.users) END AS users, min(first_partition) AS first_partition,
    max(last_partition) AS last_partition, min(first_offset) AS first_offset,
    max(last_offset) AS last_offset, sum(erased) AS erased
  FROM recount AS r JOIN checked AS c ON c.view = {view} AND c.grain = {grain} AND {same}
  WHERE r.view = {view} GROUP BY ALL
), found AS (
  SELECT bucket, feature, d0, d1, d2, d3, sum(clicks)::BIGINT AS clicks,
    CASE WHEN count(*) = 1 THEN min(users) END AS users
  FROM stored WHERE view = {view} AND grain = {grain} GROUP BY ALL
), unknown AS (
  SELECT DISTINCT bucket, feature FROM expected WHERE erased > 0
)
SELECT coalesce(e.bucket, f.bucket) AS bucket,
  concat_ws(' | ', coalesce(e.feature, f.feature), coalesce(e.d0, f.d0), coalesce(e.d1, f.d1),
    coalesce(e.d2, f.d2), coalesce(e.d3, f.d3)) AS labels,
  f.clicks AS stored_clicks, e.clicks AS clicks, f.users AS stored_users, e.users AS users,
  CASE WHEN e.first_partition = e.last_partition
    THEN format('partition {{}}, offsets {{}} to {{}}', first_partition, first_offset, last_offset)
    WHEN e.bucket IS NOT NULL THEN format('partitions {{}} to {{}}', first_partition, last_partition)
  END AS place,
  (coalesce(e.bucket, f.bucket), coalesce(e.feature, f.feature)) IN
    (SELECT (bucket, feature) FROM unknown) AS is_unknown
FROM expected AS e FULL JOIN found AS f ON e.bucket = f.bucket AND e.feature = f.feature
  AND e.d0 IS NOT DISTINCT FROM f.d0 AND e.d1 IS NOT DISTINCT FROM f.d1
  AND e.d2 IS NOT DISTINCT FROM f.d2 AND e.d3 IS NOT DISTINCT FROM f.d3)",
        fmt::arg("view", view.id.value), fmt::arg("grain", static_cast<int>(grain)),
        fmt::arg("same", grain == Grain::Hour ? of_hour : of_date));
}

}  // namespace clickmill::verify
