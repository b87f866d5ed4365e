#include "query_api/rollup_pages.h"

#include "metrics_store/views.h"
#include "query_api/json_parts.h"
#include "query_api/own_pages.h"
#include "query_api/parameters.h"

#include <fmt/format.h>
#include <simdjson.h>

#include <algorithm>
#include <cmath>

namespace clickmill::query_api {
namespace {

using fold::View;
using fold::ViewState;

// To store one hour's row and settle it: measured with `side_by_side.py --only archive_year`, 48 s
// for 1.3 M rows in SQLite.
constexpr double kSecondsPerRow = 36e-6;
constexpr size_t kMostDimensions = fold::kMaxDimensions;
constexpr size_t kMostDimensionBytes = 256;

std::string_view word_of(ViewState state) {
    if (state == ViewState::Current) return "current";
    return state == ViewState::Building ? "building" : "old";
}

bool is_administrator(const Visitor& visitor) {
    return visitor.person && visitor.person->role == control::Role::Admin;
}

// Of all projects: which ones a click is of is known when it is read.
int64_t events_in_all(std::span<const fold::Ledger> ledgers) {
    int64_t events = 0;
    for (const fold::Ledger& ledger : ledgers) {
        for (const auto& [project, classes] : ledger.projects) events += classes.total();
    }
    return events;
}

std::unexpected<Refusal> refusal_of(const Error& error) {
    if (error.code == ErrorCode::InvalidInput) return refuse("invalid_rollup", error.why);
    if (error.code == ErrorCode::Conflict)
        return std::unexpected(Refusal(409, "rollup_exists", error.why));
    return std::unexpected(Refusal(error));
}

Answer<fold::RollupDefinition> read_rollup(const std::string& body) {
    constexpr std::string_view kForm =
        R"(the body must be {"name": "by_browser", "dimensions": ["browser", "os"], "users": true})";
    simdjson::dom::parser parser;
    simdjson::dom::element root;
    simdjson::dom::object object;
    if (parser.parse(body.data(), body.size(), false).get(root) || root.get(object))
        return refuse("invalid_body", std::string(kForm));
    fold::RollupDefinition rollup;
    for (const auto& [name, value] : object) {
        std::string_view text;
        simdjson::dom::array dimensions;
        if (name == "name" && !value.get(text)) {
            rollup.name = text;
        } else if (name == "users" && !value.get(rollup.users)) {
            continue;
        } else if (name == "dimensions" && !value.get(dimensions)) {
            for (const simdjson::dom::element each : dimensions) {
                if (each.get(text)) return refuse("invalid_body", std::string(kForm));
                rollup.dimensions.emplace_back(text);
            }
        } else {
            return refuse("invalid_body", std::string(kForm));
        }
    }
    if (rollup.name.empty()) return refuse("invalid_body", std::string(kForm));
    return rollup;
}

}  // namespace

Answer<std::string> rollups_json(const Context& context, const Visitor& visitor,
                                 const RollupWorks& works) {
    ASSIGN_OR_RETURN(auto views, context.snapshot->views());
    std::erase_if(views, [&](const View& view) {
        return view.definition.project != context.project || view.state == ViewState::Dropped ||
               view.state == ViewState::Gone;
    });
    std::ranges::sort(views, {}, [](const View& view) {
        return std::tuple(view.definition.rollup.name, view.generation);
    });
    JsonWriter json;
    json.begin_object().field("zone", context.calendar.zone());
    json.field("may_add", is_administrator(visitor) && works.add != nullptr);
    json.key("rollups").begin_array();
    for (const View& view : views) {
        json.begin_object();
        write_rollup(json, view, context.calendar);
        json.field("zone", view.definition.zone).field("state", word_of(view.state));
        ASSIGN_OR_RETURN(const double share, metrics_store::share_built(*context.snapshot, view));
        json.field("share", std::floor(share * 1000) / 1000);
        json.end_object();
    }
    json.end_array().end_object();
    return json.take();
}

Answer<std::string> rollup_cost_json(const http::Head& head, const Context& context,
                                     const RollupWorks& works) {
    ASSIGN_OR_RETURN(const Parameters parameters, Parameters::of(head, {"project", "dimensions"}));
    if (parameters.optional("dimensions").value_or("").size() > kMostDimensionBytes)
        return refuse("invalid_parameter", "dimensions: at most 256 bytes are taken");
    ASSIGN_OR_RETURN(const auto dimensions, parameters.list("dimensions", kMostDimensions));
    if (!works.sample)
        return std::unexpected(Refusal(503, "unavailable", "no raw clicks are at hand here"));
    const auto sample = works.sample(context.project, dimensions);
    if (!sample) return refusal_of(sample.error());
    ASSIGN_OR_RETURN(const auto ledgers, context.snapshot->ledgers());
    const int64_t events = events_in_all(ledgers);
    const double hours = context.first_event && context.now > *context.first_event
                             ? std::ceil(std::chrono::duration<double, std::ratio<3600>>(
                                             context.now - *context.first_event)
                                             .count())
                             : 0;
    const double rows = sample->hours > 0 ? static_cast<double>(sample->rows) /
                                                static_cast<double>(sample->hours) * hours
                                          : 0;
    const double reading =
        sample->events > 0
            ? sample->seconds / static_cast<double>(sample->events) * static_cast<double>(events)
            : 0;
    JsonWriter json;
    json.begin_object().field("events", events);
    json.field("rows", static_cast<int64_t>(std::ceil(rows)));
    json.field("seconds", static_cast<int64_t>(std::ceil(reading + rows * kSecondsPerRow)));
    json.field("sampled_events", sample->events).field("sampled_hours", sample->hours);
    json.end_object();
    return json.take();
}

Answer<void> add_rollup(const http::Request& request, const Visitor& visitor,
                        const std::string& project, const RollupWorks& works) {
    RETURN_IF_ERROR(Parameters::of(request.head, {"project"}));
    if (!is_from_our_pages(request.head))
        return std::unexpected(
            Refusal(403, "cross_site", "rollups are added from the dashboard's own pages only"));
    if (!is_administrator(visitor))
        return std::unexpected(Refusal(
            403, "not_an_administrator",
            "an administrator adds rollups: `clickmill user add NAME --admin`, or `clickmill "
            "rollup add` on the server"));
    ASSIGN_OR_RETURN(const fold::RollupDefinition rollup, read_rollup(request.body));
    if (!works.add) return std::unexpected(Refusal(503, "unavailable", "no rollups are made here"));
    if (const auto added = works.add(project, rollup); !added) return refusal_of(added.error());
    return {};
}

}  // namespace clickmill::query_api
