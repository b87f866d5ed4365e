#include "event_log/spool_files.h"

#include "base/durable_file.h"

#include <fmt/format.h>

#include <array>
#include <charconv>

namespace clickmill::event_log {
namespace {

std::string target_path(const std::string& folder) {
    return folder + "/target";
}
std::string position_path(const std::string& folder) {
    return folder + "/drained";
}

// The word before the next space or line end, taken off `text`.
std::string_view word_of(std::string_view& text) {
    const size_t end = std::min(text.find_first_of(" \n"), text.size());
    const std::string_view word = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    return word;
}

template <typename T>
bool take_number(std::string_view& text, T& number) {
    const std::string_view word = word_of(text);
    const auto [end, error] = std::from_chars(word.data(), word.data() + word.size(), number);
    return error == std::errc{} && end == word.data() + word.size() && !word.empty();
}

}  // namespace

std::optional<SpoolTarget> spool_target(const std::string& folder) {
    const auto text = text_of_file(target_path(folder));
    if (!text) return std::nullopt;
    std::string_view rest = *text;
    SpoolTarget target{.name = std::string(word_of(rest))};
    if (!take_number(rest, target.partitions) || target.partitions < 1) return std::nullopt;
    return target;
}

Result<void> keep_spool_target(const std::string& folder, const SpoolTarget& target) {
    return write_durably(target_path(folder),
                         fmt::format("{} {}\n", target.name, target.partitions));
}

Offset drained_to(const std::string& folder, const std::string& log_id) {
    const auto text = text_of_file(position_path(folder));
    if (!text) return {};
    std::string_view rest = *text;
    Offset next;
    if (word_of(rest) != log_id || !take_number(rest, next.value)) return {};
    return next;
}

Result<void> keep_drained_to(const std::string& folder, const std::string& log_id, Offset next) {
    return write_durably(position_path(folder), fmt::format("{} {}\n", log_id, next.value));
}

Record spooled(PartitionId partition, const Record& record) {
    return {.payload = fmt::format("#{} {} {}\n{}", partition.value, record.event_count,
                                   record.payload.size(), record.payload),
            .event_count = record.event_count};
}

Result<std::vector<SpooledAppend>> appends_of(std::string_view payload) {
    std::vector<SpooledAppend> appends;
    while (!payload.empty()) {
        SpooledAppend append;
        size_t bytes = 0;
        const bool is_ours = payload.starts_with('#');
        payload.remove_prefix(1);
        if (!is_ours || !take_number(payload, append.partition.value) ||
            !take_number(payload, append.record.event_count) || !take_number(payload, bytes) ||
            bytes > payload.size()) {
            return fail(ErrorCode::Corrupt, "cannot read the spool", "",
                        "a record in it is not the spool's");
        }
        append.record.payload = payload.substr(0, bytes);
        payload.remove_prefix(bytes);
        appends.push_back(std::move(append));
    }
    return appends;
}

}  // namespace clickmill::event_log
