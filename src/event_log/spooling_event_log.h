// A log that goes on accepting while the main one (Kafka) is away: into a local log, the spool,
// which is drained in order once the main one is back. Tested by spooling_event_log_test.cc and,
// with the real ones, by tests/kafka/spool_test.py.
#pragma once

#include "base/clock.h"
#include "event_log/event_log.h"
#include "telemetry/health.h"
#include "telemetry/logger.h"
#include "telemetry/metrics.h"

#include <chrono>
#include <functional>
#include <memory>
#include <string>

namespace clickmill::event_log {

struct SpoolOptions {
    std::string folder;     // of what must survive beside the spool itself
    std::string main_name;  // the topic
    int64_t max_bytes = int64_t{10} << 30;
    // A click that may be in the main log already is sent again within it, so that the repeat is
    // recognised; the spool refuses more once its oldest click is older.
    std::chrono::seconds max_age = std::chrono::hours(24);
    int64_t batch_bytes = 8 << 20;            // drained at once; well below the main log's queue
    std::chrono::milliseconds interval{250};  // between looks at the main log
    std::chrono::milliseconds refusal_interval{5'000};  // after it refused what is in the spool
};

// While clicks wait in the spool, new ones join them, until the oldest has waited for less than a
// second: then new ones go to the main log, beside the last ones of the spool. What the main log
// refuses for another reason than being away (too large for the brokers) goes to the spool's end,
// so that it holds up nobody. A kill between the answer of the main log and the note of it sends
// one batch again; repeats are dropped by event id.
class SpoolingEventLog : public EventLog {
public:
    // As KafkaEventLog::open(), waiting so long for the brokers. Called from another thread, too.
    using OpenMain =
        std::function<Result<std::unique_ptr<EventLog>>(std::chrono::milliseconds patience)>;
    struct Parts {  // all outlive the log
        Clock& clock;
        telemetry::Logger& logger;
        telemetry::Registry& registry;
        telemetry::Health& health;
    };

    // Starts without the main log when it was open in this folder once: then the number of
    // partitions is known. Conflict: clicks wait here for another log, or for another number of
    // partitions. What `open_main` says, where it cannot do without.
    static Result<std::unique_ptr<SpoolingEventLog>> open(SpoolOptions options,
                                                          std::unique_ptr<EventLog> spool,
                                                          OpenMain open_main, Parts parts);
};

}  // namespace clickmill::event_log
