// For tests: a click in few words, and its line in the log.
#pragma once

#include "event/event.h"

#include <cstdint>
#include <string>
#include <vector>

namespace clickmill::event {

inline constexpr int64_t kNine = 1'763'888'400;  // 2025-11-23 09:00 UTC
inline constexpr int64_t kHour = 3'600;

struct TestClick {
    std::string id;
    std::string feature = "pay";
    std::string user = "ann";
    std::string platform = "web";
    int64_t at = kNine;
    bool bot = false;
    std::vector<NamedValue> experiments = {};
    std::string project = "shop";
};

inline std::string line_of(const TestClick& click) {
    Event event;
    event.project = click.project;
    event.event_id = click.id;
    event.feature_id = click.feature;
    event.user_id = click.user;
    event.platform = click.platform;
    event.received_at = moment_of(click.at * 1'000'000);
    event.bot = click.bot;
    event.experiments = click.experiments;
    std::string line;
    append_line(line, event);
    return line;
}

}  // namespace clickmill::event
