#include "archive/layout.h"

#include "archive/object_store.h"

#include <fmt/chrono.h>
#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <map>

namespace clickmill::archive {
namespace {

constexpr std::string_view kDate = "date=";
constexpr std::string_view kEnding = ".parquet";

// Takes a number and what must follow it off `text`.
template <typename Number>
std::optional<Number> take_number(std::string_view& text, std::string_view follows) {
    Number number{};
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (error != std::errc() || end == text.data() || number < 0) return std::nullopt;
    text.remove_prefix(static_cast<size_t>(end - text.data()));
    if (!text.starts_with(follows)) return std::nullopt;
    text.remove_prefix(follows.size());
    return number;
}

}  // namespace

std::string day_text(std::chrono::sys_days day) {
    const std::chrono::year_month_day date(day);
    return fmt::format("{:04}-{:02}-{:02}", static_cast<int>(date.year()),
                       static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()));
}

std::string text_of(const FileName& name) {
    return fmt::format("{}{}/{}-{}-{}{}", kDate, day_text(name.day), name.partition.value,
                       name.first.value, name.last.value, kEnding);
}

std::optional<FileName> file_name_of(std::string_view text) {
    std::string_view rest = text;
    if (!rest.starts_with(kDate)) return std::nullopt;
    rest.remove_prefix(kDate.size());
    const auto year = take_number<int>(rest, "-");
    const auto month = year ? take_number<unsigned>(rest, "-") : std::nullopt;
    const auto day = month ? take_number<unsigned>(rest, "/") : std::nullopt;
    const auto partition = day ? take_number<int32_t>(rest, "-") : std::nullopt;
    const auto first = partition ? take_number<int64_t>(rest, "-") : std::nullopt;
    const auto last = first ? take_number<int64_t>(rest, kEnding) : std::nullopt;
    if (!last || *last < *first) return std::nullopt;
    const auto date =
        std::chrono::year(*year) / std::chrono::month(*month) / std::chrono::day(*day);
    if (!date.ok()) return std::nullopt;
    const FileName name{date, PartitionId{*partition}, Offset{*first}, Offset{*last}};
    // One file, one spelling.
    return text_of(name) == text ? std::optional(name) : std::nullopt;
}

Result<std::vector<FileName>> list_files(ObjectStore& store) {
    ASSIGN_OR_RETURN(const auto objects, store.list());
    std::vector<FileName> files;
    for (const Object& object : objects) {
        if (const auto name = file_name_of(object.name)) files.push_back(*name);
    }
    return files;
}

std::vector<PartitionFiles> partitions_of(std::span<const FileName> files) {
    std::map<PartitionId, std::vector<FileName>> sorted;
    for (const FileName& file : files) sorted[file.partition].push_back(file);
    std::vector<PartitionFiles> partitions;
    for (auto& [partition, names] : sorted) {
        // Of those that begin together the longest first.
        std::ranges::sort(names, [](const FileName& a, const FileName& b) {
            return a.first != b.first ? a.first < b.first : a.last > b.last;
        });
        PartitionFiles found{.partition = partition, .files = {}, .seams = {}};
        for (const FileName& name : names) {
            if (!found.files.empty() && name.first != found.next()) {
                const bool is_gap = name.first > found.next();
                found.seams.push_back(
                    {is_gap ? Seam::Kind::Gap : Seam::Kind::Overlap, found.files.back(), name});
                if (!is_gap) continue;
            }
            found.files.push_back(name);
        }
        partitions.push_back(std::move(found));
    }
    return partitions;
}

}  // namespace clickmill::archive
