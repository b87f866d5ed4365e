// One question's surroundings: the project, one moment of the store, the time, and what may be
// spent.
#pragma once

#include "calendar/calendar.h"
#include "metrics_store/snapshot.h"
#include "query_api/aliases.h"
#include "query_api/budget.h"
#include "query_api/view_reader.h"

#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

namespace clickmill::query_api {

// Calendars by zone and week start: making one reads the zone's file. Any thread. At most one per
// pair that projects have.
class Calendars {
public:
    Answer<calendar::Calendar> of(const std::string& zone, calendar::WeekStart week_start);

private:
    std::mutex mutex_;  // guards made_
    std::map<std::pair<std::string, calendar::WeekStart>, calendar::Calendar> made_;
};

// The first hour of each view in which anything happened. It only ever falls, and a look at what
// lies before it is cheap. Any thread.
class FirstHours {
public:
    Answer<std::optional<calendar::BucketKey>> of(metrics_store::Snapshot& snapshot,
                                                  fold::ViewId view);

private:
    std::mutex mutex_;  // guards known_
    std::map<fold::ViewId, calendar::BucketKey> known_;
};

struct Context {
    std::unique_ptr<metrics_store::Snapshot> snapshot;
    std::string project;
    std::vector<fold::View> views;     // of the project, that answer; at least one
    std::vector<fold::View> building;  // and those that will
    calendar::Calendar calendar;
    Moment now{};
    std::optional<Moment> first_event;  // the start of its hour; none: no click yet
    int32_t partition_count = 0;        // 0: nothing was folded yet
    Moment folded_to{};  // the newest append time folded; ahead of `now` after a clock was set back
    // As the question wants them; else empty.
    std::shared_ptr<const Aliases> aliases = std::make_shared<const Aliases>();
    std::shared_ptr<const std::vector<control::Feature>> catalogue =
        std::make_shared<const std::vector<control::Feature>>();
};

// Everything about `project` but the question. Unavailable: its views are not declared yet.
struct ContextSources {
    Calendars& calendars;
    FirstHours& first_hours;
};
Answer<Context> make_context(std::unique_ptr<metrics_store::Snapshot> snapshot,
                             const std::string& project, Moment now, ContextSources sources);

// The least over the partitions; none while one of them has no position.
Answer<std::optional<Moment>> complete_through(const Context& context, fold::ViewId view);

// Another one whenever a number of the project could be: positions and views.
Answer<std::string> change_token(const Context& context);

// Another one whenever an answer about the project could be: that, how far it is complete, and the
// minute.
Answer<std::string> state_of(const Context& context);

}  // namespace clickmill::query_api
