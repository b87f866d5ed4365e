#include "event_log/kafka/lines.h"

#include "base/lines.h"

#include <algorithm>
#include <array>

namespace clickmill::event_log::kafka {

std::vector<std::string_view> packed(std::string_view payload, int64_t max_lines,
                                     int64_t max_bytes) {
    std::vector<std::string_view> records;
    size_t begin = 0;
    int64_t lines = 0;
    for (size_t at = 0; at < payload.size();) {
        const size_t newline = payload.find('\n', at);
        at = newline == std::string_view::npos ? payload.size() : newline + 1;
        ++lines;
        const bool is_full = lines >= max_lines || static_cast<int64_t>(at - begin) >= max_bytes;
        if (!is_full && at < payload.size()) continue;
        std::string_view record = payload.substr(begin, at - begin);
        if (max_lines == 1 && record.ends_with('\n')) record.remove_suffix(1);
        records.push_back(record);
        begin = at;
        lines = 0;
    }
    return records;
}

int32_t count_lines(std::string_view payload) {
    return std::max(1, static_cast<int32_t>(clickmill::count_lines(payload)));
}

namespace {

// The text of the string that begins at `at`, quotes off, escapes as they are. `at` is moved behind
// it, or to the end where it does not end.
std::string_view take_string(std::string_view line, size_t& at) {
    const size_t begin = at + 1;
    for (at = begin; at < line.size() && line[at] != '"'; ++at) {
        if (line[at] == '\\') ++at;
    }
    at = std::min(at, line.size());
    const std::string_view text = line.substr(std::min(begin, at), at - std::min(begin, at));
    if (at < line.size()) ++at;
    return text;
}

constexpr std::array<std::string_view, 3> kWho = {"user_id", "anonymous_id", "session_id"};

}  // namespace

std::string_view who_in(std::string_view line) {
    std::array<std::string_view, kWho.size()> found;
    int depth = 0;
    for (size_t at = 0; at < line.size();) {
        if (line[at] != '"') {
            depth += line[at] == '{' || line[at] == '[';
            depth -= line[at] == '}' || line[at] == ']';
            ++at;
            continue;
        }
        const std::string_view name = take_string(line, at);
        const auto which = std::ranges::find(kWho, name);
        at = std::min(line.find_first_not_of(" \t", at), line.size());
        if (depth != 1 || which == kWho.end() || at == line.size() || line[at] != ':') continue;
        at = std::min(line.find_first_not_of(" \t", at + 1), line.size());
        if (at == line.size() || line[at] != '"') continue;
        found[static_cast<size_t>(which - kWho.begin())] = take_string(line, at);
    }
    const auto who =
        std::ranges::find_if(found, [](std::string_view text) { return !text.empty(); });
    return who == found.end() || who->contains('\\') ? std::string_view() : *who;
}

}  // namespace clickmill::event_log::kafka
