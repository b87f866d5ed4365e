#include "config/settings.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <numeric>

namespace clickmill::config {

namespace {

// In the order of the reference page: sections stay together.
const std::vector<Setting>& table() {
    static const std::vector<Setting> kTable = {
        {"server.data", &Config::data_folder,
         "The data folder: everything that must survive lies in it. One server at a time."},
        {"server.listen", &Config::listen,
         "Where clicks, questions and the dashboard are served, as HOST:PORT. Port 0 takes any "
         "free "
         "one. Put a TLS proxy in front before it leaves this machine."},
        {"server.operations_listen", &Config::operations_listen,
         "Where /metrics, /healthz, /livez, /readyz and /version are served. Keep it private."},
        {"server.public_url", &Config::public_url,
         "The address that people's browsers use, such as https://clicks.example.org; sign-in "
         "links "
         "and the snippet show it. Empty: http:// and the listen address. With https:// the "
         "session "
         "cookie is sent over TLS only."},
        {"server.threads", &Config::threads, "Threads that serve connections; 0: one per core.", 0,
         256},
        {"server.stop_timeout_seconds", &Config::stop_timeout_seconds,
         "How long a graceful stop waits for requests in flight before it cuts them.", 1, 3'600},
        {"server.max_connections", &Config::max_connections,
         "Connections open at once; those above are closed at once.", 1, 1'000'000},
        {"server.max_connections_per_address", &Config::max_connections_per_address,
         "The same for one client address; a trusted proxy is not bound by it.", 1, 1'000'000},
        {"server.trusted_proxies", &Config::trusted_proxies,
         "Addresses of proxies whose X-Forwarded-For is believed. The last address in it that is "
         "not "
         "a trusted proxy is the client."},

        {"collector.key_events_per_second", &Config::key_events_per_second,
         "Events a second that one write key may send on average, unless the key has its own rate. "
         "Above it: 429 with Retry-After.",
         1, 10'000'000},
        {"collector.key_burst_events", &Config::key_burst_events,
         "Events that a write key may send at once after a pause.", 1, 100'000'000},
        {"collector.page_patterns", &Config::page_patterns,
         "Patterns that give many pages one name, such as \"/product/:id\". The first that fits is "
         "used."},
        {"collector.geo_file", &Config::geo_file,
         "A MaxMind-format file (.mmdb) from which country and region are derived. The address "
         "itself "
         "is never stored. Empty: none."},

        {"privacy.signal",
         &Config::privacy_signal,
         "What Global Privacy Control and Do Not Track do: \"anonymous\" counts the click without "
         "any "
         "identity, \"drop\" leaves it out.",
         0,
         0,
         {"anonymous", "drop"}},
        {"privacy.user_ids",
         &Config::privacy_user_ids,
         "\"plain\" stores user_id as it is sent, \"hashed\" as a keyed hash with one key per "
         "project.",
         0,
         0,
         {"plain", "hashed"}},

        {"event_log.backend",
         &Config::event_log_backend,
         "Where accepted clicks are kept: \"embedded\" in the data folder, \"kafka\" in a topic.",
         0,
         0,
         {"embedded", "kafka"}},
        {"event_log.queue_mib", &Config::event_log_queue_mib,
         "Accepted but not yet durable clicks held in memory; above it: 503.", 1, 65'536},
        {"event_log.retention_days", &Config::event_log_retention_days,
         "Raw clicks older than this, and already folded, are deleted. 0: kept for ever.", 0,
         kManyYears},
        {"event_log.retention_gib", &Config::event_log_retention_gib,
         "The oldest folded clicks are deleted once the event log is larger. 0: no limit.", 0,
         1'000'000},

        {"kafka.brokers", &Config::kafka_brokers,
         "Brokers to ask first, as host:port, separated by commas."},
        {"kafka.topic", &Config::kafka_topic, "The topic that is the event log."},
        {"kafka.group", &Config::kafka_group,
         "The consumer group whose members are the aggregators of one metrics store. Empty: a name "
         "of "
         "the data folder's own, kept in its file kafka-group; two stores in one group would each "
         "count a part of the clicks."},
        {"kafka.partitions", &Config::kafka_partitions,
         "How many partitions 'clickmill topics create' makes. Never changed afterwards: repeats "
         "would no longer meet their first copies.",
         1, 4'096},
        {"kafka.replication", &Config::kafka_replication, "How many brokers hold each partition.",
         1, 32},
        {"kafka.min_insync_replicas", &Config::kafka_min_insync_replicas,
         "How many of them must have a click before it is acknowledged; with fewer: 503.", 1, 32},
        {"kafka.retention_hours", &Config::kafka_retention_hours,
         "How long the topic keeps clicks. Well above the repeat window and any lag: Kafka deletes "
         "whether they were counted or not.",
         1, 876'000},
        {"kafka.events_per_record", &Config::kafka_events_per_record,
         "Clicks that one record may hold, as lines. 1 suits other readers of the topic, 500 "
         "throughput.",
         1, 10'000},
        {"kafka.delivery_timeout_ms", &Config::kafka_delivery_timeout_ms,
         "How long a request waits for the brokers before it is answered 503.", 1'000, 300'000},
        {"kafka.spool_gib", &Config::kafka_spool_gib,
         "While no broker answers, a collector accepts clicks into a spool on its own disk, up to "
         "this size and for as long as repeats are recognised, and lets them go to Kafka in order "
         "later. 0: it answers 503 instead.",
         0, 100'000},
        {"kafka.spool_folder", &Config::kafka_spool_folder,
         "Where the spool lies; collectors on one machine want one each. Empty: \"spool\" in the "
         "data folder."},
        {"kafka.settings", &Config::kafka_settings,
         "Settings of librdkafka by name, such as \"security.protocol=SASL_SSL\"; "
         "docs/guide/kafka.md "
         "says which are Clickmill's own. Keep secrets in CLICKMILL_KAFKA__SETTINGS_FILE."},

        {"control.url", &Config::control_url,
         "Where projects, keys, people and the catalogue live, for all machines that collect or "
         "answer: \"postgresql://user:password@host:5432/database\". Empty: control.db in the data "
         "folder. Keep the password in CLICKMILL_CONTROL__URL_FILE."},

        {"metrics_store.url", &Config::metrics_store_url,
         "Where the numbers live: \"postgresql://user:password@host:5432/database\" or "
         "\"clickhouse://user:password@host:8123/database\" (clickhouses:// for TLS). Empty: "
         "metrics.db in the data folder. Keep the password in CLICKMILL_METRICS_STORE__URL_FILE."},
        {"metrics_store.read_url", &Config::metrics_store_read_url,
         "Where questions are asked, such as a read replica of it. Empty: there, too."},
        {"metrics_store.cluster", &Config::metrics_store_cluster,
         "ClickHouse: the cluster, of its remote_servers, over which replicated tables are made. "
         "Empty: tables of the one server."},
        {"metrics_store.hour_days", &Config::hour_days,
         "Numbers by the hour are kept for so many days, and answered with null and the reason "
         "\"retention\" afterwards; days, weeks and months stay. 0: for ever.",
         0, kManyYears},
        {"metrics_store.day_days", &Config::day_days,
         "The same for numbers by the day, once their week and month are over.", 0, kManyYears},
        {"metrics_store.week_days", &Config::week_days, "The same for numbers by the week.", 0,
         kManyYears},
        {"metrics_store.month_days", &Config::month_days, "The same for numbers by the month.", 0,
         kManyYears},

        {"archive.enabled",
         &Config::archive_enabled,
         "Whether 'clickmill serve' writes raw clicks into Parquet files as well. The embedded "
         "event log then deletes nothing that is not in one.",
         0,
         0,
         {"true", "false"}},
        {"archive.folder", &Config::archive_folder,
         "Where those files lie. Empty: \"archive\" in the data folder. One archiver at a time. "
         "With archive.url, where they are on their way."},
        {"archive.url", &Config::archive_url,
         "Keeps those files in S3, or in a service that speaks its protocol: s3://BUCKET/PREFIX. "
         "Keys come from AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or from "
         "~/.aws/credentials. Empty: in archive.folder."},
        {"archive.s3_endpoint", &Config::archive_s3_endpoint,
         "That service, as https://HOST:PORT. Empty: Amazon's, of archive.s3_region."},
        {"archive.s3_region", &Config::archive_s3_region, "The bucket's region."},
        {"archive.s3_part_mib", &Config::archive_s3_part_mib,
         "A larger file is sent in parts of this size, each held in memory while it is sent.", 5,
         1024},
        {"archive.retention_days", &Config::archive_retention_days,
         "Files of clicks older than this are deleted; the newest of a partition stays. 0: kept "
         "for ever. -1: as event_log.retention_days says.",
         -1, kManyYears},
        {"archive.file_events", &Config::archive_file_events,
         "A file ends with the UTC day, or once it has so many clicks.", 1, 100'000'000},
        {"archive.memory_mib", &Config::archive_memory_mib,
         "Memory for writing a file and for each 'clickmill raw query'.", 64, 1'048'576},
        {"archive.threads", &Config::archive_threads,
         "Threads of 'clickmill raw' and 'clickmill verify'; 0: one per core. A file is written by "
         "one.",
         0, 256},
        {"archive.library", &Config::archive_library,
         "DuckDB's library, libduckdb.so. Empty: beside the program, in ../lib/clickmill from "
         "there, or where the system looks for libraries."},

        {"aggregator.flush_interval_ms", &Config::flush_interval_ms,
         "How often new clicks become visible.", 10, 60'000},
        {"aggregator.wide_flush_interval_ms", &Config::wide_flush_interval_ms,
         "The same for rollups in which very many rows changed.", 10, 600'000},
        {"aggregator.replay_from_records", &Config::replay_from_records,
         "A rollup that is being built and lacks more records than this is replayed beside the "
         "live "
         "counting; one that lacks fewer is read together with the others.",
         10, 100'000'000},
        {"aggregator.late_seconds", &Config::late_seconds,
         "A click whose record is appended later than this after its hour's end is accounted as "
         "late "
         "and not counted. Part of a rollup's definition.",
         3'600, 31'536'000},
        {"aggregator.max_features", &Config::max_features,
         "Features per project and local day; later ones fall into (other). Part of a rollup's "
         "definition.",
         1, 1'000'000},
        {"aggregator.max_values", &Config::max_values,
         "Values of one dimension per project and local day; later ones fall into (other). Part of "
         "a "
         "rollup's definition.",
         1, 1'000'000},
        {"aggregator.repeat_slice_seconds", &Config::repeat_slice_seconds,
         "Repeats of a click are recognised over the current slice and the three before it: 8 "
         "hours a "
         "slice make a window of 24 hours or more.",
         60, 604'800},
        {"aggregator.repeat_memory_mib", &Config::repeat_memory_mib,
         "Memory of the repeat tables. Under pressure the window gets shorter and says so.", 1,
         1'048'576},

        {"log.level",
         &Config::log_level,
         "The least important level that is written.",
         0,
         0,
         {"debug", "info", "warn", "error"}},
        {"log.format",
         &Config::log_format,
         "\"text\" for people, \"json\" for machines; \"auto\": text on a terminal, else JSON.",
         0,
         0,
         {"auto", "text", "json"}},
    };
    return kTable;
}

size_t edit_distance(std::string_view a, std::string_view b) {
    std::vector<size_t> row(b.size() + 1);
    std::iota(row.begin(), row.end(), size_t{0});
    for (size_t i = 1; i <= a.size(); ++i) {
        size_t diagonal = row[0];
        row[0] = i;
        for (size_t j = 1; j <= b.size(); ++j) {
            const size_t changed = diagonal + (a[i - 1] == b[j - 1] ? 0 : 1);
            diagonal = row[j];
            row[j] = std::min({row[j] + 1, row[j - 1] + 1, changed});
        }
    }
    return row[b.size()];
}

std::string quoted(std::string_view text) {
    std::string out = "\"";
    for (const char c : text) {
        const auto byte = static_cast<unsigned char>(c);
        if (c == '"' || c == '\\') {
            out += '\\';
            out += c;
        } else if (byte < 0x20 || byte == 0x7f) {
            out += fmt::format("\\u{:04x}", byte);
        } else {
            out += c;
        }
    }
    return out + "\"";
}

std::string quoted_list(const std::vector<std::string>& texts) {
    std::vector<std::string> parts;
    parts.reserve(texts.size());
    for (const std::string& text : texts) parts.push_back(quoted(text));
    return fmt::format("[{}]", fmt::join(parts, ", "));
}

std::unexpected<Error> refused(const Setting& setting, std::string_view text, std::string why) {
    return fail(ErrorCode::InvalidInput, fmt::format("cannot set {}", setting.name), quoted(text),
                std::move(why));
}

template <typename Number>
Result<Number> number_of(const Setting& setting, std::string_view text) {
    Number number{};
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    const bool is_number = error == std::errc{} && end == text.data() + text.size();
    const auto value = static_cast<double>(number);
    if (!is_number || !std::isfinite(value) || value < static_cast<double>(setting.least) ||
        value > static_cast<double>(setting.most)) {
        return refused(
            setting, text,
            fmt::format("a number from {} to {} is wanted", setting.least, setting.most));
    }
    return number;
}

std::vector<std::string> split(std::string_view text) {
    std::vector<std::string> parts;
    while (!text.empty()) {
        const size_t comma = std::min(text.find(','), text.size());
        std::string_view part = text.substr(0, comma);
        while (part.starts_with(' ')) part.remove_prefix(1);
        while (part.ends_with(' ')) part.remove_suffix(1);
        if (!part.empty()) parts.emplace_back(part);
        text.remove_prefix(std::min(comma + 1, text.size()));
    }
    return parts;
}

std::string range_text(const Setting& setting) {
    if (!setting.choices.empty()) return fmt::format("{}", fmt::join(setting.choices, ", "));
    if (setting.most > 0) return fmt::format("{} to {}", setting.least, setting.most);
    if (std::holds_alternative<std::vector<std::string> Config::*>(setting.field)) return "list";
    return "text";
}

constexpr std::string_view kReferenceHead =
    R"(# Every setting

You can look up what a setting does, what it may be and what it is when nobody sets it.

Settings come from four places; a later one wins: the defaults below, the file given by `--config`,
the environment, and flags of the command line. In the environment `server.listen` is
`CLICKMILL_SERVER__LISTEN`; lists are separated by commas. With `_FILE` behind the name the value is
read from the file that it names: `CLICKMILL_SERVER__LISTEN_FILE=/run/listen`.

`clickmill config check --config clickmill.toml` says what is wrong and where; `clickmill config
print` shows what holds and where each value comes from. This page is printed by `clickmill config
reference`; a test compares the two.
)";

constexpr std::string_view kRollupSection = R"(
## [[rollup]]

A rollup keeps clicks by some dimensions, so that questions about them are instant. Each
`[[rollup]]` adds one to the rollups that every project has; one with the name of those takes its
place. One that is added later is built from the raw clicks of the past. Other dimensions under a name
that is there come into force with `clickmill rollup rebuild`
([guide](../guide/add-a-breakdown.md)).

```toml
[[rollup]]
name = "by_country"
dimensions = ["country", "region"]
users = true
```

| key | default | what it is |
| --- | --- | --- |
| `name` | | lower case letters, digits and `_`, at most 40 |
| `dimensions` | | up to four of: platform, app_version, device, browser, os, locale, country, region, page, experiment, variant, properties.NAME |
| `users` | `true` | whether unique users are kept beside clicks |
| `hour_days`, `day_days`, `week_days`, `month_days` | as `[metrics_store]` | for how many days numbers of a grain are kept; 0: for ever |

The rollups that every project has:

| name | dimensions | users |
| --- | --- | --- |
)";

}  // namespace

std::vector<Rollup> default_rollups() {
    return {
        {.name = "totals", .dimensions = {}, .users = true},
        {.name = "by_platform_version", .dimensions = {"platform", "app_version"}, .users = true},
        {.name = "by_experiment", .dimensions = {"experiment", "variant"}, .users = true},
        {.name = "by_page", .dimensions = {"page"}, .users = false}};
}

std::span<const Setting> settings() {
    return table();
}

const Setting* setting_named(std::string_view name) {
    const auto found = std::find_if(table().begin(), table().end(),
                                    [name](const Setting& s) { return s.name == name; });
    return found == table().end() ? nullptr : &*found;
}

std::string_view nearest(std::string_view wanted, std::span<const std::string_view> names) {
    return *std::min_element(names.begin(), names.end(), [wanted](auto a, auto b) {
        return edit_distance(wanted, a) < edit_distance(wanted, b);
    });
}

std::string_view nearest_setting(std::string_view name) {
    std::vector<std::string_view> names;
    for (const Setting& setting : table()) names.push_back(setting.name);
    return nearest(name, names);
}

Result<void> set_from_text(Config& config, const Setting& setting, std::string_view text) {
    if (const auto* field = std::get_if<std::string Config::*>(&setting.field)) {
        const auto& choices = setting.choices;
        if (!choices.empty() && std::find(choices.begin(), choices.end(), text) == choices.end()) {
            return refused(setting, text,
                           fmt::format("one of {} is wanted", fmt::join(choices, ", ")));
        }
        config.*(*field) = std::string(text);
    } else if (const auto* whole = std::get_if<int64_t Config::*>(&setting.field)) {
        ASSIGN_OR_RETURN(config.*(*whole), number_of<int64_t>(setting, text));
    } else if (const auto* real = std::get_if<double Config::*>(&setting.field)) {
        ASSIGN_OR_RETURN(config.*(*real), number_of<double>(setting, text));
    } else if (const auto* list = std::get_if<std::vector<std::string> Config::*>(&setting.field)) {
        config.*(*list) = split(text);
    }
    return {};
}

std::string toml_value(const Config& config, const Setting& setting) {
    if (const auto* field = std::get_if<std::string Config::*>(&setting.field)) {
        return quoted(config.*(*field));
    }
    if (const auto* whole = std::get_if<int64_t Config::*>(&setting.field)) {
        return fmt::format("{}", config.*(*whole));
    }
    if (const auto* real = std::get_if<double Config::*>(&setting.field)) {
        return fmt::format("{}", config.*(*real));
    }
    return quoted_list(config.*std::get<std::vector<std::string> Config::*>(setting.field));
}

std::string environment_name(std::string_view setting) {
    std::string out = "CLICKMILL_";
    for (const char c : setting) {
        if (c == '.') {
            out += "__";
        } else {
            out += static_cast<char>(c >= 'a' && c <= 'z' ? c - 'a' + 'A' : c);
        }
    }
    return out;
}

std::string reference_page() {
    std::string out(kReferenceHead);
    const Config defaults;
    std::string_view section;
    for (const Setting& setting : table()) {
        const std::string_view name = setting.name;
        const size_t dot = name.find('.');
        if (name.substr(0, dot) != section) {
            section = name.substr(0, dot);
            out += fmt::format(
                "\n## [{}]\n\n| key | default | may be | what it does |\n"
                "| --- | --- | --- | --- |\n",
                section);
        }
        out += fmt::format("| `{}` | `{}` | {} | {} |\n", name.substr(dot + 1),
                           toml_value(defaults, setting), range_text(setting), setting.sentence);
    }
    out += kRollupSection;
    for (const Rollup& rollup : default_rollups()) {
        out += fmt::format("| `{}` | {} | {} |\n", rollup.name,
                           rollup.dimensions.empty()
                               ? "none"
                               : fmt::format("{}", fmt::join(rollup.dimensions, ", ")),
                           rollup.users ? "yes" : "no");
    }
    return out;
}

}  // namespace clickmill::config
