#include "metrics_store/clickhouse/catalog.h"

#include "base/hash.h"
#include "metrics_store/clickhouse/row_binary.h"
#include "metrics_store/schema_version.h"

#include <fmt/core.h>

#include <algorithm>
#include <map>
#include <utility>

namespace clickmill::metrics_store {
namespace {

constexpr int64_t kSchemaVersion = 1;  // Stored: count up with every change of tables.
constexpr std::string_view kViewColumns =
    "view_id, place, project, rollup, generation, base_name, dimensions, keeps_users, zone, "
    "week_start, limit_features, limit_values, late_seconds, fold_version, since_us";

// A view with its place among all and the name of its rollup's tables.
struct Named {
    fold::View view;
    int64_t place = 0;
    std::string base;
};

// 0: there are no tables.
Result<int64_t> version_of(ChClient& client) {
    ASSIGN_OR_RETURN(const std::string count,
                     client.query("SELECT toInt64(count()) FROM system.tables WHERE database = "
                                  "currentDatabase() AND name = 'clickmill_schema'"));
    if (RowBinaryReader(count).integer() == 0) return 0;
    ASSIGN_OR_RETURN(const std::string version,
                     client.query("SELECT max(version) FROM clickmill_schema"));
    return RowBinaryReader(version).integer();
}

Result<void> check(int64_t version) {
    return check_version(version, kSchemaVersion, "ClickHouse");
}

Result<void> run(ChClient& client, const std::vector<std::string>& statements) {
    for (const std::string& text : statements) RETURN_IF_ERROR(client.query(text));
    return {};
}

Named read_view(RowBinaryReader& row) {
    Named named;
    fold::View& view = named.view;
    fold::ViewDefinition& definition = view.definition;
    view.id.value = static_cast<int32_t>(row.integer());
    named.place = row.integer();
    definition.project = row.text();
    definition.rollup.name = row.text();
    view.generation = static_cast<int32_t>(row.integer());
    named.base = row.text();
    for (const std::string_view dimension : row.texts())
        definition.rollup.dimensions.emplace_back(dimension);
    definition.rollup.users = row.integer() != 0;
    definition.zone = row.text();
    definition.week_start = static_cast<calendar::WeekStart>(row.integer());
    definition.limits.features = static_cast<int32_t>(row.integer());
    definition.limits.values = static_cast<int32_t>(row.integer());
    definition.limits.late_seconds = row.integer();
    definition.fold_version = static_cast<int32_t>(row.integer());
    view.since = moment_of(row.integer());
    return named;
}

void write_view(RowBinaryWriter& rows, const Named& named) {
    const fold::View& view = named.view;
    const fold::ViewDefinition& definition = view.definition;
    rows.integer(view.id.value)
        .integer(named.place)
        .text(definition.project)
        .text(definition.rollup.name)
        .integer(view.generation)
        .text(named.base)
        .length(definition.rollup.dimensions.size());
    for (const std::string& dimension : definition.rollup.dimensions) rows.text(dimension);
    rows.integer(definition.rollup.users ? 1 : 0)
        .text(definition.zone)
        .integer(std::to_underlying(definition.week_start))
        .integer(definition.limits.features)
        .integer(definition.limits.values)
        .integer(definition.limits.late_seconds)
        .integer(definition.fold_version)
        .integer(microseconds_of(view.since));
}

Result<std::vector<Named>> load_views(ChClient& client) {
    ASSIGN_OR_RETURN(
        const std::string answer,
        client.query(fmt::format("SELECT {} FROM views ORDER BY place, view_id", kViewColumns)));
    RowBinaryReader rows(answer);
    std::vector<Named> views;
    while (!rows.is_at_end()) views.push_back(read_view(rows));
    RETURN_IF_ERROR(rows.check_whole());
    return views;
}

// A number for each name, whoever asks; the next free one if another view has it.
fold::ViewId id_of(const fold::View& view, const std::vector<fold::View>& taken) {
    const std::string name = fmt::format("{}\n{}\n{}", view.definition.project,
                                         view.definition.rollup.name, view.generation);
    fold::ViewId id{static_cast<int32_t>(keyed_hash(name, 0) & 0x3fff'ffff)};
    const auto is_taken = [&](const fold::View& other) { return other.id == id; };
    while (std::ranges::any_of(taken, is_taken)) ++id.value;
    return id;
}

std::string tag_of(const std::vector<std::string>& dimensions) {
    std::string text;
    for (const std::string& dimension : dimensions) text += dimension + '\n';
    return fmt::format("{:08x}", static_cast<uint32_t>(keyed_hash(text, 0)));
}

// Whether the table that has the name, if any, has our columns.
Result<bool> fits(ChClient& client, const std::string& base,
                  const std::vector<std::string>& dimensions) {
    const std::vector<ChParameter> parameters{{"table", escaped_text(base + "_settled")}};
    ASSIGN_OR_RETURN(const std::string answer,
                     client.query("SELECT name FROM system.columns WHERE database = "
                                  "currentDatabase() AND table = {table:String} AND name NOT IN "
                                  "('view_id', 'grain', 'feature_id', 'bucket', 'build', 'clicks', "
                                  "'users') ORDER BY position",
                                  "RowBinary", parameters));
    RowBinaryReader rows(answer);
    std::vector<std::string> found;
    while (!rows.is_at_end()) found.emplace_back(rows.text());
    return found == sql::column_names(dimensions);
}

// Makes a rollup's tables and returns their name: its own, or with a tag of its dimensions where
// another rollup of that name was first.
Result<std::string> make_rollup(ChClient& client, const ChLayout& layout,
                                const fold::RollupDefinition& rollup) {
    for (const std::string& base :
         {rollup.name, fmt::format("{}_{}", rollup.name, tag_of(rollup.dimensions))}) {
        const sql::RollupTables tables = ch_rollup_tables(base, rollup.dimensions);
        RETURN_IF_ERROR(run(client, create_ch_rollup_tables(layout, tables)));
        ASSIGN_OR_RETURN(const bool is_ours, fits(client, base, rollup.dimensions));
        if (!is_ours) continue;
        RETURN_IF_ERROR(client.query(create_ch_readable_view(layout, tables)));
        return base;
    }
    return fail(ErrorCode::Conflict, "cannot declare rollup", rollup.name,
                "tables of that name with other columns are in ClickHouse already");
}

Catalog catalog_of(std::vector<Named> views) {
    Catalog catalog;
    std::map<std::string, std::shared_ptr<const sql::RollupTables>> shared;
    for (Named& named : views) {
        auto& tables = shared[named.base];
        if (!tables) {
            tables = std::make_shared<const sql::RollupTables>(
                ch_rollup_tables(named.base, named.view.definition.rollup.dimensions));
        }
        StoredView stored{std::move(named.view), named.place, tables, std::nullopt};
        auto made = calendar::Calendar::make(stored.view.definition.zone,
                                             stored.view.definition.week_start);
        if (made) stored.calendar = *std::move(made);
        catalog.views.emplace(stored.view.id, std::move(stored));
    }
    return catalog;
}

std::vector<fold::View> only_views(const std::vector<Named>& named) {
    std::vector<fold::View> views;
    views.reserve(named.size());
    for (const Named& one : named) views.push_back(one.view);
    return views;
}

// Positions first: whoever sees the view finds them. All views in one insert, so that nobody sees
// some of a project's.
Result<void> store_views(ChClient& client, const ChLayout& layout, const Declaration& plan,
                         std::vector<fold::View> stored) {
    RowBinaryWriter rows;
    for (const Declaration::New& added : plan.added) {
        Named named{added.view, static_cast<int64_t>(stored.size()) + 1, {}};
        named.view.id = id_of(named.view, stored);
        stored.push_back(named.view);
        ASSIGN_OR_RETURN(named.base, make_rollup(client, layout, named.view.definition.rollup));
        write_view(rows, named);
        if (!added.starts_now) continue;
        RETURN_IF_ERROR(client.query(
            fmt::format("INSERT INTO positions (view_id, partition, through, newest_hour, "
                        "complete_through_us) SELECT {}, partition, through, {}, "
                        "complete_through_us FROM ledgers",
                        named.view.id.value, INT64_MIN)));
    }
    return client.insert(fmt::format("INSERT INTO views ({}) FORMAT RowBinary", kViewColumns),
                         rows.bytes());
}

}  // namespace

Result<void> prepare_ch_schema(ChClient& client, const ChLayout& layout) {
    ASSIGN_OR_RETURN(const int64_t version, version_of(client));
    if (version != 0) return check(version);
    RETURN_IF_ERROR(run(client, create_ch_tables(layout)));
    const sql::RollupTables totals = ch_rollup_tables("totals", {});
    RETURN_IF_ERROR(run(client, create_ch_rollup_tables(layout, totals)));
    RETURN_IF_ERROR(client.query(create_ch_readable_view(layout, totals)));
    RETURN_IF_ERROR(run(client, create_ch_views_of_totals(layout)));
    RowBinaryWriter rows;
    rows.integer(kSchemaVersion);
    return client.insert("INSERT INTO clickmill_schema (version) FORMAT RowBinary", rows.bytes());
}

Result<void> check_ch_schema(ChClient& client) {
    ASSIGN_OR_RETURN(const int64_t version, version_of(client));
    return check(version);
}

Result<Catalog> load_ch_catalog(ChClient& client) {
    ASSIGN_OR_RETURN(std::vector<Named> views, load_views(client));
    return catalog_of(std::move(views));
}

Result<Declared> declare_in_ch(ChClient& client, const ChLayout& layout,
                               std::span<const fold::ViewDefinition> definitions, Moment now) {
    ASSIGN_OR_RETURN(std::vector<Named> views, load_views(client));
    ASSIGN_OR_RETURN(Declaration plan, plan_declaration(definitions, only_views(views), now));
    if (!plan.added.empty()) {
        RETURN_IF_ERROR(store_views(client, layout, plan, only_views(views)));
        // What is stored is right: another may have declared the same, or something else.
        ASSIGN_OR_RETURN(views, load_views(client));
        ASSIGN_OR_RETURN(plan, plan_declaration(definitions, only_views(views), now));
        if (!plan.added.empty()) {
            return fail(ErrorCode::Unavailable, "cannot declare rollup",
                        plan.added.front().view.definition.rollup.name,
                        "ClickHouse does not show what was just stored");
        }
    }
    return Declared{std::move(plan.views),
                    std::make_shared<const Catalog>(catalog_of(std::move(views)))};
}

}  // namespace clickmill::metrics_store
