#include "query_api/features.h"

#include "query_api/search_text.h"
#include "query_api/series_reader.h"
#include "query_api/view_choice.h"
#include "query_api/words.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>

namespace clickmill::query_api {
namespace {

using calendar::Grain;

constexpr size_t kMaxTrends = 50;
constexpr std::array<std::string_view, 4> kOrders = {"clicks", "name", "change", "users"};

// Reads the counts of features in spans; one thread.
class FeatureReader {
public:
    FeatureReader(ViewReader& reader, const FeaturesQuestion& question)
        : reader_(reader), filters_(filters_of(reader.view(), question.filters)) {}

    Answer<CountsByKey> clicks(const Spans& spans) {
        ASSIGN_OR_RETURN(CountsByKey counts, reader_.read(spans, selection({}, false)));
        RETURN_IF_ERROR(reader_.check_retention());
        return counts;
    }
    // None where a part of them is forgotten.
    Answer<std::optional<CountsByKey>> clicks_if_kept(const Spans& spans) {
        ASSIGN_OR_RETURN(CountsByKey counts, reader_.read(spans, selection({}, false)));
        if (!reader_.forgotten().empty()) return std::nullopt;
        return counts;
    }

    Answer<int64_t> all_clicks(const Spans& spans) {
        ASSIGN_OR_RETURN(const CountsByKey counts,
                         reader_.read(spans, selection({std::string(kAll)}, false)));
        return counts.empty() ? 0 : counts.begin()->second.clicks;
    }

    // Sets the users of each row; false when some are estimates.
    Answer<bool> add_users(const Spans& spans, std::vector<FeatureRow>& rows) {
        std::vector<std::string> names;
        names.reserve(rows.size());
        for (const FeatureRow& row : rows) names.push_back(row.feature);
        bool is_exact = true;
        if (names.empty()) return is_exact;
        ASSIGN_OR_RETURN(const CountsByKey counts, reader_.read(spans, selection(names, true)));
        for (FeatureRow& row : rows) {
            const Counts* found = find(counts, {0, row.feature, ""});
            row.users = found ? found->users.count() : 0;
            is_exact = is_exact && (!found || found->users.is_exact());
        }
        return is_exact;
    }

private:
    Selection selection(std::vector<std::string> features, bool users) const {
        return {.features = std::move(features),
                .filters = filters_,
                .by_feature = true,
                .by_dimension = {},
                .users = users};
    }

