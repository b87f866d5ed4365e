// Where a control store lies, and how one gets a connection to it.
#pragma once

#include "control/control.h"
#include "sql/session.h"

#include <memory>

namespace clickmill::control {

// To the file of `at`, made when it is not there and readable for its owner alone; or to the schema
// clickmill_control of the PostgreSQL database at its url: secrets lie there, and what analysts may
// read lies elsewhere.
Result<std::unique_ptr<sql::Session>> connect(const Options& at);

}  // namespace clickmill::control
