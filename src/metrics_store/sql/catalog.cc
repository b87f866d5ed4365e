#include "metrics_store/sql/catalog.h"

#include <fmt/core.h>

#include <algorithm>
#include <utility>

namespace clickmill::metrics_store {
namespace {

struct Rollup {
    int64_t id = 0;
    std::string name;
    std::vector<std::string> dimensions;
    std::shared_ptr<const sql::RollupTables> tables;
};

Result<std::vector<Rollup>> load_rollups(sql::Session& session) {
    std::vector<Rollup> rollups;
    ASSIGN_OR_RETURN(sql::Statement * rows,
                     session.statement("SELECT rollup_id, name, base_name FROM rollups"));
    ASSIGN_OR_RETURN(sql::Statement * dimensions,
                     session.statement("SELECT name FROM rollup_dimensions WHERE rollup_id = ?1 "
                                       "ORDER BY place"));
    for (;;) {
        ASSIGN_OR_RETURN(const bool has_row, rows->step());
        if (!has_row) return rollups;
        Rollup& rollup = rollups.emplace_back();
        rollup.id = rows->integer(0);
        rollup.name = rows->text(1);
        dimensions->bind(1, rollup.id);
        for (;;) {
            ASSIGN_OR_RETURN(const bool has_dimension, dimensions->step());
            if (!has_dimension) break;
            rollup.dimensions.emplace_back(dimensions->text(0));
        }
        rollup.tables = std::make_shared<const sql::RollupTables>(rows->text(2), rollup.dimensions);
    }
}

// A name under which none of a rollup's tables, views and indexes exists yet.
Result<std::string> free_base_name(sql::Session& session, const std::string& wanted) {
    ASSIGN_OR_RETURN(sql::Statement * taken,
                     session.statement(std::string(session.dialect().count_relations)));
    std::string pattern;
    for (int number = 1;; ++number) {
        // SQLite keeps names that begin with sqlite_ to itself.
        std::string name = wanted.starts_with("sqlite_") ? "rollup_" + wanted : wanted;
        if (number > 1) name += fmt::format("_{}", number);
        pattern.clear();
        for (const char c : name) {
            if (c == '_') pattern += '\\';
            pattern += c;
        }
        taken->reset();
        sql::Binder(*taken).text(name).text(pattern + "\\_%");
        ASSIGN_OR_RETURN(const bool has_row, taken->step());
        const bool is_free = has_row && taken->integer(0) == 0;
        taken->reset();
        if (is_free) return name;
    }
}

Result<Rollup> create_rollup(sql::Session& session, const fold::RollupDefinition& definition) {
    ASSIGN_OR_RETURN(const std::string base, free_base_name(session, definition.name));
    ASSIGN_OR_RETURN(
        sql::Statement * insert,
        session.statement("INSERT INTO rollups (name, base_name) VALUES (?1, ?2) RETURNING "
                          "rollup_id"));
    sql::Binder(*insert).text(definition.name).text(base);
    ASSIGN_OR_RETURN(const bool has_row, insert->step());
    Rollup rollup{.id = has_row ? insert->integer(0) : 0,
                  .name = definition.name,
                  .dimensions = definition.dimensions};
    RETURN_IF_ERROR(insert->run());
    ASSIGN_OR_RETURN(
        sql::Statement * dimension,
        session.statement("INSERT INTO rollup_dimensions (rollup_id, place, name) VALUES (?1, ?2, "
                          "?3)"));
    for (size_t i = 0; i < definition.dimensions.size(); ++i) {
        sql::Binder(*dimension)
            .integer(rollup.id)
            .integer(static_cast<int64_t>(i))
            .text(definition.dimensions[i]);
        RETURN_IF_ERROR(dimension->run());
    }
    rollup.tables = std::make_shared<const sql::RollupTables>(base, definition.dimensions);
    for (const std::string& text : sql::create_rollup_tables(session.dialect(), *rollup.tables))
        RETURN_IF_ERROR(session.execute(text));
    RETURN_IF_ERROR(session.execute(sql::create_readable_view(session.dialect(), *rollup.tables)));
    return rollup;
}

Result<void> insert_view(sql::Session& session, const fold::View& view, int64_t rollup,
                         int64_t change) {
    ASSIGN_OR_RETURN(
        sql::Statement * insert,
        session.statement("INSERT INTO views (view_id, project, rollup, generation, rollup_id, "
                          "keeps_users, zone, week_start, limit_features, limit_values, "
                          "late_seconds, fold_version, since_us, state, changed) VALUES (?1, ?2, "
                          "?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15)"));
    const fold::ViewDefinition& definition = view.definition;
    sql::Binder(*insert)
        .integer(view.id.value)
        .text(definition.project)
        .text(definition.rollup.name)
        .integer(view.generation)
        .integer(rollup)
        .integer(definition.rollup.users ? 1 : 0)
        .text(definition.zone)
        .integer(std::to_underlying(definition.week_start))
        .integer(definition.limits.features)
        .integer(definition.limits.values)
        .integer(definition.limits.late_seconds)
        .integer(definition.fold_version)
        .integer(microseconds_of(view.since))
        .integer(std::to_underlying(view.state))
        .integer(change);
    return insert->run();
}

fold::View read_view(const sql::Statement& row, const Rollup& rollup) {
    fold::View view;
    view.id.value = static_cast<int32_t>(row.integer(0));
    view.generation = static_cast<int32_t>(row.integer(2));
    view.since = moment_of(row.integer(10));
    view.state = static_cast<fold::ViewState>(row.integer(12));
    fold::ViewDefinition& definition = view.definition;
    definition.project = row.text(1);
    definition.rollup = {rollup.name, rollup.dimensions, row.integer(3) != 0};
    definition.zone = row.text(4);
    definition.week_start = static_cast<calendar::WeekStart>(row.integer(5));
    definition.limits.features = static_cast<int32_t>(row.integer(6));
    definition.limits.values = static_cast<int32_t>(row.integer(7));
    definition.limits.late_seconds = row.integer(8);
    definition.fold_version = static_cast<int32_t>(row.integer(9));
    return view;
}

Result<void> update_view(sql::Session& session, const fold::View& view, int64_t change) {
    ASSIGN_OR_RETURN(sql::Statement * update,
                     session.statement("UPDATE views SET state = ?2, since_us = ?3, changed = ?4 "
                                       "WHERE view_id = ?1"));
    sql::Binder(*update)
        .integer(view.id.value)
        .integer(std::to_underlying(view.state))
        .integer(microseconds_of(view.since))
        .integer(change);
    return update->run();
}

Result<void> store_views(sql::Session& session, const ViewPlan& plan, const Catalog& stored) {
    ASSIGN_OR_RETURN(std::vector<Rollup> rollups, load_rollups(session));
    const int64_t change = stored.change + 1;
    fold::ViewId last = stored.views.empty() ? fold::ViewId{} : stored.views.rbegin()->first;
    for (fold::View view : plan.added) {
        const fold::RollupDefinition& wanted = view.definition.rollup;
        auto rollup = std::find_if(rollups.begin(), rollups.end(), [&](const Rollup& r) {
            return r.name == wanted.name && r.dimensions == wanted.dimensions;
        });
        if (rollup == rollups.end()) {
            ASSIGN_OR_RETURN(Rollup made, create_rollup(session, wanted));
            rollup = rollups.insert(rollups.end(), std::move(made));
        }
        view.id = fold::ViewId{++last.value};
        RETURN_IF_ERROR(insert_view(session, view, rollup->id, change));
    }
    for (const fold::View& view : plan.changed) RETURN_IF_ERROR(update_view(session, view, change));
    return {};
}

Result<Changed> changed_by(const ViewPlan& plan, std::shared_ptr<const Catalog> catalog) {
    ASSIGN_OR_RETURN(std::vector<fold::View> views, as_stored(plan, catalog->list()));
    return Changed{std::move(views), std::move(catalog)};
}

}  // namespace

Result<const StoredView*> Catalog::at(fold::ViewId view) const {
    const StoredView* found = find(view);
    if (found && found->view.state != fold::ViewState::Gone) return found;
    return fail(ErrorCode::NotFound, "cannot use view", std::to_string(view.value),
                "no such view is declared here; declare it again");
}

std::vector<fold::View> Catalog::list() const {
    std::vector<std::pair<int64_t, const fold::View*>> places;
    places.reserve(views.size());
    for (const auto& [id, stored] : views) places.emplace_back(stored.place, &stored.view);
    std::ranges::stable_sort(places, {}, [](const auto& entry) { return entry.first; });
    std::vector<fold::View> list;
    list.reserve(places.size());
    for (const auto& [place, view] : places) list.push_back(*view);
    return list;
}

Result<Catalog> load_catalog(sql::Session& session) {
    ASSIGN_OR_RETURN(const std::vector<Rollup> rollups, load_rollups(session));
    ASSIGN_OR_RETURN(
        sql::Statement * rows,
        session.statement("SELECT view_id, project, generation, keeps_users, zone, week_start, "
                          "limit_features, limit_values, late_seconds, fold_version, since_us, "
                          "rollup_id, state, changed FROM views"));
    Catalog catalog;
    for (;;) {
        ASSIGN_OR_RETURN(const bool has_row, rows->step());
        if (!has_row) return catalog;
        const auto rollup = std::find_if(rollups.begin(), rollups.end(), [&](const Rollup& r) {
            return r.id == rows->integer(11);
        });
        if (rollup == rollups.end()) {
            return fail(ErrorCode::Corrupt, "cannot read metrics store",
                        fmt::format("view {}", rows->integer(0)), "its rollup is missing");
        }
        StoredView stored{read_view(*rows, *rollup), rows->integer(0), rollup->tables,
                          std::nullopt};
        auto made = calendar::Calendar::make(stored.view.definition.zone,
                                             stored.view.definition.week_start);
        if (made) stored.calendar = *std::move(made);
        catalog.change = std::max(catalog.change, rows->integer(13));
        catalog.views.emplace(stored.view.id, std::move(stored));
    }
}

Result<std::vector<std::shared_ptr<const sql::RollupTables>>> load_rollup_tables(
    sql::Session& session) {
    ASSIGN_OR_RETURN(const std::vector<Rollup> rollups, load_rollups(session));
    std::vector<std::shared_ptr<const sql::RollupTables>> tables;
    tables.reserve(rollups.size());
    for (const Rollup& rollup : rollups) tables.push_back(rollup.tables);
    return tables;
}

Result<std::shared_ptr<const Catalog>> newest_catalog(sql::Session& session,
                                                      std::shared_ptr<const Catalog> known) {
    ASSIGN_OR_RETURN(sql::Statement * change,
                     session.statement("SELECT coalesce(max(changed), 0) FROM views"));
    ASSIGN_OR_RETURN(const bool has_row, change->step());
    const bool is_known = known && has_row && change->integer(0) == known->change;
    change->reset();
    if (is_known) return known;
    ASSIGN_OR_RETURN(Catalog grown, load_catalog(session));
    return std::make_shared<const Catalog>(std::move(grown));
}

Result<Changed> change_views(sql::Session& session, std::shared_ptr<const Catalog> known,
                             const PlanViews& ask) {
    const Result<ViewPlan> quick = ask(known->list());
    if (quick && quick->added.empty() && quick->changed.empty())
        return changed_by(*quick, std::move(known));
    ASSIGN_OR_RETURN(sql::Transaction transaction, sql::Transaction::begin(session, {}));
    // Another process may have changed them meanwhile.
    ASSIGN_OR_RETURN(const Catalog stored, load_catalog(session));
    ASSIGN_OR_RETURN(const ViewPlan plan, ask(stored.list()));
    RETURN_IF_ERROR(store_views(session, plan, stored));
    ASSIGN_OR_RETURN(Catalog grown, load_catalog(session));
    RETURN_IF_ERROR(transaction.commit());
    return changed_by(plan, std::make_shared<const Catalog>(std::move(grown)));
}

}  // namespace clickmill::metrics_store
