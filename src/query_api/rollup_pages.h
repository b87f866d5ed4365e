// The rollups over HTTP: which there are and how far they are built, what one more would cost, and
// having it built.
#pragma once

#include "query_api/access.h"
#include "query_api/context.h"
#include "query_api/query_api.h"

#include <string>

namespace clickmill::query_api {

// GET /api/v1/rollups: every generation that is there, and whether the visitor may add one.
Answer<std::string> rollups_json(const Context& context, const Visitor& visitor,
                                 const RollupWorks& works);

// GET /api/v1/rollups/cost?dimensions=browser,os: what it would take to build, from a sample of the
// newest clicks. 400 invalid_rollup.
Answer<std::string> rollup_cost_json(const http::Head& head, const Context& context,
                                     const RollupWorks& works);

// POST /api/v1/rollups: begins to build one. 403: not an administrator, or another site's page. 400
// invalid_body, invalid_rollup; 409 rollup_exists.
Answer<void> add_rollup(const http::Request& request, const Visitor& visitor,
                        const std::string& project, const RollupWorks& works);

}  // namespace clickmill::query_api
