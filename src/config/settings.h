// The table of settings: name, field, range and one sentence each. File, environment, flags,
// `config check`, `config print` and docs/reference/configuration.md are all made from it.
#pragma once

#include "base/result.h"
#include "config/config.h"

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace clickmill::config {

using Field = std::variant<std::string Config::*, int64_t Config::*, double Config::*,
                           std::vector<std::string> Config::*>;

struct Setting {
    std::string_view name;  // "section.key"
    Field field;
    std::string_view sentence;  // what it does, for the reference page
    int64_t least = 0;          // numbers: the range
    int64_t most = 0;
    std::vector<std::string_view> choices = {};  // texts: any of these; empty: any text
};

std::span<const Setting> settings();
const Setting* setting_named(std::string_view name);  // nullptr: none
std::string_view nearest_setting(std::string_view name);

// Sets the field from text as the environment or a flag gives it; lists are separated by commas.
// InvalidInput says what is taken.
Result<void> set_from_text(Config& config, const Setting& setting, std::string_view text);
// The value as TOML.
std::string toml_value(const Config& config, const Setting& setting);

// "server.key_limit" -> "CLICKMILL_SERVER__KEY_LIMIT".
std::string environment_name(std::string_view setting);

// The one of `names` that needs the fewest edits to become `wanted`.
std::string_view nearest(std::string_view wanted, std::span<const std::string_view> names);

// docs/reference/configuration.md.
std::string reference_page();

}  // namespace clickmill::config
