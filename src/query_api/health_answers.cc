#include "query_api/health_answers.h"

#include "query_api/json_parts.h"

#include <algorithm>
#include <cmath>
#include <map>

namespace clickmill::query_api {
namespace {

// One line of the accounting: a partition, or all of them.
struct Line {
    fold::Accounting classes;
    std::optional<int64_t> accepted;
    std::optional<Moment> complete_through;
    std::optional<int64_t> window_seconds;
};

void write_classes(JsonWriter& json, const fold::Accounting& classes) {
    json.field("counted", classes.counted).field("duplicate", classes.duplicate);
    json.field("left_out", classes.left_out).field("late", classes.late);
    json.field("unreadable", classes.unreadable).field("lost", classes.lost);
}

void write_line(JsonWriter& json, const Line& line, const Context& context) {
    write_classes(json, line.classes);
    std::optional<int64_t> pending;
    if (line.accepted) pending = std::max<int64_t>(0, *line.accepted - line.classes.total());
    json.key("accepted");
    write(json, line.accepted);
    json.key("pending");
    write(json, pending);
    json.field("is_balanced", line.accepted && line.classes.total() + *pending == *line.accepted);
    json.key("lag_seconds");
    if (line.complete_through) {
        const auto lag = context.now - *line.complete_through;
        json.value(std::max(0.0, std::round(static_cast<double>(lag.count()) / 1e5) / 10));
    } else {
        json.null();
    }
    json.key("complete_through");
    write(json, line.complete_through, context.calendar);
    json.key("repeat_window_seconds");
    write(json, line.window_seconds);
}

template <typename T>
std::optional<T> least(const std::vector<Line>& lines, std::optional<T> Line::* member) {
    std::optional<T> result;
    for (const Line& line : lines) {
        if (!(line.*member)) return std::nullopt;
        result = result ? std::min(*result, *(line.*member)) : *(line.*member);
    }
    return result;
}

// `is_log_known`: else nobody knows what was accepted, not even where no partition has a line yet.
Line whole_of(const std::vector<Line>& lines, bool is_log_known) {
    Line whole;
    if (is_log_known) whole.accepted = 0;
    for (const Line& line : lines) {
        whole.classes += line.classes;
        if (!line.accepted)
            whole.accepted.reset();
        else if (whole.accepted)
            *whole.accepted += *line.accepted;
    }
    whole.complete_through = least(lines, &Line::complete_through);
    whole.window_seconds = least(lines, &Line::window_seconds);
    return whole;
}

Line line_of(const fold::Ledger& ledger) {
    Line line;
    for (const auto& [project, classes] : ledger.projects) line.classes += classes;
    if (ledger.complete_through != Moment{}) line.complete_through = ledger.complete_through;
    line.window_seconds = ledger.repeat_window_seconds;
    return line;
}

// Where the log counts records only, what is pending is counted in records.
int64_t accepted_of(const PartitionTail& tail, const fold::Ledger& ledger,
                    const fold::Accounting& classes) {
    if (tail.total_events) return *tail.total_events;
    return classes.total() + std::max<int64_t>(0, tail.end.value - ledger.through.value);
}

}  // namespace

Answer<std::string> accounting_json(const Context& context, const Tails& tails) {
    ASSIGN_OR_RETURN(const auto ledgers, context.snapshot->ledgers());
    const auto found = tails ? tails() : Result<std::vector<PartitionTail>>();
    std::map<PartitionId, fold::Ledger> by_partition;
    for (const auto& ledger : ledgers) by_partition[ledger.partition] = ledger;
    std::map<PartitionId, PartitionTail> tail_of;
    if (found)
        for (const auto& tail : *found) {
            tail_of[tail.partition] = tail;
            by_partition[tail.partition].partition = tail.partition;
        }

    std::vector<Line> lines;
    fold::Accounting project;
    JsonWriter parts;
    parts.begin_array();
    for (const auto& [partition, ledger] : by_partition) {
        Line line = line_of(ledger);
        const auto tail = tail_of.find(partition);
        if (tail != tail_of.end()) line.accepted = accepted_of(tail->second, ledger, line.classes);
        if (const auto own = ledger.projects.find(context.project); own != ledger.projects.end())
            project += own->second;

        parts.begin_object().field("partition", partition.value);
        parts.field("through", ledger.through.value).key("end");
        write(parts, tail == tail_of.end() ? std::nullopt : std::optional(tail->second.end.value));
        parts.key("bytes");
        write(parts, tail == tail_of.end() ? std::nullopt : std::optional(tail->second.bytes));
        write_line(parts, line, context);
        parts.end_object();
        lines.push_back(line);
    }
    parts.end_array();

    JsonWriter json;
    json.begin_object().field("zone", context.calendar.zone());
    json.field("now", context.calendar.format(context.now));
    write_line(json, whole_of(lines, found.has_value()), context);
    json.key("project").begin_object();
    write_classes(json, project);
    json.end_object().key("partitions").raw(parts.text()).end_object();
    return json.take();
}

Answer<std::string> status_json(const Context& context, const Options& options,
                                const Sources& sources) {
    const auto state_of_store = [](const Result<void>& health) {
        return health ? std::string("ok") : health.error().what + ": " + health.error().why;
    };
    const auto version = sources.control.version();
    JsonWriter json;
    json.begin_object().field("version", options.version);
    json.field("now", context.calendar.format(context.now));
    json.key("stores").begin_object();
    json.field("metrics_store", state_of_store(sources.store.health()));
    json.field("control", version ? "ok" : version.error().what);
    json.end_object().key("rollups").begin_array();
    for (const auto& view : context.views) {
        json.begin_object();
        write_rollup(json, view, context.calendar);
        json.field("zone", view.definition.zone);
        json.field("week_start", calendar::name_of(view.definition.week_start));
        ASSIGN_OR_RETURN(const auto through, complete_through(context, view.id));
        json.key("complete_through");
        write(json, through, context.calendar);
        json.key("positions").begin_array();
        ASSIGN_OR_RETURN(const auto positions, context.snapshot->positions(view.id));
        for (const auto& [partition, position] : positions) {
            json.begin_object().field("partition", partition.value);
            json.field("through", position.through.value).key("complete_through");
            const Moment moment = position.complete_through;
            write(json, moment == Moment{} ? std::nullopt : std::optional(moment),
                  context.calendar);
            json.end_object();
        }
        json.end_array().end_object();
    }
    json.end_array().end_object();
    return json.take();
}

}  // namespace clickmill::query_api