    ViewReader& reader_;
    std::vector<metrics_store::DimensionFilter> filters_;
};

// New features stand before all others by change, and those that fell silent last.
double change_rank(const FeatureRow& row) {
    if (!row.change.before) return 0;
    if (*row.change.before == 0) return row.change.now > 0 ? HUGE_VAL : 0;
    return *row.change.ratio();
}

void sort_rows(std::vector<FeatureRow>& rows, FeatureOrder order) {
    std::ranges::sort(rows, {}, &FeatureRow::feature);
    if (order == FeatureOrder::Clicks)
        std::ranges::stable_sort(rows, {}, [](const FeatureRow& row) { return -row.clicks; });
    if (order == FeatureOrder::Change)
        std::ranges::stable_sort(rows, {}, [](const FeatureRow& row) { return -change_rank(row); });
    if (order == FeatureOrder::Users)
        std::ranges::stable_sort(rows, {}, [](const FeatureRow& row) { return -*row.users; });
}

// A grain that gives a small picture between ten and a hundred points.
Grain trend_grain(const Range& range) {
    if (range.grain == Grain::Hour) return range.buckets.size() <= 96 ? Grain::Hour : Grain::Day;
    if (range.grain == Grain::Day && range.buckets.size() <= 2) return Grain::Hour;
    const bool is_long =
        range.grain == Grain::Month ? range.buckets.size() > 3 : range.buckets.size() > 92;
    return is_long ? Grain::Week : Grain::Day;
}

Answer<Range> add_trends(const Context& context, const FeaturesQuestion& question,
                         ViewReader& reader, FeaturesAnswer& answer) {
    const Grain grain = trend_grain(answer.comparison.previous);
    Range range{grain, context.calendar.buckets(grain, answer.head.from, answer.head.to)};
    const size_t count = std::min(answer.rows.size(), kMaxTrends);
    if (count == 0) return range;

    SeriesQuestion series{.filters = question.filters};
    for (size_t i = 0; i < count; ++i) series.features.push_back(answer.rows[i].feature);
    SeriesReader lines(context, series, reader);
    ASSIGN_OR_RETURN(SeriesPart part, lines.read(range));
    for (size_t i = 0; i < count; ++i) answer.rows[i].trend = std::move(part.lines[i].values);
    return range;
}

struct Periods {
    Spans range;
    Spans after_elapsed;  // of the range: what has no counterpart yet
    Spans previous;
    bool is_previous_known = false;
};

Periods periods_of(const Context& context, const fold::View& view, const Range& range,
                   const Comparison& comparison) {
    Periods periods;
    periods.range = before(spans_of(context.calendar, range), seconds_of(context.now) + 1);
    periods.after_elapsed = periods.range;
    for (const Span& span : before(periods.range, seconds_of(comparison.elapsed_to)))
        subtract(periods.after_elapsed, span);
    periods.previous =
        before(spans_of(context.calendar, comparison.previous), seconds_of(comparison.compared_to));
    periods.is_previous_known = context.first_event &&
                                comparison.compared_to > *context.first_event &&
                                (view.since <= start_of(context.calendar, comparison.previous) ||
                                 view.since <= *context.first_event);
    return periods;
}

Answer<std::vector<FeatureRow>> read_rows(FeatureReader& reader, const Periods& periods) {
    ASSIGN_OR_RETURN(const CountsByKey now, reader.clicks(periods.range));
    ASSIGN_OR_RETURN(const CountsByKey after, reader.clicks(periods.after_elapsed));
    static const CountsByKey kNothing;
    std::optional<CountsByKey> previous;
    if (periods.is_previous_known) {
        ASSIGN_OR_RETURN(previous, reader.clicks_if_kept(periods.previous));
    }
    const CountsByKey& before = previous ? *previous : kNothing;
    // All three are sorted by feature, so one walk over them meets each feature once.
    auto in_now = now.begin();
    auto in_after = after.begin();
    auto in_before = before.begin();
    const auto take = [](auto& at, const CountsByKey& counts, const CountsKey& key) {
        while (at != counts.end() && at->first < key) ++at;
        return at != counts.end() && at->first == key ? at++->second.clicks : 0;
    };
    std::vector<FeatureRow> rows;
    rows.reserve(std::max(now.size(), before.size()));
    while (in_now != now.end() || in_before != before.end()) {
        const bool is_gone =
            in_now == now.end() || (in_before != before.end() && in_before->first < in_now->first);
        const CountsKey& key = is_gone ? in_before->first : in_now->first;
        FeatureRow row;
        row.feature = key.feature;
        row.clicks = take(in_now, now, key);
        row.change.now = row.clicks - take(in_after, after, key);
        if (previous) row.change.before = take(in_before, before, key);
        if (row.clicks > 0 || row.change.before.value_or(0) > 0) rows.push_back(std::move(row));
    }
    return rows;
}

Answer<void> check_order(const Range& range, const FeaturesQuestion& question) {
    if (question.order == FeatureOrder::Users && range.grain == Grain::Hour)
        return refuse("invalid_parameter",
                      "order=users: give whole days, such as from=2026-11-01&to=2026-11-08");
    return {};
}

}  // namespace

std::string_view name_of(FeatureOrder order) {
    return kOrders[static_cast<size_t>(order)];
}

Answer<FeaturesQuestion> read_features_question(const http::Head& head, bool is_csv) {
    ASSIGN_OR_RETURN(
        const Parameters parameters,
        is_csv ? Parameters::of(head, {"project", "from", "to", "order", "limit", "search", "users",
                                       "aliases", "filter."})
               : Parameters::of(head, {"project", "from", "to", "order", "limit", "search", "users",
                                       "trend", "aliases", "filter."}));
    FeaturesQuestion question;
    question.range = {parameters.optional("from"), parameters.optional("to")};
    ASSIGN_OR_RETURN(const size_t order,
                     parameters.choice("order", {"clicks", "name", "change", "users"}));
    question.order = static_cast<FeatureOrder>(order);
    ASSIGN_OR_RETURN(const int64_t limit, parameters.number("limit", 1, 1000, 50));
    question.limit = static_cast<size_t>(limit);
    ASSIGN_OR_RETURN(question.search, parameters.text("search"));
    ASSIGN_OR_RETURN(question.with_users, parameters.flag("users"));
    ASSIGN_OR_RETURN(question.with_trend, parameters.flag("trend"));
    RETURN_IF_ERROR(parameters.flag("aliases"));  // in the context
    ASSIGN_OR_RETURN(question.filters, parameters.filters());
    return question;
}

Answer<FeaturesAnswer> answer_features(const Context& context, const FeaturesQuestion& question,
                                       Budget& budget) {
    ASSIGN_OR_RETURN(const Range range, read_range(context.calendar, question.range, context.now));
    RETURN_IF_ERROR(check_order(range, question));
    const bool users = question.with_users || question.order == FeatureOrder::Users;
    const Moment from = start_of(context.calendar, range);
    ASSIGN_OR_RETURN(
        const fold::View view,
        choose_view(context.views,
                    {.by = "", .filters = question.filters, .users = users, .from = from},
                    context.building));

    FeaturesAnswer answer;
    ASSIGN_OR_RETURN(answer.head, make_head(context, view, from, end_of(context.calendar, range)));
    answer.comparison = compare(context.calendar, range, answer.head.complete_through);
    answer.previous_from = start_of(context.calendar, answer.comparison.previous);

    ViewReader view_reader(*context.snapshot, view, context.calendar, *context.aliases, budget);
    FeatureReader reader(view_reader, question);
    const Periods periods = periods_of(context, view, range, answer.comparison);
    ASSIGN_OR_RETURN(answer.rows, read_rows(reader, periods));
    ASSIGN_OR_RETURN(const int64_t total, reader.all_clicks(periods.range));
    if (context.first_event && answer.head.to > *context.first_event) answer.total_clicks = total;

    for (const FeatureRow& row : answer.rows)
        if (row.feature == kOther && row.clicks > 0)
            answer.head.notes.push_back(
                {"other_features",
                 "there were too many features on some days: later ones were counted as (other), "
                 "so single features may show too little"});
    if (view.since > from && (!context.first_event || view.since > *context.first_event))
        answer.head.notes.push_back(
            {"rollup_since",
             fmt::format("the rollup {} knows clicks since {} only", view.definition.rollup.name,
                         context.calendar.format(view.since))});

    std::erase_if(answer.rows, [&](const FeatureRow& row) {
        return !contains_text(row.feature, question.search);
    });
    answer.feature_count = answer.rows.size();
    const auto shorten = [&] { answer.rows.resize(std::min(answer.rows.size(), question.limit)); };
    if (question.order != FeatureOrder::Users) {
        sort_rows(answer.rows, question.order);
        shorten();
    }
    if (users) {
        ASSIGN_OR_RETURN(answer.head.is_users_exact, reader.add_users(periods.range, answer.rows));
    }
    if (question.order == FeatureOrder::Users) {
        sort_rows(answer.rows, question.order);
        shorten();
    }
    if (question.with_trend) {
        ASSIGN_OR_RETURN(answer.trend, add_trends(context, question, view_reader, answer));
    }
    answer.head.rows_read = budget.rows_read();
    return answer;
}

}  // namespace clickmill::query_api
