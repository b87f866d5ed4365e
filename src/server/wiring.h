// Chooses the backends: wiring.cc is the only file that names them.
#pragma once

#include "base/clock.h"
#include "base/result.h"
#include "config/config.h"
#include "event_log/event_log.h"
#include "metrics_store/metrics_store.h"
#include "telemetry/logger.h"
#include "telemetry/metrics.h"

#include <memory>

namespace clickmill::server {

// What every backend is told about the world. All outlive it.
struct World {
    Clock& clock;
    telemetry::Logger& logger;
    telemetry::Registry& registry;
};

// A metrics.db that SQLite refuses is set aside: everything in it is folded again from the log.
Result<std::unique_ptr<metrics_store::MetricsStore>> open_metrics_store(
    const config::Config& config, const World& world);

// `known` is what the metrics store has folded: a log that had to be set aside goes on above it.
Result<std::unique_ptr<event_log::EventLog>> open_event_log(const config::Config& config,
                                                            const World& world,
                                                            const metrics_store::Progress& known);

// Beside a running server or without one; appends are refused.
Result<std::unique_ptr<event_log::EventLog>> open_event_log_to_read(const config::Config& config,
                                                                    const World& world);

}  // namespace clickmill::server
