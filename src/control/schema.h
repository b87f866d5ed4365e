// The tables of data/control.db. A new version is a new step in kSteps, run once, in order.
#pragma once

#include "base/result.h"
#include "base/sqlite.h"

namespace clickmill::control {

// Creates or upgrades the tables. Conflict: a newer Clickmill wrote the file.
Result<void> upgrade_schema(sqlite::Connection& connection);

}  // namespace clickmill::control
