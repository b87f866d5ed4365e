#include "query_api/answer_json.h"

#include "query_api/json_parts.h"

#include <cmath>

namespace clickmill::query_api {
namespace {

using calendar::Calendar;

// Of a HyperLogLog with 2^12 registers: 1.04 / sqrt(4096).
constexpr double kUsersError = 0.01625;

std::string_view name_of(Reason reason) {
    switch (reason) {
        case Reason::BeforeFirstEvent:
            return "before_first_event";
        case Reason::NotRebuilt:
            return "not_rebuilt";
        case Reason::Retention:
            return "retention";
        case Reason::InOther:
            return "in_other";
        case Reason::Future:
            return "future";
    }
    return "";
}

std::string_view sentence_of(Reason reason) {
    switch (reason) {
        case Reason::BeforeFirstEvent:
            return "the project had no click yet";
        case Reason::NotRebuilt:
            return "the rollup was declared later and does not reach back to here";
        case Reason::Retention:
            return "numbers of this grain are not kept for so long; longer buckets may be";
        case Reason::InOther:
            return "there were too many different values, so this one may be inside (other)";
        case Reason::Future:
            return "this has not begun yet";
    }
    return "";
}

std::string_view name_of(Standing standing) {
    switch (standing) {
        case Standing::Silent:
            return "silent";
        case Standing::Dormant:
            return "dormant";
        case Standing::New:
            return "new";
    }
    return "";
}

// Ratios to four decimals: enough for a percentage, short to read.
double rounded(double ratio) {
    return std::round(ratio * 10'000) / 10'000;
}

std::optional<double> rounded(std::optional<double> ratio) {
    return ratio ? std::optional(rounded(*ratio)) : std::nullopt;
}

void write_times(JsonWriter& json, const AnswerHead& head, const Calendar& calendar) {
    json.field("project", head.project).field("zone", head.zone);
    json.field("from", calendar.format(head.from)).field("to", calendar.format(head.to));
    json.field("now", calendar.format(to_the_minute(head.now)));
    json.key("complete_through");
    write(json, head.complete_through, calendar);
}

void write_head(JsonWriter& json, const AnswerHead& head, const Calendar& calendar) {
    write_times(json, head, calendar);
    json.key("users_error").value(head.is_users_exact ? 0.0 : kUsersError);
    json.key("notes").begin_array();
    for (const Note& note : head.notes)
        json.begin_object().field("code", note.code).field("message", note.message).end_object();
    json.end_array();
    json.field("rollup", head.rollup).field("rows_read", head.rows_read);
}

void write_values(JsonWriter& json, const std::vector<Value>& values) {
    json.begin_array();
    for (const Value& value : values) write(json, value);
    json.end_array();
}

void write_part(JsonWriter& json, const SeriesPart& part, const Calendar& calendar) {
    write_buckets(json, part.range, calendar);
    json.key("bucket_starts").begin_array();
    for (const auto bucket : part.range.buckets) {
        const Moment start = calendar.start_of(part.range.grain, bucket);
        json.value(microseconds_of(start) / 1'000'000);
    }
    json.end_array();

    json.key("series").begin_array();
    for (const SeriesLine& line : part.lines) {
        json.begin_object().key("feature_id");
        write(json, line.feature);
        json.key("by");
        write(json, line.by);
        json.key("values");
        write_values(json, line.values);
        json.key("total");
        write(json, line.total);
        if (line.change) {
            json.key("change").begin_object().field("now", line.change->now).key("before");
            write(json, line.change->before);
            json.key("ratio");
            write(json, rounded(line.change->ratio()));
            json.end_object();
        }
        json.end_object();
    }
    json.end_array();

    json.key("reasons").begin_array();
    for (const ReasonRun& run : part.reasons) {
        json.begin_object().field("reason", name_of(run.reason)).key("series");
        if (run.line)
            json.value(static_cast<int64_t>(*run.line));
        else
            json.null();
        json.field("first", static_cast<int64_t>(run.first));
        json.field("last", static_cast<int64_t>(run.last));
        json.field("message", sentence_of(run.reason)).end_object();
    }
    json.end_array();
}

void write_comparison(JsonWriter& json, const Comparison& comparison, const Calendar& calendar) {
    json.field("from", calendar.format(start_of(calendar, comparison.previous)));
    json.field("to", calendar.format(end_of(calendar, comparison.previous)));
    json.field("elapsed_to", calendar.format(comparison.elapsed_to));
    json.field("compared_to", calendar.format(comparison.compared_to));
}

void write_feature(JsonWriter& json, const FeatureRow& row, const FeaturesAnswer& answer) {
    json.begin_object().field("feature_id", row.feature).field("clicks", row.clicks).key("share");
    if (answer.total_clicks.value_or(0) > 0)
        json.value(
            rounded(static_cast<double>(row.clicks) / static_cast<double>(*answer.total_clicks)));
    else
        json.null();
    json.key("previous_clicks");
    write(json, row.change.before);
    json.key("change");
    write(json, rounded(row.change.ratio()));
    if (row.users) json.field("users", *row.users);
    if (!row.trend.empty()) {
        json.key("trend");
        write_values(json, row.trend);
    }
    json.end_object();
}

}  // namespace

std::string json_of(const SeriesAnswer& answer, const SeriesQuestion& question,
                    const Calendar& calendar) {
    JsonWriter json;
    json.begin_object();
    write_head(json, answer.head, calendar);
    json.field("grain", calendar::name_of(question.grain));
    json.field("metric", question.metric == Metric::Users ? "users" : "clicks");
    json.key("by");
    if (question.by.empty())
        json.null();
    else
        json.value(question.by);
    json.field("complete_buckets", static_cast<int64_t>(answer.complete_buckets));
    write_part(json, answer.main, calendar);
    if (answer.previous) {
        json.key("previous").begin_object();
        write_comparison(json, answer.comparison, calendar);
        write_part(json, *answer.previous, calendar);
        json.end_object();
    }
    json.end_object();
    return json.take();
}

std::string json_of(const FeaturesAnswer& answer, const FeaturesQuestion& question,
                    const Calendar& calendar) {
    JsonWriter json;
    json.begin_object();
    write_head(json, answer.head, calendar);
    json.field("order", query_api::name_of(question.order));
    json.key("total_clicks");
    write(json, answer.total_clicks);
    json.field("feature_count", static_cast<int64_t>(answer.feature_count));
    json.key("previous").begin_object();
    write_comparison(json, answer.comparison, calendar);
    json.end_object();
    if (answer.trend) {
        json.key("trend").begin_object();
        json.field("grain", calendar::name_of(answer.trend->grain));
        write_buckets(json, *answer.trend, calendar);
        json.end_object();
    }
    json.key("features").begin_array();
    for (const FeatureRow& row : answer.rows) write_feature(json, row, answer);
    json.end_array().end_object();
    return json.take();
}

std::string json_of(const DimensionsAnswer& answer, const Context& context) {
    JsonWriter json;
    json.begin_object();
    write_times(json, answer.head, context.calendar);
    json.key("dimensions").begin_array();
    for (const DimensionAnswer& dimension : answer.dimensions) {
        json.begin_object().field("name", dimension.name).key("rollups").begin_array();
        for (const auto& rollup : dimension.rollups) json.value(rollup);
        json.end_array().key("values").begin_array();
        for (const auto& [value, clicks] : dimension.values)
            json.begin_object().field("value", value).field("clicks", clicks).end_object();
        json.end_array();
        json.field("value_count", static_cast<int64_t>(dimension.value_count)).end_object();
    }
    json.end_array().key("rollups").begin_array();
    for (const auto& view : context.views) {
        json.begin_object();
        write_rollup(json, view, context.calendar);
        json.end_object();
    }
    json.end_array().end_object();
    return json.take();
}

std::string json_of(const AttentionAnswer& answer, const Calendar& calendar) {
    const auto write_day = [&](JsonWriter& json, std::optional<calendar::BucketKey> day) {
        if (day)
            json.value(calendar.label(calendar::Grain::Day, *day));
        else
            json.null();
    };
    JsonWriter json;
    json.begin_object();
    write_times(json, answer.head, calendar);
    json.field("rollup", answer.head.rollup).field("rows_read", answer.head.rows_read);
    json.field("feature_count", static_cast<int64_t>(answer.feature_count));
    json.key("features").begin_array();
    for (const AttentionRow& row : answer.rows) {
        const Rhythm& rhythm = row.rhythm;
        json.begin_object().field("feature_id", row.feature);
        json.field("standing", name_of(*rhythm.standing)).field("clicks", rhythm.clicks);
        json.key("first_day");
        write_day(json, row.first_day);
        json.key("last_day");
        write_day(json, row.last_day);
        json.field("days_clicked", static_cast<int64_t>(rhythm.days_clicked));
        json.field("longest_pause_days", static_cast<int64_t>(rhythm.longest_pause));
        json.key("pause_days");
        write(json,
              row.last_day ? std::optional(static_cast<int64_t>(rhythm.pause)) : std::nullopt);
        json.field("usual_clicks", rounded(rhythm.usual_clicks)).end_object();
    }
    json.end_array().end_object();
    return json.take();
}

}  // namespace clickmill::query_api
