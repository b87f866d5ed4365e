// Moves a control store: everything in one goes into another that is still empty.
#pragma once

#include "control/control.h"

namespace clickmill::control {

// All or nothing; how many rows. `from` is as it was, and nobody changes it meanwhile. NotFound:
// there is no such file, or nothing in it. Conflict: `to` holds projects or people.
Result<int64_t> copy_control(const Options& from, const Options& to);

}  // namespace clickmill::control
