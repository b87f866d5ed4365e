// What a command that works on the stores of a server tells them about the world.
#pragma once

#include "base/clock.h"
#include "server/wiring.h"
#include "telemetry/logger.h"
#include "telemetry/metrics.h"

#include <memory>

namespace clickmill::cli {

// Outlives what is opened with it. Says what is of this level or worse, on standard error.
class CommandWorld {
public:
    explicit CommandWorld(telemetry::Level level = telemetry::Level::Error)
        : logger_(telemetry::make_logger(level, telemetry::Format::Text)) {}

    server::World world() { return {clock_, *logger_, registry_}; }

private:
    SystemClock clock_;
    std::unique_ptr<telemetry::Logger> logger_;
    telemetry::Registry registry_;
};

}  // namespace clickmill::cli
