// A sample project with months of believable clicks: daily and weekly shapes, releases that roll
// out, experiments, a feature that starts and one that fades. A function of its seed.
#pragma once

#include "base/clock.h"
#include "base/result.h"
#include "config/config.h"
#include "control/control.h"

#include <cstdint>

namespace clickmill::server {

struct HistoryOptions {
    int64_t days = 90;
    int64_t clicks = 400'000;  // about
    uint64_t seed = 1;
};

// Adds the sample project with its history, which ends at `clock.now()`, unless it is there
// already. The clicks go through the event log under a clock that runs through those days, so the
// fold makes every number. Conflict: the folder holds clicks of its own. Takes seconds. On Kafka
// the project alone is added.
Result<void> add_sample_project(const config::Config& config, control::Control& control,
                                Clock& clock, const HistoryOptions& options);

}  // namespace clickmill::server
