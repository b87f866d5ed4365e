// Which views a metrics.db holds, and in which tables their rows lie.
#pragma once

#include "calendar/calendar.h"
#include "fold/view.h"
#include "metrics_store/declaration.h"
#include "metrics_store/sql/tables.h"
#include "metrics_store/sqlite/session.h"

#include <map>
#include <memory>
#include <optional>
#include <vector>

namespace clickmill::metrics_store {

struct StoredView {
    fold::View view;
    std::shared_ptr<const sql::RollupTables> tables;  // shared by the projects of one rollup
    std::optional<calendar::Calendar> calendar;       // none if this system lacks the zone
    size_t dimensions() const { return view.definition.rollup.dimensions.size(); }
};

// Immutable once loaded; any thread.
struct Catalog {
    std::map<fold::ViewId, StoredView> views;

    const StoredView* find(fold::ViewId view) const {
        const auto found = views.find(view);
        return found == views.end() ? nullptr : &found->second;
    }
    Result<const StoredView*> at(fold::ViewId view) const;  // NotFound
    std::vector<fold::View> list() const;
};

Result<Catalog> load_catalog(Session& session);

// Within a transaction: tables, view and first positions of what is new.
Result<void> store_new_views(Session& session, const Declaration& declaration);

// Makes a new file's tables, or checks that they are ours and of a version that this program knows.
// InvalidInput: another program's file, or a newer version.
Result<void> prepare_schema(Session& session, const std::string& path);
// The same without making anything. Unavailable: there is nothing yet.
Result<void> check_schema(Session& session, const std::string& path);

}  // namespace clickmill::metrics_store
