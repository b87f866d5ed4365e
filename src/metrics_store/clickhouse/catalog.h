// The tables of a ClickHouse database, and which views lie in them.
#pragma once

#include "metrics_store/clickhouse/client.h"
#include "metrics_store/clickhouse/tables.h"
#include "metrics_store/sql/catalog.h"

#include <span>

namespace clickmill::metrics_store {

// Makes what is missing. InvalidInput: the tables are of another version of the program.
Result<void> prepare_ch_schema(ChClient& client, const ChLayout& layout);
// Unavailable: nobody has made them yet.
Result<void> check_ch_schema(ChClient& client);

Result<Catalog> load_ch_catalog(ChClient& client);

// As MetricsStore::declare. Whoever declares the same at the same time gets the same views: ids
// come from names, a view begins at the later of two positions.
Result<Declared> declare_in_ch(ChClient& client, const ChLayout& layout,
                               std::span<const fold::ViewDefinition> definitions, Moment now);

}  // namespace clickmill::metrics_store
