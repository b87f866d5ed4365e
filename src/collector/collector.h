// Clicks in: POST /v1/events. Says "accepted" only once the event log has them.
// The format and every answer: docs/reference/events.md, examples in api/examples/collector_*.json.
#pragma once

#include "base/clock.h"
#include "base/result.h"
#include "control/control.h"
#include "event_log/event_log.h"
#include "http/server.h"
#include "telemetry/logger.h"
#include "telemetry/metrics.h"

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace clickmill::collector {

// What Global Privacy Control and Do Not Track do to a click.
enum class PrivacySignal {
    Anonymous,  // counted without any identity
    Drop,       // left out; answered as rejected with the code privacy_signal
};

struct Options {
    int64_t max_body_bytes = 1 << 20;      // as sent
    int64_t max_inflated_bytes = 4 << 20;  // after gzip
    int64_t max_events = 1'000;            // in a request
    int64_t max_event_bytes = 32 << 10;    // as sent; a larger one is rejected alone
    double key_events_per_second = 1'000;  // where the key says nothing; 0: no limit
    double key_burst_events = 20'000;
    PrivacySignal privacy_signal = PrivacySignal::Anonymous;
    bool hash_user_ids = false;  // store user_id as a hash keyed by the project's secret
    std::vector<std::string> page_patterns;  // "/product/:id"
    std::string geo_file;                    // in MaxMind's format; empty: no country, no region
    int64_t cached_user_agents = 65'536;
};

// What the collector works with. All outlive it.
struct Parts {
    event_log::EventLog& event_log;
    control::Control& control;
    Clock& clock;
    telemetry::Logger& logger;
    telemetry::Registry& registry;
};

// Any thread. Stop the HTTP server first, then the event log: answers that wait for the log hold
// nothing of the collector.
class Collector : public http::Handler {
public:
    // NotFound, Corrupt: the geo file. Otherwise what control says when it cannot be read.
    static Result<std::unique_ptr<Collector>> open(const Options& options, const Parts& parts);
};

}  // namespace clickmill::collector
