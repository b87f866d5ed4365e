// Where every accepted click went, and how the parts are: /accounting and /status.
#pragma once

#include "query_api/context.h"
#include "query_api/query_api.h"

#include <string>

namespace clickmill::query_api {

// `tails` are read after the context's snapshot, so nothing can be folded that is not accepted.
Answer<std::string> accounting_json(const Context& context, const Tails& tails);
Answer<std::string> status_json(const Context& context, const Options& options,
                                const Sources& sources);

}  // namespace clickmill::query_api
