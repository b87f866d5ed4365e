// From the one Config to what each part wants to know, and what only can be said with all of them
// at hand.
#pragma once

#include "base/result.h"
#include "config/config.h"
#include "control/control.h"
#include "fold/view.h"
#include "http/server.h"
#include "telemetry/logger.h"

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace clickmill::server {

struct Address {
    std::string host;
    uint16_t port = 0;
};

// "127.0.0.1:8080", "[::1]:8080", "localhost:0". InvalidInput says what is wanted.
Result<Address> address_of(std::string_view setting, std::string_view text);
std::string text_of(const Address& address);
bool is_loopback(const Address& address);

// What the table of settings cannot see: addresses, patterns, rollups, files. All of it.
struct Problem {
    std::string setting;  // "server.listen", or "rollup.NAME"
    Error error;          // InvalidInput
};
std::vector<Problem> problems_of(const config::Config& config);
// InvalidInput: a name or dimensions that no rollup can have.
Result<void> check_rollup(const config::Rollup& rollup);

std::vector<fold::RollupDefinition> rollups_of(const config::Config& config);
fold::Limits limits_of(const config::Config& config);

// Every rollup for each of the projects.
Result<std::vector<fold::ViewDefinition>> definitions_of(
    const config::Config& config, std::span<const control::Project> projects);

int threads_of(const config::Config& config);
http::ServerOptions http_options_of(const config::Config& config, const Address& address);

telemetry::Level level_of(const config::Config& config);
telemetry::Format format_of(const config::Config& config);  // "auto" looks at standard error

}  // namespace clickmill::server
