#include "query_api/series.h"

#include "query_api/series_reader.h"
#include "query_api/view_choice.h"
#include "query_api/words.h"

#include <fmt/format.h>

namespace clickmill::query_api {
namespace {

using calendar::Grain;

constexpr size_t kMaxFeatures = 10;

// Where the period before is not known, neither is a change.
bool is_known(const Context& context, const fold::View& view, const Range& previous,
              Moment compared_to) {
    return context.first_event && compared_to > *context.first_event &&
           (view.since <= start_of(context.calendar, previous) ||
            view.since <= *context.first_event);
}

Answer<void> add_previous(const Context& context, SeriesReader& reader, const fold::View& view,
                          SeriesAnswer& answer) {
    const calendar::Calendar& calendar = context.calendar;
    const Range& range = answer.main.range;
    answer.comparison = compare(calendar, range, answer.head.complete_through);
    const Comparison& comparison = answer.comparison;
    ASSIGN_OR_RETURN(answer.previous, reader.read(comparison.previous));

    ASSIGN_OR_RETURN(const auto now, reader.totals(before(spans_of(calendar, range),
                                                          seconds_of(comparison.elapsed_to))));
    ASSIGN_OR_RETURN(const auto earlier,
                     reader.totals(before(spans_of(calendar, comparison.previous),
                                          seconds_of(comparison.compared_to))));
    if (!now) return {};
    const bool known =
        earlier && is_known(context, view, comparison.previous, comparison.compared_to);
    for (size_t i = 0; i < answer.main.lines.size(); ++i) {
        answer.main.lines[i].change = Change{.now = (*now)[i], .before = {}};
        if (known) answer.main.lines[i].change->before = (*earlier)[i];
    }
    return {};
}

void add_notes(const SeriesQuestion& question, const SeriesReader& reader, AnswerHead& head) {
    if (reader.has_other_features())
        head.notes.push_back({"other_features",
                              "there were too many features on some days: later ones were counted "
                              "as (other), so single features may show too little"});
    if (reader.has_other_values())
        head.notes.push_back({"other_values",
                              "there were too many different values on some days: later ones were "
                              "counted as (other), so single values may show too little"});
    if (question.by == kExperiment)
        head.notes.push_back({"several_experiments",
                              "a click in several experiments counts once in each, so the lines "
                              "can add up to more than the clicks there were"});
}

}  // namespace

Answer<SeriesQuestion> read_series_question(const http::Head& head, bool is_csv) {
    ASSIGN_OR_RETURN(
        const Parameters parameters,
        is_csv ? Parameters::of(head, {"project", "feature_id", "grain", "from", "to", "metric",
                                       "by", "limit", "aliases", "filter."})
               : Parameters::of(head, {"project", "feature_id", "grain", "from", "to", "metric",
                                       "by", "limit", "compare", "aliases", "filter."}));
    SeriesQuestion question;
    ASSIGN_OR_RETURN(question.features, parameters.list("feature_id", kMaxFeatures));
    ASSIGN_OR_RETURN(const size_t grain,
                     parameters.choice("grain", {"day", "hour", "week", "month"}));
    question.grain = std::array{Grain::Day, Grain::Hour, Grain::Week, Grain::Month}[grain];
    question.range = {parameters.optional("from"), parameters.optional("to")};
    ASSIGN_OR_RETURN(const size_t metric, parameters.choice("metric", {"clicks", "users"}));
    question.metric = metric == 1 ? Metric::Users : Metric::Clicks;
    ASSIGN_OR_RETURN(question.by, parameters.text("by"));
    if (!question.by.empty() && !is_dimension(question.by))
        return refuse("invalid_parameter", fmt::format("by={}: not a dimension; take {}",
                                                       question.by, dimension_names()));
    ASSIGN_OR_RETURN(const int64_t limit, parameters.number("limit", 1, 100, 20));
    if (question.by.empty() && parameters.optional("limit"))
        return refuse("invalid_parameter", "limit needs by: it says how many values are shown");
    question.limit = static_cast<size_t>(limit);
    if (parameters.optional("compare")) {
        RETURN_IF_ERROR(parameters.choice("compare", {"previous"}));
        question.with_previous = true;
    }
    RETURN_IF_ERROR(parameters.flag("aliases"));  // in the context
    ASSIGN_OR_RETURN(question.filters, parameters.filters());
    return question;
}

Answer<SeriesAnswer> answer_series(const Context& context, const SeriesQuestion& question,
                                   Budget& budget) {
    SeriesAnswer answer;
    ASSIGN_OR_RETURN(const Range range,
                     read_range(context.calendar, question.grain, question.range, context.now));
    const Moment from = start_of(context.calendar, range);
    ASSIGN_OR_RETURN(const fold::View view, choose_view(context.views,
                                                        {.by = question.by,
                                                         .filters = question.filters,
                                                         .users = question.metric == Metric::Users,
                                                         .from = from},
                                                        context.building));
    ASSIGN_OR_RETURN(answer.head, make_head(context, view, from, end_of(context.calendar, range)));

    ViewReader view_reader(*context.snapshot, view, context.calendar, *context.aliases, budget);
    SeriesReader reader(context, question, view_reader);
    RETURN_IF_ERROR(reader.find_lines(range));
    ASSIGN_OR_RETURN(answer.main, reader.read(range));
    if (question.with_previous) RETURN_IF_ERROR(add_previous(context, reader, view, answer));

    if (const auto through = answer.head.complete_through)
        for (const auto bucket : range.buckets) {
            if (context.calendar.end_of(range.grain, bucket) > *through) break;
            ++answer.complete_buckets;
        }
    answer.head.is_users_exact = reader.is_users_exact();
    answer.head.rows_read = budget.rows_read();
    add_notes(question, reader, answer.head);
    return answer;
}

}  // namespace clickmill::query_api
