// The tables of a ClickHouse database, and which views lie in them.
#pragma once

#include "metrics_store/clickhouse/client.h"
#include "metrics_store/clickhouse/tables.h"
#include "metrics_store/sql/catalog.h"

namespace clickmill::metrics_store {

// Makes what is missing. InvalidInput: the tables are of another version of the program.
Result<void> prepare_ch_schema(ChClient& client, const ChLayout& layout);
// Unavailable: nobody has made them yet.
Result<void> check_ch_schema(ChClient& client);

Result<Catalog> load_ch_catalog(ChClient& client);

// As MetricsStore::change_views. Whoever adds the same at the same time gets the same views: ids
// come from names.
Result<Changed> change_ch_views(ChClient& client, const ChLayout& layout, const PlanViews& ask);

}  // namespace clickmill::metrics_store
