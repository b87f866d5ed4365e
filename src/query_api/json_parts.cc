#include "query_api/json_parts.h"

namespace clickmill::query_api {

void write(JsonWriter& json, const std::optional<Moment>& moment,
           const calendar::Calendar& calendar) {
    if (moment)
        json.value(calendar.format(*moment));
    else
        json.null();
}

void write_buckets(JsonWriter& json, const Range& range, const calendar::Calendar& calendar) {
    json.key("buckets").begin_array();
    for (const auto bucket : range.buckets) json.value(calendar.label(range.grain, bucket));
    json.end_array();
}

void write_rollup(JsonWriter& json, const fold::View& view, const calendar::Calendar& calendar) {
    json.field("name", view.definition.rollup.name);
    json.key("dimensions").begin_array();
    for (const auto& name : view.definition.rollup.dimensions) json.value(name);
    json.end_array();
    json.field("users", view.definition.rollup.users).field("generation", view.generation);
    json.key("since");
    write(json, view.since == Moment{} ? std::nullopt : std::optional(view.since), calendar);
}

Moment to_the_minute(Moment moment) {
    return std::chrono::floor<std::chrono::minutes>(moment);
}

}  // namespace clickmill::query_api
