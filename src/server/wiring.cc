#include "server/wiring.h"

#include "event_log/embedded/embedded_event_log.h"
#include "event_log/embedded/read_only_event_log.h"
#include "event_log/kafka/kafka_event_log.h"
#include "event_log/kafka/topic_plan.h"
#include "metrics_store/sqlite/sqlite_metrics_store.h"
#include "server/data_folder.h"

#include <algorithm>
#include <utility>

namespace clickmill::server {

namespace {

event_log::EmbeddedOptions event_log_options_of(const config::Config& config) {
    event_log::EmbeddedOptions options;
    options.path = event_log_path(config.data_folder);
    options.max_queue_bytes = config.event_log_queue_mib << 20;
    options.retention_age = std::chrono::hours(24 * config.event_log_retention_days);
    options.retention_bytes = config.event_log_retention_gib << 30;
    return options;
}

event_log::KafkaOptions kafka_options_of(const config::Config& config) {
    event_log::KafkaOptions options;
    options.brokers = config.kafka_brokers;
    options.topic = config.kafka_topic;
    for (const std::string& setting : config.kafka_settings) {
        const size_t equals = setting.find('=');
        options.settings.emplace_back(setting.substr(0, equals), setting.substr(equals + 1));
    }
    options.max_queue_bytes = config.event_log_queue_mib << 20;
    options.events_per_record = config.kafka_events_per_record;
    options.delivery_timeout = std::chrono::milliseconds(config.kafka_delivery_timeout_ms);
    return options;
}

event_log::TopicPlan topic_plan_of(const config::Config& config) {
    constexpr int64_t kSlices = 4;
    event_log::TopicPlan plan;
    plan.partitions = static_cast<int32_t>(config.kafka_partitions);
    plan.replication = static_cast<int32_t>(config.kafka_replication);
    plan.min_insync_replicas = static_cast<int32_t>(config.kafka_min_insync_replicas);
    plan.retention = std::chrono::hours(config.kafka_retention_hours);
    plan.least_retention = std::chrono::seconds(kSlices * config.repeat_slice_seconds);
    return plan;
}

event_log::KnownPosition position_of(const metrics_store::Progress& known) {
    if (!known.has_ledger) return {};
    event_log::KnownPosition position;
    position.log_id = known.ledger.log_id;
    position.next = known.ledger.through;
    for (const auto& [view, at] : known.views) position.next = std::max(position.next, at.through);
    for (const auto& [project, accounting] : known.ledger.projects) {
        position.total_events += accounting.total();
    }
    return position;
}

}  // namespace

Result<std::unique_ptr<metrics_store::MetricsStore>> open_metrics_store(
    const config::Config& config, const World& world, Writes writes) {
    metrics_store::SqliteOptions options;
    options.path = metrics_path(config.data_folder);
    options.follows_another = writes == Writes::Elsewhere;
    return metrics_store::SqliteMetricsStore::open(std::move(options), world.logger);
}

Result<std::unique_ptr<event_log::EventLog>> open_event_log(const config::Config& config,
                                                            const World& world,
                                                            const metrics_store::Progress& known) {
    if (is_kafka(config)) {
        return event_log::KafkaEventLog::open(kafka_options_of(config),
                                              event_log::KafkaUse::ReadAndAppend, world.clock,
                                              world.logger);
    }
    event_log::EmbeddedOptions options = event_log_options_of(config);
    options.known_position = position_of(known);
    return event_log::EmbeddedEventLog::open(std::move(options), world.clock, world.logger,
                                             &world.registry);
}

Result<std::unique_ptr<event_log::EventLog>> open_event_log_to_read(const config::Config& config,
                                                                    const World& world) {
    if (is_kafka(config)) {
        return event_log::KafkaEventLog::open(
            kafka_options_of(config), event_log::KafkaUse::ReadOnly, world.clock, world.logger);
    }
    return event_log::ReadOnlyEventLog::open(
        {.path = event_log_path(config.data_folder), .vfs = {}}, world.clock);
}

bool is_kafka(const config::Config& config) {
    return config.event_log_backend == "kafka";
}

Result<void> create_topic(const config::Config& config, const World& world) {
    return event_log::create_topic(kafka_options_of(config), topic_plan_of(config), world.logger);
}

Result<std::vector<std::string>> topic_problems(const config::Config& config, const World& world) {
    return event_log::topic_problems(kafka_options_of(config), topic_plan_of(config), world.logger);
}

}  // namespace clickmill::server
