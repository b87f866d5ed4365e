// The tables of a PostgreSQL metrics store and their version.
#pragma once

#include "sql/postgres_session.h"

namespace clickmill::metrics_store {

// Makes the tables where there are none, in the connection's current schema, or checks that they
// are of the version that this program knows. InvalidInput: a newer version.
Result<void> prepare_schema(sql::PgSession& session);
// The same without making anything. Unavailable: there is nothing yet.
Result<void> check_schema(sql::PgSession& session);

}  // namespace clickmill::metrics_store
