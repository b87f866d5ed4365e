// The tables of a metrics.db and their version.
#pragma once

#include "sql/sqlite_session.h"

#include <string>

namespace clickmill::metrics_store {

// Makes a new file's tables, brings those of an older version up to date, or checks that they are
// ours and of a version that this program knows. InvalidInput: another program's file, or a newer
// version.
Result<void> prepare_schema(sql::SqliteSession& session, const std::string& path);
// The same without making anything. Unavailable: there is nothing yet, or an older version.
Result<void> check_schema(sql::SqliteSession& session, const std::string& path);

}  // namespace clickmill::metrics_store
