// The adapter of toml++: a file as flat settings with the line of each. The only file that knows
// it.
#pragma once

#include "base/result.h"
#include "config/config.h"

#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace clickmill::config {

struct TomlSetting {
    std::string name;                                           // "section.key"
    std::variant<std::string, std::vector<std::string>> value;  // numbers as text
    int64_t line = 0;
};

struct TomlRollup {
    Rollup rollup;
    int64_t line = 0;
};

struct TomlFile {
    std::vector<TomlSetting> settings;  // known or not, in the order of the file
    std::vector<TomlRollup> rollups;
    std::vector<std::string> problems;  // values of a kind that no setting has
};

// InvalidInput: not TOML; `where` is "<name> line 3".
Result<TomlFile> parse_toml(std::string_view text, const std::string& name);

}  // namespace clickmill::config
