#include "query_api/parameters.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>

namespace clickmill::query_api {
namespace {

constexpr std::string_view kFilterPrefix = "filter.";
constexpr size_t kMaxFilters = 4;  // a rollup has no more dimensions
constexpr size_t kMaxFilterValues = 100;
constexpr size_t kMaxValueBytes = 128;
constexpr size_t kShownBytes = 60;  // of a wrong value, in a message

constexpr std::array<std::string_view, 11> kDimensions = {
    "platform", "app_version", "device", "browser",    "os",     "locale",
    "country",  "region",      "page",   "experiment", "variant"};
constexpr std::string_view kPropertyPrefix = "properties.";

std::string shown(std::string_view text) {
    if (text.size() <= kShownBytes) return std::string(text);
    size_t end = kShownBytes;
    while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xc0) == 0x80) --end;
    return std::string(text.substr(0, end)) + "...";
}

std::unexpected<Refusal> invalid(std::string_view name, std::string_view value,
                                 std::string_view what_to_do) {
    return refuse("invalid_parameter", fmt::format("{}={}: {}", name, shown(value), what_to_do));
}

bool is_known(std::string_view name, std::initializer_list<std::string_view> known) {
    return std::ranges::any_of(known, [&](std::string_view k) {
        return k == kFilterPrefix ? name.starts_with(k) && name.size() > k.size() : name == k;
    });
}

std::string names(std::initializer_list<std::string_view> known) {
    if (known.size() == 0) return "this path takes no parameters";
    std::string text = "known are ";
    for (const std::string_view& name : known) {
        if (&name != known.begin()) text += ", ";
        text += name == kFilterPrefix ? "filter.<dimension>" : name;
    }
    return text;
}

// The same rules as for ids (event/text.h, which this room does not know): a value that breaks them
// cannot occur in a row.
bool is_plain(std::string_view text) {
    return std::ranges::none_of(
        text, [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; });
}

bool is_utf8(std::string_view text) {
    for (size_t i = 0; i < text.size();) {
        const auto byte = static_cast<unsigned char>(text[i]);
        const size_t more = byte < 0x80                    ? 0
                            : byte >= 0xc2 && byte <= 0xdf ? 1
                            : byte >= 0xe0 && byte <= 0xef ? 2
                            : byte >= 0xf0 && byte <= 0xf4 ? 3
                                                           : text.size();
        if (i + more >= text.size()) return false;
        for (size_t k = 1; k <= more; ++k)
            if ((static_cast<unsigned char>(text[i + k]) & 0xc0) != 0x80) return false;
        if (more > 1) {
            const auto second = static_cast<unsigned char>(text[i + 1]);
            if ((byte == 0xe0 && second < 0xa0) || (byte == 0xed && second > 0x9f) ||
                (byte == 0xf0 && second < 0x90) || (byte == 0xf4 && second > 0x8f))
                return false;
        }
        i += more + 1;
    }
    return true;
}

}  // namespace

Answer<Parameters> Parameters::of(const http::Head& head,
                                  std::initializer_list<std::string_view> known) {
    Parameters parameters;
    for (auto& [name, value] : head.parameters()) {
        if (!is_utf8(name) || !is_utf8(value))
            return refuse("invalid_parameter", "the query is not UTF-8: percent-encode UTF-8 text");
        if (!is_known(name, known))
            return refuse("unknown_parameter",
                          fmt::format("unknown parameter {}: {}", shown(name), names(known)));
        if (!is_plain(value))
            return refuse("invalid_parameter",
                          fmt::format("{} holds a control character", shown(name)));
        if (!parameters.values_.emplace(name, value).second)
            return refuse("invalid_parameter",
                          fmt::format("{} is given twice: give it once, with commas between values "
                                      "where it is a list",
                                      shown(name)));
    }
    return parameters;
}

