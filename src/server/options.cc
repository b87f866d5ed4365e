#include "server/options.h"

#include "calendar/calendar.h"
#include "event/text.h"
#include "fold/dimensions.h"
#include "http/proxies.h"
#include "server/wiring.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <filesystem>
#include <set>
#include <thread>
#include <unistd.h>

namespace clickmill::server {

namespace {

constexpr size_t kMaxNameLength = 40;

bool is_rollup_name(std::string_view name) {
    const auto is_small = [](char c) { return c >= 'a' && c <= 'z'; };
    return !name.empty() && name.size() <= kMaxNameLength && is_small(name.front()) &&
           std::all_of(name.begin(), name.end(), [&is_small](char c) {
               return is_small(c) || (c >= '0' && c <= '9') || c == '_';
           });
}

Result<void> check_public_url(const std::string& url) {
    if (url.empty() || url.starts_with("http://") || url.starts_with("https://")) return {};
    return fail(ErrorCode::InvalidInput, "cannot use server.public_url", url,
                "it begins with https:// or http://");
}

// A page takes the pattern's text as its name, so that must be a name.
Result<void> check_page_pattern(const std::string& pattern) {
    if (event::is_id(pattern)) return {};
    return fail(ErrorCode::InvalidInput, "cannot use collector.page_patterns",
                "\"" + pattern + "\"",
                "a pattern is 1 to 128 bytes without control characters, such as /product/:id");
}

Result<void> check_kafka_setting(const std::string& setting) {
    const size_t equals = setting.find('=');
    if (equals != 0 && equals != std::string::npos) return {};
    return fail(ErrorCode::InvalidInput, "cannot use kafka.settings", setting,
                "name=value is wanted, such as security.protocol=SSL");
}

Result<void> check_geo_file(const std::string& path) {
    std::error_code error;
    if (path.empty() || std::filesystem::exists(path, error)) return {};
    return fail(ErrorCode::InvalidInput, "cannot use collector.geo_file", path,
                "there is no such file");
}

}  // namespace

Result<Address> address_of(std::string_view setting, std::string_view text) {
    const size_t colon = text.rfind(':');
    Address address;
    if (colon != std::string_view::npos && colon > 0) {
        std::string_view host = text.substr(0, colon);
        const std::string_view port = text.substr(colon + 1);
        const bool is_bracketed = host.size() > 2 && host.front() == '[' && host.back() == ']';
        if (is_bracketed) host = host.substr(1, host.size() - 2);
        const auto [end, error] =
            std::from_chars(port.data(), port.data() + port.size(), address.port);
        const bool is_port = error == std::errc{} && end == port.data() + port.size();
        if (is_port && (is_bracketed || !host.contains(':'))) {
            address.host = std::string(host);
            return address;
        }
    }
    return fail(ErrorCode::InvalidInput, fmt::format("cannot use {}", setting),
                fmt::format("\"{}\"", text), "HOST:PORT is wanted, such as 127.0.0.1:8080");
}

std::string text_of(const Address& address) {
    return address.host.contains(':') ? fmt::format("[{}]:{}", address.host, address.port)
                                      : fmt::format("{}:{}", address.host, address.port);
}

bool is_loopback(const Address& address) {
    return address.host == "localhost" || address.host == "::1" || address.host.starts_with("127.");
}

Result<void> check_rollup(const config::Rollup& rollup) {
    const auto refused = [&rollup](std::string why) {
        return fail(ErrorCode::InvalidInput, "cannot use rollup", rollup.name, std::move(why));
    };
    if (!is_rollup_name(rollup.name)) {
        return refused("a name is a-z, 0-9 and _, begins with a letter and has at most 40 of them");
    }
    if (rollup.dimensions.size() > fold::kMaxDimensions) {
        return refused(
            fmt::format("at most {} dimensions are kept together", fold::kMaxDimensions));
    }
    std::set<std::string_view> seen;
    for (const std::string& dimension : rollup.dimensions) {
        if (!seen.insert(dimension).second) return refused(dimension + " stands there twice");
        if (const auto known = fold::Dimension::named(dimension); !known) {
            return refused(known.error().message());
        }
    }
    return {};
}

std::vector<Problem> problems_of(const config::Config& config) {
    std::vector<Problem> problems;
    const auto note = [&problems](std::string setting, const auto& result) {
        if (!result) problems.push_back({std::move(setting), result.error()});
    };
    note("server.listen", address_of("server.listen", config.listen));
    note("server.operations_listen",
         address_of("server.operations_listen", config.operations_listen));
    note("server.public_url", check_public_url(config.public_url));
    note("server.trusted_proxies", http::TrustedProxies::parse(config.trusted_proxies));
    for (const std::string& pattern : config.page_patterns) {
        note("collector.page_patterns", check_page_pattern(pattern));
    }
    for (const std::string& setting : config.kafka_settings) {
        note("kafka.settings", check_kafka_setting(setting));
    }
    note("archive.url", check_archive(config));
    note("collector.geo_file", check_geo_file(config.geo_file));
    for (const config::Rollup& rollup : config.rollups) {
        note("rollup." + rollup.name, check_rollup(rollup));
    }
    return problems;
}

std::vector<fold::RollupDefinition> rollups_of(const config::Config& config) {
    std::vector<fold::RollupDefinition> out;
    out.reserve(config.rollups.size());
    for (const config::Rollup& rollup : config.rollups) {
        out.push_back({rollup.name, rollup.dimensions, rollup.users});
    }
    return out;
}

fold::Limits limits_of(const config::Config& config) {
    return {.features = static_cast<int32_t>(config.max_features),
            .values = static_cast<int32_t>(config.max_values),
            .late_seconds = config.late_seconds};
}

Result<std::vector<fold::ViewDefinition>> definitions_of(
    const config::Config& config, std::span<const control::Project> projects) {
    std::vector<fold::ViewDefinition> out;
    for (const control::Project& project : projects) {
        ASSIGN_OR_RETURN(const auto week_start, calendar::week_start_named(project.week_start));
        for (fold::RollupDefinition& rollup : rollups_of(config)) {
            out.push_back({.project = project.id,
                           .rollup = std::move(rollup),
                           .zone = project.zone,
                           .week_start = week_start,
                           .limits = limits_of(config)});
        }
    }
    return out;
}

int threads_of(const config::Config& config) {
    if (config.threads > 0) return static_cast<int>(config.threads);
    return static_cast<int>(std::max(1U, std::thread::hardware_concurrency()));
}

http::ServerOptions http_options_of(const config::Config& config, const Address& address) {
    http::ServerOptions options;
    options.host = address.host;
    options.port = address.port;
    options.threads = threads_of(config);
    options.max_connections = static_cast<int>(config.max_connections);
    options.max_connections_per_address = static_cast<int>(config.max_connections_per_address);
    options.trusted_proxies = config.trusted_proxies;
    return options;
}

telemetry::Level level_of(const config::Config& config) {
    if (config.log_level == "debug") return telemetry::Level::Debug;
    if (config.log_level == "warn") return telemetry::Level::Warn;
    if (config.log_level == "error") return telemetry::Level::Error;
    return telemetry::Level::Info;
}

telemetry::Format format_of(const config::Config& config) {
    const bool is_text =
        config.log_format == "text" || (config.log_format == "auto" && isatty(STDERR_FILENO) == 1);
    return is_text ? telemetry::Format::Text : telemetry::Format::Json;
}

}  // namespace clickmill::server
