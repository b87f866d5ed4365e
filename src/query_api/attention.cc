#include "query_api/attention.h"

#include "query_api/view_choice.h"
#include "query_api/view_reader.h"
#include "query_api/words.h"

#include <algorithm>
#include <map>
#include <set>
#include <tuple>

namespace clickmill::query_api {
namespace {

using calendar::BucketKey;
using calendar::Grain;

BucketKey days_before(const calendar::Calendar& calendar, BucketKey day, size_t count) {
    for (; count > 0; --count) day = calendar.previous(Grain::Day, day);
    return day;
}

// The last days that are over and counted, at most kRhythmDays of them, without those whose numbers
// are kept no more.
Range complete_days(const Context& context, std::optional<Moment> complete_through) {
    const calendar::Calendar& calendar = context.calendar;
    Range range{Grain::Day, {}};
    if (!complete_through) return range;
    BucketKey end = calendar.bucket_at(Grain::Day, *complete_through);
    if (calendar.end_of(Grain::Day, end) <= *complete_through) end = calendar.next(Grain::Day, end);
    for (BucketKey day = days_before(calendar, end, kRhythmDays); day != end;
         day = calendar.next(Grain::Day, day))
        range.buckets.push_back(day);
    return range;
}

// Clicks by the day of every feature; days that are forgotten go from the front of `range`.
Answer<std::map<std::string, std::vector<int64_t>>> read_days(ViewReader& reader, Range& range) {
    std::vector<Asked> asked;
    asked.reserve(range.buckets.size());
    for (const BucketKey day : range.buckets)
        asked.push_back(spans_of(reader.calendar(), Grain::Day, day));
    Selection selection;
    selection.by_feature = true;
    ASSIGN_OR_RETURN(const CountsByKey counts, reader.read(asked, Grain::Day, selection));
    const size_t gone = reader.forgotten().empty() ? 0 : reader.forgotten().back() + 1;
    const size_t kept = range.buckets.size() - gone;
    std::map<std::string, std::vector<int64_t>> days;
    for (const auto& [key, value] : counts) {
        if (key.asked < gone || value.clicks == 0 || key.feature == kOther) continue;
        auto& of_feature = days[key.feature];
        of_feature.resize(kept);
        of_feature[key.asked - gone] = value.clicks;
    }
    range.buckets.erase(range.buckets.begin(),
                        range.buckets.begin() + static_cast<ptrdiff_t>(gone));
    return days;
}

// How many of the days, at their end, the project was there.
size_t known_days(const Context& context, const fold::View& view, const Range& range) {
    if (!context.first_event) return 0;
    const Moment since = std::max(*context.first_event, view.since);
    return static_cast<size_t>(std::ranges::count_if(range.buckets, [&](BucketKey day) {
        return context.calendar.end_of(Grain::Day, day) > since;
    }));
}

// By what asks most for a look.
auto urgency(const AttentionRow& row) {
    const double missed = row.rhythm.usual_clicks * static_cast<double>(row.rhythm.pause);
    const double weight =
        row.rhythm.standing == Standing::Silent ? missed : static_cast<double>(row.rhythm.clicks);
    return std::tuple(*row.rhythm.standing, -weight, row.feature);
}

}  // namespace

Answer<AttentionQuestion> read_attention_question(const http::Head& head) {
    ASSIGN_OR_RETURN(const Parameters parameters, Parameters::of(head, {"project", "limit"}));
    AttentionQuestion question;
    ASSIGN_OR_RETURN(const int64_t limit, parameters.number("limit", 1, 1000, 100));
    question.limit = static_cast<size_t>(limit);
    return question;
}

Answer<AttentionAnswer> answer_attention(const Context& context, const AttentionQuestion& question,
                                         Budget& budget) {
    const BucketKey today = context.calendar.bucket_at(Grain::Day, context.now);
    const Moment from =
        context.calendar.start_of(Grain::Day, days_before(context.calendar, today, kRhythmDays));
    ASSIGN_OR_RETURN(
        const fold::View view,
        choose_view(context.views, {.by = "", .filters = {}, .users = false, .from = from}));

    AttentionAnswer answer;
    ASSIGN_OR_RETURN(answer.head,
                     make_head(context, view, from, context.calendar.start_of(Grain::Day, today)));
    Range range = complete_days(context, answer.head.complete_through);
    ViewReader reader(*context.snapshot, view, context.calendar, *context.aliases, budget);
    ASSIGN_OR_RETURN(const auto days, read_days(reader, range));
    if (!range.buckets.empty()) {
        answer.head.from = start_of(context.calendar, range);
        answer.head.to = end_of(context.calendar, range);
    }

    const size_t known = known_days(context, view, range);
    std::set<std::string> on_purpose;
    for (const control::Feature& feature : *context.catalogue) {
        if (feature.state != control::FeatureState::Live) on_purpose.insert(feature.id);
        const bool is_missed = feature.state == control::FeatureState::Live &&
                               feature.alias_of.empty() && !days.contains(feature.id);
        if (is_missed && known >= kDormantDays)
            answer.rows.push_back({.feature = feature.id,
                                   .rhythm = {.standing = Standing::Dormant},
                                   .first_day = {},
                                   .last_day = {}});
    }
    for (const auto& [feature, clicks] : days) {
        const Rhythm rhythm = rhythm_of(clicks, known);
        const bool is_asleep = rhythm.standing && *rhythm.standing != Standing::New;
        if (!rhythm.standing || (is_asleep && on_purpose.contains(feature))) continue;
        answer.rows.push_back({.feature = feature,
                               .rhythm = rhythm,
                               .first_day = range.buckets[rhythm.first_day],
                               .last_day = range.buckets[rhythm.last_day]});
    }
    std::ranges::sort(answer.rows, {}, urgency);
    answer.feature_count = answer.rows.size();
    answer.rows.resize(std::min(answer.rows.size(), question.limit));
    answer.head.rows_read = budget.rows_read();
    return answer;
}

}  // namespace clickmill::query_api