std::optional<std::string> Parameters::optional(std::string_view name) const {
    const auto found = values_.find(name);
    if (found == values_.end()) return std::nullopt;
    return found->second;
}

Answer<std::string> Parameters::text(std::string_view name) const {
    const auto value = optional(name);
    if (!value) return std::string();
    if (value->empty()) return invalid(name, "", "give a value or leave it out");
    if (value->size() > kMaxValueBytes)
        return invalid(name, *value, fmt::format("give at most {} bytes", kMaxValueBytes));
    return *value;
}

Answer<int64_t> Parameters::number(std::string_view name, int64_t low, int64_t high,
                                   int64_t fallback) const {
    const auto value = optional(name);
    if (!value) return fallback;
    int64_t number = 0;
    const char* end = value->data() + value->size();
    const auto read = std::from_chars(value->data(), end, number);
    if (value->empty() || read.ec != std::errc() || read.ptr != end || number < low ||
        number > high)
        return invalid(name, *value, fmt::format("give a whole number from {} to {}", low, high));
    return number;
}

Answer<bool> Parameters::flag(std::string_view name) const {
    ASSIGN_OR_RETURN(const int64_t number, this->number(name, 0, 1, 0));
    return number == 1;
}

Answer<size_t> Parameters::choice(std::string_view name,
                                  std::initializer_list<std::string_view> values) const {
    const auto value = optional(name);
    if (!value) return 0;
    const auto found = std::ranges::find(values, std::string_view(*value));
    if (found == values.end())
        return invalid(name, *value, fmt::format("take {}", fmt::join(values, ", ")));
    return static_cast<size_t>(found - values.begin());
}

Answer<std::vector<std::string>> Parameters::list(std::string_view name, size_t most) const {
    const auto value = optional(name);
    if (!value) return std::vector<std::string>();

    std::vector<std::string> parts(1);
    for (size_t i = 0; i < value->size(); ++i) {
        const char c = (*value)[i];
        if (c == '\\' && i + 1 < value->size()) {
            parts.back() += (*value)[++i];
        } else if (c == ',') {
            if (parts.size() > most) break;
            parts.emplace_back();
        } else {
            parts.back() += c;
        }
    }
    if (parts.size() > most)
        return invalid(name, *value, fmt::format("give at most {} values", most));
    std::vector<std::string> unique;
    for (std::string& part : parts) {
        if (part.empty()) return invalid(name, *value, "give a value between commas");
        if (part.size() > kMaxValueBytes)
            return invalid(name, part, fmt::format("a value has at most {} bytes", kMaxValueBytes));
        if (std::ranges::find(unique, part) == unique.end()) unique.push_back(std::move(part));
    }
    return unique;
}

Answer<std::vector<Filter>> Parameters::filters() const {
    std::vector<Filter> filters;
    for (const auto& [name, value] : values_) {
        if (!name.starts_with(kFilterPrefix)) continue;
        Filter filter{.dimension = name.substr(kFilterPrefix.size()), .values = {}};
        if (!is_dimension(filter.dimension))
            return refuse("unknown_parameter", fmt::format("unknown dimension in {}: known are {}",
                                                           shown(name), dimension_names()));
        ASSIGN_OR_RETURN(filter.values, list(name, kMaxFilterValues));
        std::ranges::sort(filter.values);
        filters.push_back(std::move(filter));
    }
    if (filters.size() > kMaxFilters)
        return refuse("invalid_parameter", fmt::format("give at most {} filters", kMaxFilters));
    return filters;
}

bool is_dimension(std::string_view name) {
    return std::ranges::find(kDimensions, name) != kDimensions.end() ||
           (name.starts_with(kPropertyPrefix) && name.size() > kPropertyPrefix.size() &&
            name.size() <= kMaxValueBytes);
}

std::string dimension_names() {
    return fmt::format("{} and properties.<name>", fmt::join(kDimensions, ", "));
}

}  // namespace clickmill::query_api
