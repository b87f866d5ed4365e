#include "query_api/series_reader.h"

#include "query_api/view_choice.h"
#include "query_api/words.h"

#include <algorithm>
#include <set>

namespace clickmill::query_api {
namespace {

constexpr size_t kMaxPoints = 200'000;    // values in one answer
constexpr size_t kBucketsAtOnce = 1'024;  // so that only their sketches are in memory

void add(Counts& sum, const Counts& counts, bool users) {
    sum.clicks += counts.clicks;
    if (users) sum.users.unite(counts.users);
}

// Neighbouring nulls with one reason become one run.
void append_reason(std::vector<ReasonRun>& runs, Reason reason, std::optional<size_t> line,
                   size_t bucket) {
    if (!runs.empty() && runs.back().reason == reason && runs.back().line == line &&
        runs.back().last + 1 == bucket)
        runs.back().last = bucket;
    else
        runs.push_back({reason, line, bucket, bucket});
}

}  // namespace

std::vector<std::optional<Reason>> unknown_buckets(const Context& context, const fold::View& view,
                                                   const Range& range) {
    std::vector<std::optional<Reason>> reasons;
    for (const auto bucket : range.buckets) {
        const Moment start = context.calendar.start_of(range.grain, bucket);
        const Moment end = context.calendar.end_of(range.grain, bucket);
        std::optional<Reason> reason;
        // After the clock was set back, hours ahead of it have clicks all the same.
        if (start > std::max(context.now, context.folded_to))
            reason = Reason::Future;
        else if (!context.first_event || end <= *context.first_event)
            reason = Reason::BeforeFirstEvent;
        else if (view.since > start && view.since > *context.first_event)
            reason = Reason::NotRebuilt;
        reasons.push_back(reason);
    }
    return reasons;
}

SeriesReader::SeriesReader(const Context& context, const SeriesQuestion& question,
                           ViewReader& reader)
    : context_(context), question_(question), reader_(reader), features_(question.features) {
    if (features_.empty()) features_.emplace_back(kAll);
}

Selection SeriesReader::selection() const {
    Selection selection{.features = features_,
                        .filters = filters_of(reader_.view(), question_.filters),
                        .by_feature = true,
                        .by_dimension = {},
                        .users = question_.metric == Metric::Users};
    if (!question_.by.empty())
        selection.by_dimension = dimension_index(reader_.view(), question_.by);
    return selection;
}

int64_t SeriesReader::measure(const Counts& counts) {
    if (question_.metric == Metric::Clicks) return counts.clicks;
    is_users_exact_ = is_users_exact_ && counts.users.is_exact();
    return counts.users.count();
}

Answer<void> SeriesReader::find_lines(const Range& range) {
    if (question_.by.empty()) return {};
    Selection all = selection();
    all.by_feature = false;
    const Spans spans =
        before(spans_of(context_.calendar, range),
               std::chrono::ceil<std::chrono::seconds>(context_.now).time_since_epoch().count());
    ASSIGN_OR_RETURN(const CountsByKey counts, reader_.read(spans, all));
    std::vector<std::pair<int64_t, std::string>> sizes;
    for (const auto& [key, value] : counts) sizes.emplace_back(-measure(value), key.value);
    std::ranges::sort(sizes);
    has_rest_ = sizes.size() > question_.limit;
    if (has_rest_) sizes.resize(question_.limit);
    for (auto& [size, value] : sizes) {
        has_other_values_ = has_other_values_ || value == kOther;
        value_index_.emplace(value, values_.size());
        values_.push_back(std::move(value));
    }
    const size_t lines = features_.size() * (values_.size() + (has_rest_ ? 1 : 0));
    if (lines * range.buckets.size() > kMaxPoints)
        return refuse("too_wide",
                      "the answer would have too many values: ask for a lower limit, a shorter "
                      "range or a coarser grain");
    return {};
}

// Lines stand by feature, and for each by value with the rest last.
size_t SeriesReader::line_of(const std::string& feature, const std::string& value) const {
    const auto place = std::ranges::find(features_, feature) - features_.begin();
    const auto index = static_cast<size_t>(place);
    if (question_.by.empty()) return index;
    const auto found = value_index_.find(value);
    const size_t within = found == value_index_.end() ? values_.size() : found->second;
    return index * (values_.size() + (has_rest_ ? 1 : 0)) + within;
}

// A feature that has no clicks while (other) has some may be inside it; so may a filtered value.
Answer<void> SeriesReader::hide_what_may_be_in_other(SeriesPart& part,
                                                     std::span<const size_t> buckets,
                                                     const CountsByKey& counts) {
    std::vector<Asked> asked;
    for (const size_t bucket : buckets)
        asked.push_back(spans_of(context_.calendar, part.range.grain, part.range.buckets[bucket]));
    std::set<size_t> features_hidden;  // places in `buckets`
    std::set<size_t> values_hidden;
    if (!question_.features.empty()) {
        Selection other = selection();
        other.features = {std::string(kOther)};
        other.by_feature = false;
        other.by_dimension.reset();
        other.users = false;
        ASSIGN_OR_RETURN(const auto found, reader_.read(asked, part.range.grain, other));
        for (const auto& [key, value] : found)
            if (value.clicks > 0) features_hidden.insert(key.asked);
    }
    for (size_t i = 0; i < question_.filters.size(); ++i) {
        if (std::ranges::find(question_.filters[i].values, kOther) !=
            question_.filters[i].values.end())
            continue;
        Selection other = selection();
        other.filters[i].values = {std::string(kOther)};
        other.by_feature = false;
        other.by_dimension.reset();
        other.users = false;
        ASSIGN_OR_RETURN(const auto found, reader_.read(asked, part.range.grain, other));
        for (const auto& [key, value] : found)
            if (value.clicks > 0) values_hidden.insert(key.asked);
    }
    has_other_features_ = has_other_features_ || !features_hidden.empty();
    has_other_values_ = has_other_values_ || !values_hidden.empty();
    if (features_hidden.empty() && values_hidden.empty()) return {};

    std::set<std::pair<size_t, std::string>> seen;
    for (const auto& [key, value] : counts)
        if (value.clicks > 0) seen.emplace(key.asked, key.feature);
    for (size_t line = 0; line < part.lines.size(); ++line) {
        const std::string feature = part.lines[line].feature.value_or(std::string(kAll));
        for (size_t i = 0; i < buckets.size(); ++i) {
            if (seen.contains({i, feature})) continue;
            if (!part.lines[line].values[buckets[i]]) continue;  // nor is it known at all
            const bool is_hidden =
                values_hidden.contains(i) || (feature != kOther && features_hidden.contains(i));
            if (!is_hidden) continue;
            part.lines[line].values[buckets[i]].reset();
            append_reason(part.reasons, Reason::InOther, line, buckets[i]);
        }
    }
    return {};
}

Answer<void> SeriesReader::read_some(SeriesPart& part, std::span<const size_t> buckets,
                                     std::vector<fold::Hll>& totals) {
    std::vector<Asked> asked;
    for (const size_t bucket : buckets)
        asked.push_back(spans_of(context_.calendar, part.range.grain, part.range.buckets[bucket]));
    ASSIGN_OR_RETURN(CountsByKey counts, reader_.read(asked, part.range.grain, selection()));
    std::erase_if(counts, [&](const auto& entry) {
        return std::ranges::binary_search(reader_.forgotten(), entry.first.asked);
    });

    for (auto& line : part.lines)
        for (const size_t bucket : buckets) line.values[bucket] = 0;
    std::map<std::pair<size_t, size_t>, Counts> people;  // by line and place in `buckets`
    for (const auto& [key, value] : counts) {
        const size_t line = line_of(key.feature, key.value);
        if (line >= part.lines.size()) continue;
        if (question_.metric == Metric::Users)
            people[{line, key.asked}].users.unite(value.users);
        else
            *part.lines[line].values[buckets[key.asked]] += value.clicks;
    }
    for (const size_t forgotten : reader_.forgotten()) {
        for (auto& line : part.lines) line.values[buckets[forgotten]].reset();
        append_reason(part.reasons, Reason::Retention, std::nullopt, buckets[forgotten]);
    }
    for (const auto& [place, value] : people) {
        part.lines[place.first].values[buckets[place.second]] = measure(value);
        totals[place.first].unite(value.users);
    }
    return hide_what_may_be_in_other(part, buckets, counts);
}

Answer<SeriesPart> SeriesReader::read(const Range& range) {
    SeriesPart part{.range = range, .lines = {}, .reasons = {}};
    for (const std::string& feature : features_) {
        SeriesLine line;
        if (!question_.features.empty()) line.feature = feature;
        line.values.resize(range.buckets.size());
        if (question_.by.empty()) part.lines.push_back(line);
        for (const std::string& value : values_) {
            line.by = value;
            part.lines.push_back(line);
        }
        line.by = std::string(kRest);
        if (has_rest_) part.lines.push_back(line);
    }

    std::vector<size_t> known;
    const auto unknown = unknown_buckets(context_, reader_.view(), range);
    for (size_t i = 0; i < unknown.size(); ++i) {
        if (unknown[i])
            append_reason(part.reasons, *unknown[i], std::nullopt, i);
        else
            known.push_back(i);
    }
    std::vector<fold::Hll> totals(part.lines.size());
    for (size_t first = 0; first < known.size(); first += kBucketsAtOnce) {
        const auto some =
            std::span(known).subspan(first, std::min(kBucketsAtOnce, known.size() - first));
        RETURN_IF_ERROR(read_some(part, some, totals));
    }
    for (size_t i = 0; i < part.lines.size(); ++i) {
        SeriesLine& line = part.lines[i];
        for (const Value& value : line.values)
            if (value) line.total = line.total.value_or(0) + *value;
        if (line.total && question_.metric == Metric::Users) line.total = totals[i].count();
        is_users_exact_ = is_users_exact_ && totals[i].is_exact();
    }
    return part;
}

Answer<std::optional<std::vector<int64_t>>> SeriesReader::totals(const Spans& spans) {
    ASSIGN_OR_RETURN(const CountsByKey counts, reader_.read(spans, selection()));
    if (!reader_.forgotten().empty()) return std::nullopt;
    std::vector<Counts> sums(question_.by.empty()
                                 ? features_.size()
                                 : features_.size() * (values_.size() + (has_rest_ ? 1 : 0)));
    for (const auto& [key, value] : counts) {
        const size_t line = line_of(key.feature, key.value);
        if (line < sums.size()) add(sums[line], value, question_.metric == Metric::Users);
    }
    std::vector<int64_t> totals;
    totals.reserve(sums.size());
    for (const Counts& sum : sums) totals.push_back(measure(sum));
    return totals;
}

}  // namespace clickmill::query_api
