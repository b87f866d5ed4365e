// Whether tables on a database server are of our version, the same for every such backend. Private
// to metrics_store/.
#pragma once

#include "base/result.h"

#include <cstdint>
#include <string_view>

namespace clickmill::metrics_store {

// `found`: 0 where there are no tables. Unavailable: nobody has made them yet. InvalidInput: they
// are of another version. `server` names it to people.
Result<void> check_version(int64_t found, int64_t known, std::string_view server);

}  // namespace clickmill::metrics_store
