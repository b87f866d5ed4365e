// Every setting of the program, once: the fields, their defaults and, in settings.h, their words.
// Only server/ and cli/ read this; a part gets its own small Options from server/wiring.cc.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace clickmill::config {

inline constexpr int64_t kManyYears = 36'500;  // days

// For how many days rows of each grain are kept; 0: for ever.
struct KeepDays {
    std::optional<int64_t> hour;
    std::optional<int64_t> day;
    std::optional<int64_t> week;
    std::optional<int64_t> month;
    bool operator==(const KeepDays&) const = default;
};

// One [[rollup]] of the file.
struct Rollup {
    std::string name;
    std::vector<std::string> dimensions;
    bool users = true;
    KeepDays keep;  // none: as [metrics_store] says
    bool operator==(const Rollup&) const = default;
};

// The rollups that every project has.
std::vector<Rollup> default_rollups();

struct Config {
    std::string data_folder = "data";
    std::string listen = "127.0.0.1:8080";
    std::string operations_listen = "127.0.0.1:9464";
    std::string public_url;
    int64_t threads = 0;
    int64_t stop_timeout_seconds = 20;

    int64_t max_connections = 10'000;
    int64_t max_connections_per_address = 1'000;
    std::vector<std::string> trusted_proxies;

    double key_events_per_second = 1'000;
    double key_burst_events = 20'000;
    std::vector<std::string> page_patterns;
    std::string geo_file;
    std::string privacy_signal = "anonymous";
    std::string privacy_user_ids = "plain";

    std::string event_log_backend = "embedded";
    int64_t event_log_queue_mib = 64;
    int64_t event_log_retention_days = 400;
    int64_t event_log_retention_gib = 0;

    std::string kafka_brokers = "127.0.0.1:9092";
    std::string kafka_topic = "clicks";
    std::string kafka_group;
    int64_t kafka_partitions = 12;
    int64_t kafka_replication = 3;
    int64_t kafka_min_insync_replicas = 2;
    int64_t kafka_retention_hours = 168;
    int64_t kafka_events_per_record = 1;
    int64_t kafka_delivery_timeout_ms = 15'000;
    int64_t kafka_spool_gib = 0;
    std::string kafka_spool_folder;
    std::vector<std::string> kafka_settings;

    std::string control_url;

    std::string metrics_store_url;
    std::string metrics_store_read_url;
    std::string metrics_store_cluster;
    int64_t hour_days = 0;
    int64_t day_days = 0;
    int64_t week_days = 0;
    int64_t month_days = 0;

    std::string archive_enabled = "true";
    std::string archive_url;
    std::string archive_s3_endpoint;
    std::string archive_s3_region = "us-east-1";
    int64_t archive_s3_part_mib = 16;
    std::string archive_folder;
    int64_t archive_retention_days = -1;
    int64_t archive_file_events = 4'000'000;
    int64_t archive_memory_mib = 256;
    int64_t archive_threads = 0;
    std::string archive_library;

    int64_t flush_interval_ms = 1'000;
    int64_t wide_flush_interval_ms = 10'000;
    int64_t replay_from_records = 50'000;
    int64_t late_seconds = int64_t{7} * 86'400;
    int64_t max_features = 10'000;
    int64_t max_values = 1'000;
    int64_t repeat_slice_seconds = int64_t{8} * 3'600;
    int64_t repeat_memory_mib = 256;
    std::vector<Rollup> rollups = default_rollups();

    std::string log_level = "info";
    std::string log_format = "auto";

    bool operator==(const Config&) const = default;
};

}  // namespace clickmill::config
