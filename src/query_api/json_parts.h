// What several answers write in the same way.
#pragma once

#include "base/json_writer.h"
#include "calendar/calendar.h"
#include "query_api/context.h"
#include "query_api/range.h"

#include <optional>

namespace clickmill::query_api {

template <typename T>
void write(JsonWriter& json, const std::optional<T>& value) {
    if (value)
        json.value(*value);
    else
        json.null();
}

void write(JsonWriter& json, const std::optional<Moment>& moment,
           const calendar::Calendar& calendar);
// "buckets":[labels]
void write_buckets(JsonWriter& json, const Range& range, const calendar::Calendar& calendar);
// The members of a Rollup, without braces.
void write_rollup(JsonWriter& json, const fold::View& view, const calendar::Calendar& calendar);

Moment to_the_minute(Moment moment);

}  // namespace clickmill::query_api
