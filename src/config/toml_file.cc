#include "config/toml_file.h"

#include "config/settings.h"

#include <fmt/format.h>
#include <toml++/toml.h>

#include <algorithm>
#include <array>

namespace clickmill::config {

namespace {

int64_t line_of(const toml::node& node) {
    return static_cast<int64_t>(node.source().begin.line);
}

// Texts, numbers and truths as text, as the environment would give them.
std::optional<std::string> text_of(const toml::node& node) {
    if (const auto text = node.value_exact<std::string>()) return text;
    if (const auto whole = node.value_exact<int64_t>()) return fmt::format("{}", *whole);
    if (const auto real = node.value_exact<double>()) return fmt::format("{}", *real);
    if (const auto truth = node.value_exact<bool>()) return *truth ? "true" : "false";
    return std::nullopt;
}

std::optional<std::vector<std::string>> texts_of(const toml::node& node) {
    const toml::array* array = node.as_array();
    if (array == nullptr) return std::nullopt;
    std::vector<std::string> texts;
    for (const toml::node& item : *array) {
        if (!item.is_string()) return std::nullopt;
        texts.push_back(*item.value<std::string>());
    }
    return texts;
}

std::optional<int64_t>* days_of(KeepDays& keep, std::string_view key) {
    if (key == "hour_days") return &keep.hour;
    if (key == "day_days") return &keep.day;
    if (key == "week_days") return &keep.week;
    return key == "month_days" ? &keep.month : nullptr;
}

bool is_days(const toml::node& node) {
    const auto days = node.is_integer() ? node.value<int64_t>() : std::nullopt;
    return days && *days >= 0 && *days <= kManyYears;
}

class FileReader {
public:
    explicit FileReader(const std::string& name) : name_(name) {}

    TomlFile read(const toml::table& root) {
        for (const auto& [key, node] : root) {
            if (key == "rollup" && node.is_array()) {
                for (const toml::node& item : *node.as_array()) read_rollup(item);
            } else if (const toml::table* section = node.as_table()) {
                read_section(std::string(key.str()), *section);
            } else {
                problem(node, fmt::format("'{}' stands in no section; did you mean {}?", key.str(),
                                          nearest_setting(key.str())));
            }
        }
        return std::move(file_);
    }

private:
    void problem(const toml::node& node, std::string_view text) {
        file_.problems.push_back(fmt::format("{} line {}: {}", name_, line_of(node), text));
    }

    void read_section(const std::string& section, const toml::table& table) {
        for (const auto& [key, node] : table) {
            const std::string name = fmt::format("{}.{}", section, key.str());
            if (auto text = text_of(node)) {
                file_.settings.push_back({name, *std::move(text), line_of(node)});
            } else if (auto texts = texts_of(node)) {
                file_.settings.push_back({name, *std::move(texts), line_of(node)});
            } else {
                problem(node, fmt::format("{} must be a text, a number or a list of texts", name));
            }
        }
    }

    void read_rollup(const toml::node& node) {
        const toml::table* table = node.as_table();
        if (table == nullptr) return problem(node, "[[rollup]] must be a table");
        TomlRollup read{.rollup = {}, .line = line_of(node)};
        for (const auto& [key, value] : *table) {
            static constexpr std::array<std::string_view, 7> kKeys = {
                "name", "dimensions", "users", "hour_days", "day_days", "week_days", "month_days"};
            if (key == "name" && value.is_string()) {
                read.rollup.name = *value.value<std::string>();
            } else if (auto texts = texts_of(value); key == "dimensions" && texts) {
                read.rollup.dimensions = *std::move(texts);
            } else if (key == "users" && value.is_boolean()) {
                read.rollup.users = *value.value<bool>();
            } else if (auto* days = days_of(read.rollup.keep, key.str()); days && is_days(value)) {
                *days = value.value<int64_t>();
            } else if (std::find(kKeys.begin(), kKeys.end(), key.str()) != kKeys.end()) {
                problem(value, fmt::format(
                                   "{} of a [[rollup]] is of the wrong kind; name is a text, "
                                   "dimensions a list of texts, users true or false, hour_days and "
                                   "the like a number of days",
                                   key.str()));
            } else {
                problem(value, fmt::format("unknown key '{}' in [[rollup]]; did you mean {}?",
                                           key.str(), nearest(key.str(), kKeys)));
            }
        }
        if (read.rollup.name.empty()) problem(node, "a [[rollup]] needs a name");
        file_.rollups.push_back(std::move(read));
    }

    const std::string& name_;
    TomlFile file_;
};

}  // namespace

Result<TomlFile> parse_toml(std::string_view text, const std::string& name) {
    try {
        return FileReader(name).read(toml::parse(text, name));
    } catch (const toml::parse_error& error) {
        return fail(ErrorCode::InvalidInput, "cannot read the configuration",
                    fmt::format("{} line {}", name, error.source().begin.line),
                    std::string(error.description()));
    }
}

}  // namespace clickmill::config
