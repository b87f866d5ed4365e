// How the topic has to be for the promises to hold: made so, and compared with what is there.
#pragma once

#include "base/result.h"
#include "event_log/kafka/options.h"
#include "telemetry/logger.h"

#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

namespace clickmill::event_log {

struct TopicPlan {
    int32_t partitions = 12;
    int32_t replication = 3;
    int32_t min_insync_replicas = 2;
    std::chrono::milliseconds retention{std::chrono::hours(168)};
    std::chrono::milliseconds least_retention{std::chrono::hours(32)};  // the repeat window
};

// Conflict: it is there already. InvalidInput: the brokers refuse the plan.
Result<void> create_topic(const KafkaOptions& options, const TopicPlan& plan,
                          telemetry::Logger& logger);

// One line for each thing that does not fit, with what to do; none: all is well. NotFound: there is
// no such topic.
Result<std::vector<std::string>> topic_problems(const KafkaOptions& options, const TopicPlan& plan,
                                                telemetry::Logger& logger);

}  // namespace clickmill::event_log
