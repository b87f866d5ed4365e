#include "server/wiring.h"

#include "archive/s3/s3_store.h"
#include "event_log/embedded/embedded_event_log.h"
#include "event_log/embedded/read_only_event_log.h"
#include "event_log/embedded/rewriting.h"
#include "event_log/kafka/kafka_event_log.h"
#include "event_log/kafka/topic_plan.h"
#include "event_log/spooling_event_log.h"
#include "metrics_store/clickhouse/clickhouse_metrics_store.h"
#include "metrics_store/postgres/postgres_metrics_store.h"
#include "metrics_store/sqlite/sqlite_metrics_store.h"
#include "server/data_folder.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <utility>

namespace clickmill::server {

namespace {

constexpr std::string_view kSqliteScheme = "sqlite:";

constexpr int64_t kSlices = 4;  // of the repeat window

event_log::EmbeddedOptions event_log_options_of(const config::Config& config) {
    event_log::EmbeddedOptions options;
    options.path = event_log_path(config.data_folder);
    options.max_queue_bytes = config.event_log_queue_mib << 20;
    options.retention_age = std::chrono::hours(24 * config.event_log_retention_days);
    options.retention_bytes = config.event_log_retention_gib << 30;
    if (does_archive(config)) options.readers.push_back(event_log::ReaderRole::Archiver);
    return options;
}

event_log::KafkaOptions kafka_options_of(const config::Config& config) {
    event_log::KafkaOptions options;
    options.brokers = config.kafka_brokers;
    options.topic = config.kafka_topic;
    if (!config.kafka_group.empty()) options.group = config.kafka_group;
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
    event_log::TopicPlan plan;
    plan.partitions = static_cast<int32_t>(config.kafka_partitions);
    plan.replication = static_cast<int32_t>(config.kafka_replication);
    plan.min_insync_replicas = static_cast<int32_t>(config.kafka_min_insync_replicas);
    plan.retention = std::chrono::hours(config.kafka_retention_hours);
    plan.least_retention = std::chrono::seconds(kSlices * config.repeat_slice_seconds);
    return plan;
}

// Only in it a copy is kept of what nobody can read, and rarely: one partition will do.
event_log::KafkaOptions unreadable_options_of(const config::Config& config) {
    event_log::KafkaOptions options = kafka_options_of(config);
    options.topic = unreadable_log_name(config);
    options.max_queue_bytes = event_log::KafkaOptions{}.max_queue_bytes;
    options.start_timeout = options.request_timeout;
    return options;
}

std::vector<std::pair<event_log::KafkaOptions, event_log::TopicPlan>> topics_of(
    const config::Config& config) {
    event_log::TopicPlan unreadable = topic_plan_of(config);
    unreadable.partitions = 1;
    return {{kafka_options_of(config), topic_plan_of(config)},
            {unreadable_options_of(config), unreadable}};
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

archive::S3Options s3_options_of(const config::Config& config) {
    archive::S3Options options;
    options.url = config.archive_url;
    options.endpoint = config.archive_s3_endpoint;
    options.region = config.archive_s3_region;
    options.scratch_folder = archive_folder_of(config) + "/.new";
    options.part_bytes = config.archive_s3_part_mib << 20;
    return options;
}

}  // namespace

bool does_archive(const config::Config& config) {
    return config.archive_enabled == "true";
}

std::string archive_folder_of(const config::Config& config) {
    return config.archive_folder.empty() ? archive_folder(config.data_folder)
                                         : config.archive_folder;
}

archive::EngineOptions engine_options_of(const config::Config& config) {
    return {.library = config.archive_library, .memory_mib = config.archive_memory_mib};
}

archive::ArchiverOptions archiver_options_of(const config::Config& config) {
    archive::ArchiverOptions options;
    options.engine = engine_options_of(config);
    options.rules.max_events = config.archive_file_events;
    options.retention =
        std::chrono::days(config.archive_retention_days >= 0 ? config.archive_retention_days
                                                             : config.event_log_retention_days);
    return options;
}

Result<void> check_archive(const config::Config& config) {
    if (config.archive_url.empty()) return {};
    RETURN_IF_ERROR(archive::place_of(s3_options_of(config)));
    return {};
}

Result<std::unique_ptr<archive::ObjectStore>> open_archive(const config::Config& config) {
    if (config.archive_url.empty()) return archive::open_folder(archive_folder_of(config));
    return archive::open_s3(s3_options_of(config));
}

Result<std::unique_ptr<archive::ObjectStore>> archive_if_any(const config::Config& config) {
    if (!config.archive_url.empty()) return open_archive(config);
    const std::string folder = archive_folder_of(config);
    std::error_code missing;
    if (std::filesystem::exists(folder, missing)) return open_archive(config);
    return std::unique_ptr<archive::ObjectStore>();
}

Result<std::unique_ptr<archive::ObjectStore>> find_archive(const config::Config& config) {
    ASSIGN_OR_RETURN(auto store, archive_if_any(config));
    if (store || !does_archive(config)) return store;
    return fail(ErrorCode::Unavailable, "cannot read the archive", archive_folder_of(config),
                "archive.enabled is set and there is no such folder");
}

replay::ReplayerOptions replayer_options_of(const config::Config& config,
                                            const fold::RepeatLimits& repeats) {
    replay::ReplayerOptions options;
    options.replay.engine = engine_options_of(config);
    options.replay.repeats = repeats;
    // Well before the aggregator would take it over: live counting goes on meanwhile.
    options.replay.ends_within = config.replay_from_records / 10;
    return options;
}

control::Options control_options_of(const config::Config& config) {
    return {.path = control_path(config.data_folder), .url = config.control_url};
}

bool has_shared_store(const config::Config& config) {
    return !config.metrics_store_url.empty();
}

Result<std::unique_ptr<metrics_store::MetricsStore>> open_store_at(const std::string& url,
                                                                   const std::string& cluster,
                                                                   const World& world,
                                                                   Writes writes) {
    const bool only_reads = writes == Writes::Elsewhere;
    if (url.starts_with(kSqliteScheme)) {
        metrics_store::SqliteOptions options;
        options.path = url.substr(kSqliteScheme.size());
        options.follows_another = only_reads;
        std::error_code missing;
        if (only_reads && !std::filesystem::exists(options.path, missing)) {
            return fail(ErrorCode::NotFound, "cannot read the metrics store", options.path,
                        "there is no such file");
        }
        return metrics_store::SqliteMetricsStore::open(std::move(options), world.logger);
    }
    if (url.starts_with("clickhouse")) {
        return metrics_store::ClickHouseMetricsStore::open(
            {.url = url, .cluster = cluster, .only_reads = only_reads});
    }
    return metrics_store::PostgresMetricsStore::open({.url = url, .only_reads = only_reads});
}

Result<std::unique_ptr<metrics_store::MetricsStore>> open_metrics_store(
    const config::Config& config, const World& world, Writes writes) {
    if (has_shared_store(config)) {
        const bool reads_elsewhere =
            writes == Writes::Elsewhere && !config.metrics_store_read_url.empty();
        return open_store_at(
            reads_elsewhere ? config.metrics_store_read_url : config.metrics_store_url,
            config.metrics_store_cluster, world, writes);
    }
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

bool has_spool(const config::Config& config) {
    return is_kafka(config) && config.kafka_spool_gib > 0;
}

std::string spool_folder_of(const config::Config& config) {
    return config.kafka_spool_folder.empty() ? spool_folder(config.data_folder)
                                             : config.kafka_spool_folder;
}

Result<std::unique_ptr<event_log::EventLog>> open_event_log_with_spool(const config::Config& config,
                                                                       const World& world,
                                                                       telemetry::Health& health) {
    event_log::SpoolOptions options;
    options.folder = spool_folder_of(config);
    options.main_name = config.kafka_topic;
    options.max_bytes = config.kafka_spool_gib << 30;
    options.max_age = surely_held(config);
    options.batch_bytes = std::min(options.batch_bytes, config.event_log_queue_mib << 19);

    event_log::EmbeddedOptions spool_options = event_log_options_of(config);
    spool_options.path = event_log_path(options.folder);
    spool_options.readers = {event_log::ReaderRole::Aggregator};
    spool_options.retention_age = {};
    spool_options.retention_bytes = 1;  // what is drained goes
    ASSIGN_OR_RETURN(auto spool, event_log::EmbeddedEventLog::open(std::move(spool_options),
                                                                   world.clock, world.logger));
    return event_log::SpoolingEventLog::open(
        std::move(options), std::move(spool),
        [kafka = kafka_options_of(config), world](std::chrono::milliseconds patience) mutable
            -> Result<std::unique_ptr<event_log::EventLog>> {
            kafka.start_timeout = patience;
            return event_log::KafkaEventLog::open(kafka, event_log::KafkaUse::ReadAndAppend,
                                                  world.clock, world.logger);
        },
        {world.clock, world.logger, world.registry, health});
}

std::chrono::seconds surely_held(const config::Config& config) {
    return std::chrono::seconds((kSlices - 1) * config.repeat_slice_seconds);
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

Result<event_log::Rewritten> rewrite_event_log(const config::Config& config,
                                               const event_log::Rewrite& rewrite) {
    constexpr std::chrono::seconds kPatience{30};
    return event_log::rewrite_records({.path = event_log_path(config.data_folder), .vfs = {}},
                                      rewrite, kPatience);
}

bool is_kafka(const config::Config& config) {
    return config.event_log_backend == "kafka";
}

std::string unreadable_log_name(const config::Config& config) {
    return config.kafka_topic + ".unreadable";
}

Result<std::unique_ptr<event_log::EventLog>> open_unreadable_log(const config::Config& config,
                                                                 const World& world) {
    if (!is_kafka(config)) {
        return fail(ErrorCode::InvalidInput, "there is no log of what is unreadable",
                    "event_log.backend", "the embedded log keeps it itself: 'clickmill log cat'");
    }
    return event_log::KafkaEventLog::open(unreadable_options_of(config),
                                          event_log::KafkaUse::ReadAndAppend, world.clock,
                                          world.logger);
}

Result<std::vector<std::string>> create_topics(const config::Config& config, const World& world) {
    std::vector<std::string> made;
    Result<void> refused;
    for (const auto& [options, plan] : topics_of(config)) {
        const Result<void> created = event_log::create_topic(options, plan, world.logger);
        if (created) {
            made.push_back(fmt::format("{} with {} partitions of {} replicas", options.topic,
                                       plan.partitions, plan.replication));
        } else if (created.error().code == ErrorCode::Conflict) {
            refused = created;
        } else {
            return std::unexpected(created.error());
        }
    }
    if (made.empty()) return std::unexpected(refused.error());
    return made;
}

Result<std::vector<std::string>> topic_problems(const config::Config& config, const World& world) {
    std::vector<std::string> problems;
    for (const auto& [options, plan] : topics_of(config)) {
        ASSIGN_OR_RETURN(const auto found, event_log::topic_problems(options, plan, world.logger));
        for (const std::string& problem : found) {
            problems.push_back(fmt::format("{}: {}", options.topic, problem));
        }
    }
    return problems;
}

}  // namespace clickmill::server
