#include "metrics_store/views.h"

#include "metrics_store/metrics_store.h"
#include "metrics_store/snapshot.h"

#include <algorithm>
#include <string_view>

namespace clickmill::metrics_store {
namespace {

using fold::View;
using fold::ViewDefinition;
using fold::ViewState;

constexpr size_t kMaxNameBytes = 40;

bool is_rollup_name(std::string_view name) {
    const auto is_small = [](char c) { return c >= 'a' && c <= 'z'; };
    return !name.empty() && name.size() <= kMaxNameBytes && is_small(name.front()) &&
           std::all_of(name.begin(), name.end(),
                       [&](char c) { return is_small(c) || (c >= '0' && c <= '9') || c == '_'; });
}

Result<void> check(const ViewDefinition& definition) {
    if (!is_rollup_name(definition.rollup.name)) {
        return fail(ErrorCode::InvalidInput, "cannot declare rollup", definition.rollup.name,
                    "a name has up to 40 of a-z, 0-9 and _ and begins with a letter");
    }
    if (definition.rollup.dimensions.size() > fold::kMaxDimensions) {
        return fail(ErrorCode::InvalidInput, "cannot declare rollup", definition.rollup.name,
                    "it has more than 4 dimensions");
    }
    return {};
}

// The one of the highest generation that answers or is being built.
const View* newest_of(std::span<const View> views, const ViewDefinition& definition) {
    const View* newest = nullptr;
    for (const View& view : views) {
        if (!view.is_counted() || !is_same_rollup(view.definition, definition)) continue;
        if (!newest || view.generation > newest->generation) newest = &view;
    }
    return newest;
}

int32_t next_generation(std::span<const View> views, const ViewDefinition& definition) {
    int32_t last = 0;
    for (const View& view : views) {
        if (is_same_rollup(view.definition, definition)) last = std::max(last, view.generation);
    }
    return last + 1;
}

Result<View> view_of(std::span<const View> stored, fold::ViewId id) {
    const auto found = std::ranges::find(stored, id, &View::id);
    if (found != stored.end() && found->state != ViewState::Gone) return *found;
    return fail(ErrorCode::NotFound, "cannot use view", std::to_string(id.value),
                "no such view is declared here; declare it again");
}

// One that is being built is dropped for it, and so is the one that was kept from before.
void begin_next(const ViewDefinition& definition, std::vector<View>& known, ViewPlan& plan) {
    for (View& view : known) {
        if (!is_same_rollup(view.definition, definition)) continue;
        if (view.state != ViewState::Building && view.state != ViewState::Old) continue;
        view.state = ViewState::Dropped;
        plan.changed.push_back(view);
    }
    plan.added.push_back({.generation = next_generation(known, definition),
                          .definition = definition,
                          .state = ViewState::Building});
    known.push_back(plan.added.back());
}

// Every rollup of the project goes to the zone, those too that nobody declares here.
void follow_zone(const ViewDefinition& wanted, std::vector<View>& known, ViewPlan& plan) {
    std::vector<ViewDefinition> moved;
    for (const View& view : known) {
        const ViewDefinition& stored = view.definition;
        if (!view.is_counted() || stored.project != wanted.project) continue;
        if (newest_of(known, stored)->id != view.id) continue;
        if (is_in_same_zone(stored, wanted)) continue;
        moved.push_back(stored);
    }
    for (ViewDefinition& definition : moved) {
        definition.zone = wanted.zone;
        definition.week_start = wanted.week_start;
        begin_next(definition, known, plan);
    }
}

Result<ViewPlan> plan_declaration(std::span<const ViewDefinition> definitions,
                                  std::span<const View> stored) {
    std::vector<View> known(stored.begin(), stored.end());
    ViewPlan plan;
    for (const ViewDefinition& definition : definitions) {
        RETURN_IF_ERROR(check(definition));
        follow_zone(definition, known, plan);
        if (newest_of(known, definition)) continue;
        const bool is_project_known = std::ranges::any_of(stored, [&](const View& view) {
            return view.definition.project == definition.project;
        });
        known.push_back({.generation = next_generation(known, definition),
                         .definition = definition,
                         .state = is_project_known ? ViewState::Building : ViewState::Current});
        plan.added.push_back(known.back());
    }
    for (const ViewDefinition& definition : definitions)
        plan.views.push_back(*newest_of(known, definition));
    return plan;
}

Result<ViewPlan> plan_generation(const ViewDefinition& definition, std::span<const View> stored) {
    RETURN_IF_ERROR(check(definition));
    std::vector<View> known(stored.begin(), stored.end());
    ViewPlan plan;
    const View* newest = newest_of(known, definition);
    if (newest && newest->state == ViewState::Building && newest->definition == definition) {
        plan.views = {*newest};
        return plan;
    }
    begin_next(definition, known, plan);
    plan.views = plan.added;
    return plan;
}

using PlanOne = std::function<Result<ViewPlan>(View, std::span<const View>)>;
Result<void> change_one(MetricsStore& store, fold::ViewId id, const PlanOne& plan) {
    const auto changed = store.change_views([&](std::span<const View> stored) -> Result<ViewPlan> {
        ASSIGN_OR_RETURN(View view, view_of(stored, id));
        return plan(std::move(view), stored);
    });
    if (!changed) return std::unexpected(changed.error());
    return {};
}

}  // namespace

Result<std::vector<View>> declare(MetricsStore& store,
                                  std::span<const ViewDefinition> definitions) {
    return store.change_views(
        [&](std::span<const View> stored) { return plan_declaration(definitions, stored); });
}

bool is_declared(std::span<const View> stored, std::span<const ViewDefinition> definitions) {
    const auto plan = plan_declaration(definitions, stored);
    return plan && plan->added.empty() && plan->changed.empty();
}

Result<View> begin_generation(MetricsStore& store, const ViewDefinition& definition) {
    ASSIGN_OR_RETURN(const std::vector<View> views,
                     store.change_views([&](std::span<const View> stored) {
                         return plan_generation(definition, stored);
                     }));
    return views.front();
}

Result<void> make_current(MetricsStore& store, std::span<const fold::ViewId> ids) {
    const auto plan_switch = [&](std::span<const View> stored) -> Result<ViewPlan> {
        ViewPlan plan;
        for (const fold::ViewId id : ids) {
            ASSIGN_OR_RETURN(View view, view_of(stored, id));
            if (view.state == ViewState::Current) continue;
            if (view.state != ViewState::Building) {
                return fail(ErrorCode::Conflict, "cannot switch rollup", name_of(view),
                            "this generation is not being built");
            }
            for (const View& other : stored) {
                if (other.state != ViewState::Current ||
                    !is_same_rollup(other.definition, view.definition))
                    continue;
                plan.changed.push_back(other);
                plan.changed.back().state = ViewState::Old;
            }
            view.state = ViewState::Current;
            plan.changed.push_back(std::move(view));
        }
        return plan;
    };
    const auto changed = store.change_views(plan_switch);
    if (!changed) return std::unexpected(changed.error());
    return {};
}

Result<void> drop(MetricsStore& store, fold::ViewId id) {
    return change_one(store, id, [](View view, std::span<const View> stored) -> Result<ViewPlan> {
        const bool is_last = std::ranges::none_of(stored, [&](const View& other) {
            return other.id != view.id && other.state == ViewState::Building &&
                   is_same_rollup(other.definition, view.definition);
        });
        if (view.state == ViewState::Current && !is_last) {
            return fail(ErrorCode::Conflict, "cannot drop rollup", name_of(view),
                        "another generation of it is being built: drop that one first");
        }
        ViewPlan plan;
        if (view.state == ViewState::Dropped) return plan;
        view.state = ViewState::Dropped;
        plan.changed.push_back(std::move(view));
        return plan;
    });
}

Result<void> raise_since(MetricsStore& store, fold::ViewId id, Moment since) {
    return change_one(store, id, [&](View view, std::span<const View>) -> Result<ViewPlan> {
        ViewPlan plan;
        if (view.since >= since) return plan;
        view.since = since;
        plan.changed.push_back(std::move(view));
        return plan;
    });
}

Result<double> share_built(Snapshot& snapshot, const View& view) {
    ASSIGN_OR_RETURN(const auto ledgers, snapshot.ledgers());
    ASSIGN_OR_RETURN(const auto positions, snapshot.positions(view.id));
    double done = 0;
    double in_all = 0;
    for (const fold::Ledger& ledger : ledgers) in_all += static_cast<double>(ledger.through.value);
    for (const auto& entry : positions) done += static_cast<double>(entry.position.through.value);
    return in_all > 0 ? std::min(1.0, done / in_all) : 1.0;
}

std::string name_of(const View& view) {
    return view.definition.project + "/" + view.definition.rollup.name;
}

const View* find_same(std::span<const View> stored, const View& view) {
    const auto found = std::ranges::find_if(stored, [&](const View& other) {
        return other.generation == view.generation &&
               is_same_rollup(other.definition, view.definition);
    });
    return found == stored.end() ? nullptr : &*found;
}

Result<std::vector<View>> as_stored(const ViewPlan& plan, std::span<const View> stored) {
    std::vector<View> views;
    views.reserve(plan.views.size());
    for (const View& view : plan.views) {
        const View* found = find_same(stored, view);
        if (!found) {
            return fail(ErrorCode::Unavailable, "cannot declare rollup", name_of(view),
                        "the metrics store does not show what was just stored");
        }
        views.push_back(*found);
    }
    return views;
}

Result<void> require_dropped(const View& view) {
    if (view.state == ViewState::Dropped) return {};
    return fail(ErrorCode::Conflict, "cannot delete the rows of a rollup", name_of(view),
                "it is not dropped");
}

}  // namespace clickmill::metrics_store
