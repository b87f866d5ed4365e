// Which views there are: how rollups are declared, built anew and switched, the same for every
// backend. Each function plans a change of what is stored; MetricsStore::change_views() does it.
#pragma once

#include "base/result.h"
#include "fold/view.h"

#include <functional>
#include <span>
#include <string>
#include <vector>

namespace clickmill::metrics_store {

class MetricsStore;
class Snapshot;

struct ViewPlan {
    std::vector<fold::View> views;    // the answer; known by project, rollup and generation
    std::vector<fold::View> added;    // to be stored, under ids that the store gives
    std::vector<fold::View> changed;  // whose state or `since` is to be stored
};
using PlanViews = std::function<Result<ViewPlan>(std::span<const fold::View> stored)>;

// Makes the definitions known and returns the newest view of each, in the same order. The first
// rollups of a project are current at once; a later one is built from the beginning of history, and
// so is the next generation of each when the project has moved to another zone or week start. Else
// what is stored stands: other dimensions or limits change nothing, see begin_generation().
// InvalidInput: a name that no rollup can have.
Result<std::vector<fold::View>> declare(MetricsStore& store,
                                        std::span<const fold::ViewDefinition> definitions);

// Whether declare() would change nothing.
bool is_declared(std::span<const fold::View> stored,
                 std::span<const fold::ViewDefinition> definitions);

// A rollup's next generation, to be built beside the current one, whatever that is. The one before
// that, and one that is being built, are dropped for it; one that is being built with an equal
// definition is kept.
Result<fold::View> begin_generation(MetricsStore& store, const fold::ViewDefinition& definition);

// Views that were built take their rollups' places, all at once; those before them are Old.
// Conflict: one is not being built.
Result<void> make_current(MetricsStore& store, std::span<const fold::ViewId> views);
// Rows of a view go. Conflict: it is the current one, and others are there: they answer nothing.
Result<void> drop(MetricsStore& store, fold::ViewId view);
// Clicks received before `since` are not in it.
Result<void> raise_since(MetricsStore& store, fold::ViewId view, Moment since);

// How much of the records that were counted a view holds, 0 to 1.
Result<double> share_built(Snapshot& snapshot, const fold::View& view);

std::string name_of(const fold::View& view);  // "shop/totals"

// The stored view of the same project, rollup and generation; null: there is none.
const fold::View* find_same(std::span<const fold::View> stored, const fold::View& view);

// For backends: the answer of a plan as it is stored now. Unavailable: it does not show there.
Result<std::vector<fold::View>> as_stored(const ViewPlan& plan, std::span<const fold::View> stored);
// Conflict: its rows must not go.
Result<void> require_dropped(const fold::View& view);

}  // namespace clickmill::metrics_store
