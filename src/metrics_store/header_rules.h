// When one build may take another's place, the same for every backend. Private to metrics_store/.
#pragma once

#include "base/result.h"
#include "metrics_store/snapshot.h"

namespace clickmill::metrics_store {

// Conflict: a position of `stored` lies above the new one, or the live rows that the new build
// would have been made of are gone, or its retention is over.
Result<void> may_replace(const Header& stored, const Header& built);

}  // namespace clickmill::metrics_store
