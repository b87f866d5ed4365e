#include "event_log/kafka/lines.h"

#include <algorithm>

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
    int32_t lines = 0;
    while (!payload.empty()) {
        const size_t end = std::min(payload.find('\n'), payload.size());
        if (payload.substr(0, end).find_first_not_of(" \t\r") != std::string_view::npos) ++lines;
        payload.remove_prefix(std::min(end + 1, payload.size()));
    }
    return std::max(1, lines);
}

}  // namespace clickmill::event_log::kafka
