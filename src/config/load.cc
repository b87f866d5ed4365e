#include "config/load.h"

#include "config/settings.h"
#include "config/toml_file.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <fstream>
#include <iterator>
#include <optional>
#include <string_view>
#include <unistd.h>

namespace clickmill::config {

namespace {

constexpr std::string_view kPrefix = "CLICKMILL_";
constexpr std::string_view kFileSuffix = "_FILE";

std::optional<std::string> file_text(const std::string& path) {
    std::ifstream file(path, std::ios::binary);
    if (!file) return std::nullopt;
    std::string text{std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
    if (file.bad()) return std::nullopt;
    return text;
}

std::string unknown_setting(std::string_view where, std::string_view name) {
    return fmt::format("{}: unknown setting '{}'; did you mean {}?", where, name,
                       nearest_setting(name));
}

void set(Loaded& loaded, const Setting& setting, std::string_view text, const std::string& where) {
    if (const Result<void> done = set_from_text(loaded.config, setting, text); !done) {
        loaded.problems.push_back(fmt::format("{}: {}", where, done.error().message()));
        return;
    }
    loaded.origins[std::string(setting.name)] = where;
}

void set_from_toml(Loaded& loaded, const TomlSetting& read, const std::string& file) {
    const std::string where = fmt::format("{} line {}", file, read.line);
    const Setting* setting = setting_named(read.name);
    if (setting == nullptr) {
        loaded.problems.push_back(unknown_setting(where, read.name));
        return;
    }
    const auto* list = std::get_if<std::vector<std::string> Config::*>(&setting->field);
    const auto* texts = std::get_if<std::vector<std::string>>(&read.value);
    if ((list == nullptr) != (texts == nullptr)) {
        loaded.problems.push_back(fmt::format("{}: {} must be {}", where, read.name,
                                              list ? "a list of texts" : "a single value"));
    } else if (list != nullptr) {
        loaded.config.*(*list) = *texts;
        loaded.origins[read.name] = where;
    } else {
        set(loaded, *setting, std::get<std::string>(read.value), where);
    }
}

// A name that is taken replaces that rollup, else it is one more.
void add_rollup(Loaded& loaded, const TomlRollup& read, const std::string& file) {
    const std::string where = fmt::format("{} line {}", file, read.line);
    const auto [before, is_first] = loaded.origins.emplace("rollup." + read.rollup.name, where);
    if (!is_first) {
        loaded.problems.push_back(
            fmt::format("{}: [[rollup]] '{}' stands already in {}; choose another name", where,
                        read.rollup.name, before->second));
        return;
    }
    auto& rollups = loaded.config.rollups;
    const auto same = std::find_if(rollups.begin(), rollups.end(), [&read](const Rollup& rollup) {
        return rollup.name == read.rollup.name;
    });
    if (same == rollups.end()) {
        rollups.push_back(read.rollup);
    } else {
        *same = read.rollup;
    }
}

void load_file(Loaded& loaded, const std::string& file) {
    const std::optional<std::string> text = file_text(file);
    if (!text) {
        loaded.problems.push_back(fmt::format("{}: cannot be read; check the path", file));
        return;
    }
    Result<TomlFile> parsed = parse_toml(*text, file);
    if (!parsed) {
        loaded.problems.push_back(parsed.error().message());
        return;
    }
    for (const TomlSetting& read : parsed->settings) set_from_toml(loaded, read, file);
    for (const TomlRollup& read : parsed->rollups) {
        if (!read.rollup.name.empty()) add_rollup(loaded, read, file);
    }
    std::move(parsed->problems.begin(), parsed->problems.end(),
              std::back_inserter(loaded.problems));
}

const Setting* setting_of_environment(std::string_view name) {
    for (const Setting& setting : settings()) {
        if (environment_name(setting.name) == name) return &setting;
    }
    return nullptr;
}

// "CLICKMILL_SERVER__LISTEN" -> "server.listen", to find what was meant.
std::string guessed_setting(std::string_view name) {
    std::string out;
    name.remove_prefix(kPrefix.size());
    for (size_t i = 0; i < name.size(); ++i) {
        if (name.substr(i).starts_with("__")) {
            out += '.';
            ++i;
        } else {
            out +=
                static_cast<char>(name[i] >= 'A' && name[i] <= 'Z' ? name[i] - 'A' + 'a' : name[i]);
        }
    }
    return out;
}

void load_variable(Loaded& loaded, const std::string& name, const std::string& value) {
    if (const Setting* setting = setting_of_environment(name)) {
        return set(loaded, *setting, value, name);
    }
    const std::string_view stem =
        std::string_view(name).substr(0, name.size() - std::min(name.size(), kFileSuffix.size()));
    const Setting* setting = name.ends_with(kFileSuffix) ? setting_of_environment(stem) : nullptr;
    if (setting == nullptr) {
        const std::string_view near = nearest_setting(guessed_setting(name));
        loaded.problems.push_back(fmt::format("environment: unknown setting '{}'; did you mean {}?",
                                              name, environment_name(near)));
        return;
    }
    std::optional<std::string> text = file_text(value);
    if (!text) {
        loaded.problems.push_back(fmt::format("{}: '{}' cannot be read", name, value));
        return;
    }
    while (text->ends_with('\n') || text->ends_with('\r')) text->pop_back();
    set(loaded, *setting, *text, name);
}

// "sasl.password=..." becomes "sasl.password=***": what is printed lands in logs and tickets.
void hide_secret(std::string& setting) {
    const size_t equals = setting.find('=');
    if (equals == std::string::npos) return;
    const std::string_view name = std::string_view(setting).substr(0, equals);
    const auto says = [&](std::string_view word) {
        return name.find(word) != std::string_view::npos;
    };
    if (says("password") || says("secret") || says(".pem") || says("sasl.oauthbearer.config"))
        setting.replace(equals + 1, std::string::npos, "***");
}

// "postgresql://name:***@host/...", and the same as key=value.
void hide_password(std::string& url) {
    const size_t scheme = url.find("://");
    const size_t at = url.rfind('@');
    if (scheme != std::string::npos && at != std::string::npos) {
        const size_t colon = url.find(':', scheme + 3);
        if (colon < at) url.replace(colon + 1, at - colon - 1, "***");
    }
    if (const size_t password = url.find("password="); password != std::string::npos) {
        const size_t begin = password + std::string_view("password=").size();
        url.replace(begin, url.find_first_of(" &", begin) - begin, "***");
    }
}

}  // namespace

Loaded load(const Sources& sources) {
    Loaded loaded;
    if (!sources.file.empty()) load_file(loaded, sources.file);
    for (const auto& [name, value] : sources.environment) {
        // Names without "__" are not settings: CLICKMILL_HOME may be anybody's.
        if (name.starts_with(kPrefix) && name.find("__") != std::string::npos) {
            load_variable(loaded, name, value);
        }
    }
    for (const auto& [name, text] : sources.flags) {
        const Setting* setting = setting_named(name);
        if (setting == nullptr) {
            loaded.problems.push_back(unknown_setting("command line", name));
        } else {
            set(loaded, *setting, text, "command line");
        }
    }
    return loaded;
}

std::map<std::string, std::string> process_environment() {
    std::map<std::string, std::string> out;
    for (char** entry = environ; *entry != nullptr; ++entry) {
        const std::string_view text(*entry);
        const size_t equals = text.find('=');
        if (equals != std::string_view::npos) {
            out.emplace(text.substr(0, equals), text.substr(equals + 1));
        }
    }
    return out;
}

std::string printed(const Loaded& loaded) {
    Config shown = loaded.config;
    for (std::string& setting : shown.kafka_settings) hide_secret(setting);
    hide_password(shown.control_url);
    hide_password(shown.metrics_store_url);
    hide_password(shown.metrics_store_read_url);
    std::string out;
    std::string_view section;
    for (const Setting& setting : settings()) {
        const size_t dot = setting.name.find('.');
        if (setting.name.substr(0, dot) != section) {
            section = setting.name.substr(0, dot);
            out += fmt::format("{}[{}]\n", out.empty() ? "" : "\n", section);
        }
        const auto origin = loaded.origins.find(std::string(setting.name));
        out +=
            fmt::format("{} = {}  # {}\n", setting.name.substr(dot + 1), toml_value(shown, setting),
                        origin == loaded.origins.end() ? "default" : origin->second);
    }
    for (const Rollup& rollup : loaded.config.rollups) {
        std::vector<std::string> dimensions;
        dimensions.reserve(rollup.dimensions.size());
        for (const std::string& name : rollup.dimensions) {
            dimensions.push_back(fmt::format("\"{}\"", name));
        }
        out += fmt::format("\n[[rollup]]\nname = \"{}\"\ndimensions = [{}]\nusers = {}\n",
                           rollup.name, fmt::join(dimensions, ", "), rollup.users);
        const auto add_days = [&](std::string_view key, std::optional<int64_t> days) {
            if (days) out += fmt::format("{} = {}\n", key, *days);
        };
        add_days("hour_days", rollup.keep.hour);
        add_days("day_days", rollup.keep.day);
        add_days("week_days", rollup.keep.week);
        add_days("month_days", rollup.keep.month);
    }
    return out;
}

}  // namespace clickmill::config
