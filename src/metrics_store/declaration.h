// What declaring definitions means, the same for every backend. Private to metrics_store/.
#pragma once

#include "base/result.h"
#include "fold/view.h"

#include <span>
#include <vector>

namespace clickmill::metrics_store {

struct Declaration {
    struct New {
        fold::View view;
        bool starts_now = false;  // its positions are those of the ledgers
    };
    std::vector<fold::View> views;  // one for each definition, in the same order
    std::vector<New> added;         // those of them that are to be stored
};

// Errors as MetricsStore::declare. InvalidInput: a name that no rollup can have.
Result<Declaration> plan_declaration(std::span<const fold::ViewDefinition> definitions,
                                     std::span<const fold::View> stored, Moment now);

}  // namespace clickmill::metrics_store
