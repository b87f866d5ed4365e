// One more rollup: what it would hold, by a sample of the newest clicks, and having it built.
#pragma once

#include "base/result.h"
#include "config/config.h"
#include "event_log/event_log.h"
#include "metrics_store/metrics_store.h"
#include "query_api/query_api.h"

#include <string>
#include <vector>

namespace clickmill::server {

// Begins to build it for `project`, or for all that have rollups when that is empty, with their
// time zones and weeks; returns for how many. InvalidInput: no rollup can be like that. Conflict:
// there is one of that name. NotFound: no such project.
Result<size_t> add_rollup(metrics_store::MetricsStore& store, const config::Config& config,
                          const std::string& project, const config::Rollup& rollup);

// Reads some hundred thousand of the newest clicks of the log, and counts the rows that a rollup of
// these dimensions would have of those of the project. InvalidInput: an unknown dimension.
Result<query_api::RollupSample> sample_rollup(event_log::EventLog& log, const std::string& project,
                                              const std::vector<std::string>& dimensions);

}  // namespace clickmill::server
