// The event log on Apache Kafka: one topic, its partitions, its retention. What the topic has to
// look like: docs/guide/kafka.md.
#pragma once

#include "base/clock.h"
#include "event_log/event_log.h"
#include "event_log/kafka/options.h"
#include "telemetry/logger.h"

#include <memory>

namespace clickmill::event_log {

enum class KafkaUse { ReadOnly, ReadAndAppend };

class KafkaEventLog : public EventLog {
public:
    // Waits for the brokers up to options.start_timeout. NotFound: there is no such topic.
    // InvalidInput: settings. Unavailable: the brokers cannot be reached, or let nobody in.
    static Result<std::unique_ptr<KafkaEventLog>> open(KafkaOptions options, KafkaUse use,
                                                       Clock& clock, telemetry::Logger& logger);
};

}  // namespace clickmill::event_log
