// Which views a SQL store holds, and in which tables their rows lie.
#pragma once

#include "calendar/calendar.h"
#include "fold/view.h"
#include "metrics_store/sql/labels.h"
#include "metrics_store/sql/tables.h"
#include "metrics_store/views.h"

#include <map>
#include <memory>
#include <optional>
#include <span>
#include <vector>

namespace clickmill::metrics_store {

struct StoredView {
    fold::View view;
    int64_t place = 0;                                // in the order in which views were declared
    std::shared_ptr<const sql::RollupTables> tables;  // shared by the projects of one rollup
    std::optional<calendar::Calendar> calendar;       // none if this system lacks the zone
    size_t dimensions() const { return view.definition.rollup.dimensions.size(); }
};

// Immutable once loaded; any thread.
struct Catalog {
    std::map<fold::ViewId, StoredView> views;
    // Counts up: of two catalogues of a store the higher one is the newer. Below 0: it is empty.
    int64_t change = -1;

    const StoredView* find(fold::ViewId view) const {
        const auto found = views.find(view);
        return found == views.end() ? nullptr : &found->second;
    }
    Result<const StoredView*> at(fold::ViewId view) const;  // NotFound
    std::vector<fold::View> list() const;                   // by place
};

Result<Catalog> load_catalog(sql::Session& session);

// The tables of every rollup, also of those that no view uses.
Result<std::vector<std::shared_ptr<const sql::RollupTables>>> load_rollup_tables(
    sql::Session& session);

// Reads what another process has declared since; `known` is taken when that is nothing.
Result<std::shared_ptr<const Catalog>> newest_catalog(sql::Session& session,
                                                      std::shared_ptr<const Catalog> known);

// As MetricsStore::change_views, in a transaction of its own. `catalog`: what is stored then.
struct Changed {
    std::vector<fold::View> views;
    std::shared_ptr<const Catalog> catalog;
};
Result<Changed> change_views(sql::Session& session, std::shared_ptr<const Catalog> known,
                             const PlanViews& ask);

}  // namespace clickmill::metrics_store
