// A row's labels as columns: its feature, then the values of its rollup's dimensions.
#pragma once

#include "fold/labels.h"
#include "sql/session.h"

namespace clickmill::metrics_store::sql {

// What is said of SQL in general, beside what the metrics stores make of it.
using namespace clickmill::sql;  // NOLINT(google-build-using-namespace): one name for both

// Binds the values of `count` dimensions; the feature stands elsewhere in a key.
Binder& bind_dimensions(Binder& binder, const fold::Labels& labels, size_t count);

// Feature and `dimensions` values from the columns that begin at `first`.
fold::Labels read_labels(const Statement& row, int first, size_t dimensions);

}  // namespace clickmill::metrics_store::sql
