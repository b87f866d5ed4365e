#include "query_api/context.h"

#include "base/hash.h"

#include <fmt/format.h>

#include <algorithm>

namespace clickmill::query_api {

using calendar::BucketKey;
using calendar::Calendar;
using metrics_store::Snapshot;

Answer<Calendar> Calendars::of(const std::string& zone, calendar::WeekStart week_start) {
    const std::lock_guard lock(mutex_);
    const auto key = std::pair(zone, week_start);
    if (const auto found = made_.find(key); found != made_.end()) return found->second;
    ASSIGN_OR_RETURN(Calendar made, Calendar::make(zone, week_start));
    made_.emplace(key, made);
    return made;
}

Answer<std::optional<BucketKey>> FirstHours::of(Snapshot& snapshot, fold::ViewId view) {
    std::optional<BucketKey> first;
    {
        const std::lock_guard lock(mutex_);
        if (const auto found = known_.find(view); found != known_.end()) first = found->second;
    }
    const BucketKey until = first ? *first - 1 : INT64_MAX;
    ASSIGN_OR_RETURN(const auto earlier, snapshot.marks(view, {INT64_MIN, until}));
    if (earlier.empty()) return first;
    const std::lock_guard lock(mutex_);
    known_[view] = earlier.front().hour;
    return earlier.front().hour;
}

Answer<Context> make_context(std::unique_ptr<Snapshot> snapshot, const std::string& project,
                             Moment now, ContextSources sources) {
    ASSIGN_OR_RETURN(auto views, snapshot->views());
    std::vector<fold::View> building;
    std::erase_if(views, [&](const auto& view) {
        if (view.definition.project != project) return true;
        if (view.state == fold::ViewState::Building) building.push_back(view);
        return view.state != fold::ViewState::Current;
    });
    if (views.empty())
        return std::unexpected(Refusal(
            503, "unavailable",
            fmt::format("the rollups of {} are being set up: ask again in a moment", project), 1));
    const auto& definition = views.front().definition;
    ASSIGN_OR_RETURN(const Calendar calendar,
                     sources.calendars.of(definition.zone, definition.week_start));
    // The view that reaches back furthest has seen the first click.
    const auto oldest = *std::ranges::min_element(views, {}, &fold::View::since);
    ASSIGN_OR_RETURN(const auto first_hour, sources.first_hours.of(*snapshot, oldest.id));
    ASSIGN_OR_RETURN(const auto ledgers, snapshot->ledgers());

    Context context{.snapshot = std::move(snapshot),
                    .project = project,
                    .views = std::move(views),
                    .building = std::move(building),
                    .calendar = calendar,
                    .now = now,
                    .first_event = {},
                    .partition_count = 0,
                    .folded_to = {}};
    if (first_hour) context.first_event = Moment{std::chrono::seconds(*first_hour)};
    for (const auto& ledger : ledgers) {
        context.partition_count = std::max(context.partition_count, ledger.partition_count);
        context.folded_to = std::max(context.folded_to, ledger.folded_to);
    }
    return context;
}

Answer<std::optional<Moment>> complete_through(const Context& context, fold::ViewId view) {
    ASSIGN_OR_RETURN(const auto positions, context.snapshot->positions(view));
    if (positions.empty() || std::ssize(positions) < context.partition_count)
        return std::optional<Moment>();
    const auto least = std::ranges::min_element(
        positions, {}, [](const auto& p) { return p.position.complete_through; });
    if (least->position.complete_through == Moment{}) return std::optional<Moment>();
    return std::optional(least->position.complete_through);
}

namespace {

struct States {
    std::string numbers;  // what numbers stand on
    std::string times;    // what else answers say
};

Answer<States> states_of(const Context& context) {
    using std::chrono::floor;
    States states;
    states.numbers = fmt::format("{} {}", context.project, context.partition_count);
    for (const auto& view : context.views) {
        states.numbers +=
            fmt::format("|{} {} {}", view.id.value, view.generation, microseconds_of(view.since));
        ASSIGN_OR_RETURN(const auto positions, context.snapshot->positions(view.id));
        for (const auto& [partition, position] : positions) {
            const auto through = floor<std::chrono::seconds>(position.complete_through);
            states.numbers += fmt::format(",{} {}", partition.value, position.through.value);
            states.times += fmt::format(" {}", through.time_since_epoch().count());
        }
    }
    states.times +=
        fmt::format("|{}", floor<std::chrono::minutes>(context.now).time_since_epoch().count());
    return states;
}

}  // namespace

Answer<std::string> change_token(const Context& context) {
    ASSIGN_OR_RETURN(const States states, states_of(context));
    return fmt::format("{:016x}", keyed_hash(states.numbers, 0));
}

Answer<std::string> state_of(const Context& context) {
    ASSIGN_OR_RETURN(const States states, states_of(context));
    return states.numbers + states.times;
}

}  // namespace clickmill::query_api
