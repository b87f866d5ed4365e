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

// Stored: count up with every change of tables. 2: states of views.
constexpr int64_t kSchemaVersion = 2;
constexpr std::string_view kViewColumns =
    "view_id, place, project, rollup, generation, base_name, dimensions, keeps_users, zone, "
    "week_start, limit_features, limit_values, late_seconds, fold_version, since_us, state, "
    "changed";

// A view with its place among all and the name of its rollup's tables.
struct Named {
    fold::View view;
    int64_t place = 0;
    std::string base;
    int64_t change = 0;
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
    view.state = static_cast<fold::ViewState>(row.integer());
    named.change = row.integer();
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
        .integer(microseconds_of(view.since))
        .integer(std::to_underlying(view.state))
        .integer(named.change);
}

Result<std::vector<Named>> load_views(ChClient& client) {
    ASSIGN_OR_RETURN(const std::string answer,
                     client.query(fmt::format("SELECT {} FROM views FINAL ORDER BY place, view_id",
                                              kViewColumns)));
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
        catalog.change = std::max(catalog.change, named.change);
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

// In one insert, so that nobody sees some of a project's views or two current ones.
Result<void> store_views(ChClient& client, const ChLayout& layout, const ViewPlan& plan,
                         const std::vector<Named>& stored) {
    int64_t change = 0;
    for (const Named& named : stored) change = std::max(change, named.change);
    RowBinaryWriter rows;
    std::vector<fold::View> taken = only_views(stored);
    for (const fold::View& view : plan.added) {
        Named named{.view = view, .place = static_cast<int64_t>(taken.size()) + 1, .base = {}};
        named.view.id = id_of(view, taken);
        named.change = change + 1;
        taken.push_back(named.view);
        ASSIGN_OR_RETURN(named.base, make_rollup(client, layout, view.definition.rollup));
        write_view(rows, named);
    }
    for (const fold::View& view : plan.changed) {
        Named named = *std::ranges::find(stored, view.id, [](const Named& n) { return n.view.id; });
        named.view = view;
        named.change = change + 1;
        write_view(rows, named);
    }
    return client.insert(fmt::format("INSERT INTO views ({}) FORMAT RowBinary", kViewColumns),
                         rows.bytes());
}

Result<void> upgrade(ChClient& client, const ChLayout& layout) {
    ASSIGN_OR_RETURN(const std::string answer,
                     client.query("SELECT DISTINCT base_name, dimensions FROM views WHERE "
                                  "base_name <> 'totals'"));
    std::vector<sql::RollupTables> rollups{ch_rollup_tables("totals", {})};
    RowBinaryReader rows(answer);
    while (!rows.is_at_end()) {
        const std::string base(rows.text());
        std::vector<std::string> dimensions;
        for (const std::string_view dimension : rows.texts()) dimensions.emplace_back(dimension);
        rollups.push_back(ch_rollup_tables(base, dimensions));
    }
    RETURN_IF_ERROR(rows.check_whole());
    return run(client, add_ch_view_states(layout, rollups));
}

Result<void> store_version(ChClient& client) {
    RowBinaryWriter rows;
    rows.integer(kSchemaVersion);
    return client.insert("INSERT INTO clickmill_schema (version) FORMAT RowBinary", rows.bytes());
}

}  // namespace

Result<void> prepare_ch_schema(ChClient& client, const ChLayout& layout) {
    ASSIGN_OR_RETURN(const int64_t version, version_of(client));
    if (version == 1) {
        RETURN_IF_ERROR(upgrade(client, layout));
        return store_version(client);
    }
    if (version != 0) return check(version);
    RETURN_IF_ERROR(run(client, create_ch_tables(layout)));
    const sql::RollupTables totals = ch_rollup_tables("totals", {});
    RETURN_IF_ERROR(run(client, create_ch_rollup_tables(layout, totals)));
    RETURN_IF_ERROR(client.query(create_ch_readable_view(layout, totals)));
    RETURN_IF_ERROR(run(client, create_ch_views_of_totals(layout)));
    return store_version(client);
}

Result<void> check_ch_schema(ChClient& client) {
    ASSIGN_OR_RETURN(const int64_t version, version_of(client));
    return check(version);
}

Result<Catalog> load_ch_catalog(ChClient& client) {
    ASSIGN_OR_RETURN(std::vector<Named> views, load_views(client));
    return catalog_of(std::move(views));
}

Result<Changed> change_ch_views(ChClient& client, const ChLayout& layout, const PlanViews& ask) {
    ASSIGN_OR_RETURN(std::vector<Named> named, load_views(client));
    ASSIGN_OR_RETURN(const ViewPlan plan, ask(only_views(named)));
    if (!plan.added.empty() || !plan.changed.empty()) {
        RETURN_IF_ERROR(store_views(client, layout, plan, named));
        // What is stored is right: another may have declared the same, or something else.
        ASSIGN_OR_RETURN(named, load_views(client));
    }
    ASSIGN_OR_RETURN(std::vector<fold::View> views, as_stored(plan, only_views(named)));
    return Changed{std::move(views), std::make_shared<const Catalog>(catalog_of(std::move(named)))};
}

}  // namespace clickmill::metrics_store
