#include "query_api/view_reader.h"

#include "base/check.h"
#include "base/combine.h"

#include <algorithm>
#include <map>
#include <utility>

namespace clickmill::query_api {
namespace {

using calendar::BucketKey;
using calendar::Grain;
using metrics_store::BucketRange;
using metrics_store::Header;
using metrics_store::RowsQuestion;

// Hours further apart than this are asked for on their own rather than with all between them.
constexpr int64_t kFarApartSeconds = int64_t{7} * 86'400;
// Buckets read in one question to the store; the budget is asked after each.
constexpr size_t kTilesPerRead = 1024;

Moment moment_at(int64_t seconds) {
    return Moment{std::chrono::seconds(seconds)};
}

Span extent_of(const std::vector<Asked>& asked) {
    Span extent{INT64_MAX, INT64_MIN};
    for (const Asked& spans : asked)
        for (const Span& span : spans) {
            extent.from = std::min(extent.from, span.from);
            extent.to = std::max(extent.to, span.to);
        }
    return extent;
}

// What the store read for `tiles`, by what was asked for. The tiles are sorted by bucket.
CountsByKey by_asked(std::vector<metrics_store::Group> groups, std::span<const Tile> tiles,
                     bool by_bucket) {
    CountsByKey counts;
    counts.reserve(groups.size());
    auto tile = tiles.begin();
    for (auto& group : groups) {  // sorted by bucket, too
        while (by_bucket && tile->bucket < group.bucket) {
            ++tile;
            CHECK(tile != tiles.end());
        }
        CHECK(!by_bucket || tile->bucket == group.bucket);
        counts.emplace_back(CountsKey{by_bucket ? tile->asked : 0, std::move(group.feature),
                                      std::move(group.value)},
                            Counts{group.clicks, std::move(group.users)});
    }
    combine_equal(counts, &key_of, &add_counts);
    return counts;
}

}  // namespace

const Counts* find(const CountsByKey& counts, const CountsKey& key) {
    const auto found = std::ranges::lower_bound(counts, key, {}, &key_of);
    return found != counts.end() && found->first == key ? &found->second : nullptr;
}

Answer<std::vector<Header>> ViewReader::headers(Grain grain, Span span) {
    const BucketRange range{calendar_.bucket_at(grain, moment_at(span.from)),
                            calendar_.bucket_at(grain, moment_at(span.to - 1))};
    return snapshot_.headers(view_.id, grain, range);
}

// Settled hours, where they are needed at all.
Answer<void> ViewReader::offer_hours(Tiler& tiler) {
    const std::vector<BucketKey> hours = tiler.uncovered_hours();
    for (size_t first = 0; first < hours.size();) {
        size_t last = first;
        while (last + 1 < hours.size() && hours[last + 1] - hours[last] < kFarApartSeconds) ++last;
        ASSIGN_OR_RETURN(const auto found,
                         snapshot_.headers(view_.id, Grain::Hour, {hours[first], hours[last]}));
        tiler.offer(found);
        first = last + 1;
    }
    return {};
}

Answer<TilePlan> ViewReader::make_plan(const std::vector<Asked>& asked, Grain coarsest) {
    const Span extent = extent_of(asked);
    if (extent.from >= extent.to) return TilePlan{};
    ASSIGN_OR_RETURN(const auto marks, snapshot_.marks(view_.id, {extent.from, extent.to - 1}));
    const Tiler nothing(calendar_, asked, marks);
    if (nothing.uncovered_hours().empty()) return TilePlan{};

    // Weeks lie across months, so which of them comes first decides how few tiles there are.
    std::vector<std::vector<Grain>> orders = {{Grain::Month, Grain::Week, Grain::Day},
                                              {Grain::Week, Grain::Month, Grain::Day}};
    std::map<Grain, std::vector<Header>> known;
    for (const Grain grain : {Grain::Day, Grain::Week, Grain::Month}) {
        if (grain > coarsest) continue;
        ASSIGN_OR_RETURN(known[grain], headers(grain, extent));
    }
    std::optional<Tiler> best;
    for (const auto& order : orders) {
        Tiler tiler = nothing;
        for (const Grain grain : order)
            if (const auto found = known.find(grain); found != known.end())
                tiler.offer(found->second);
        if (!best || tiler.cost() < best->cost()) best = std::move(tiler);
    }
    RETURN_IF_ERROR(offer_hours(*best));
    return std::move(*best).finish();
}

Answer<void> ViewReader::read_tiles(const std::vector<Tile>& tiles, RowsQuestion question,
                                    CountsByKey& counts) {
    for (size_t first = 0; first < tiles.size();) {
        question.buckets.clear();
        question.grain = tiles[first].grain;
        size_t end = first;
        for (; end < tiles.size() && tiles[end].grain == question.grain &&
               end - first < kTilesPerRead;
             ++end) {
            const BucketKey bucket = tiles[end].bucket;
            if (!question.buckets.empty() && tiles[end].adjoins)
                question.buckets.back().last = bucket;
            else
                question.buckets.push_back({bucket, bucket});
        }
        ASSIGN_OR_RETURN(auto answer, snapshot_.rows(question));
        RETURN_IF_ERROR(budget_.spend(answer.rows_read));
        const auto part = std::span(tiles).subspan(first, end - first);
        CountsByKey read = by_asked(std::move(answer.groups), part, question.by_bucket);
        counts = combine_sorted(std::move(counts), std::move(read), &key_of, &add_counts);
        first = end;
    }
    return {};
}

Answer<void> ViewReader::check_retention() const {
    if (plan_.forgotten.empty()) return {};
    return refuse("retention",
                  "the numbers by the hour at an end of this range are kept no more: ask for whole "
                  "days, weeks or months, or for a later range");
}

Answer<CountsByKey> ViewReader::read(const std::vector<Asked>& asked, Grain coarsest,
                                     const Selection& selection) {
    CountsByKey counts;
    if (planned_ != asked || planned_coarsest_ != coarsest) {
        planned_.clear();
        ASSIGN_OR_RETURN(plan_, make_plan(asked, coarsest));
        planned_ = asked;
        planned_coarsest_ = coarsest;
    }
    RowsQuestion question;
    question.view = view_.id;
    question.features = aliases_.with_former(selection.features);
    question.filters = selection.filters;
    question.by_bucket = asked.size() > 1;
    question.by_feature = selection.by_feature;
    question.by_dimension = selection.by_dimension;
    question.users = selection.users;
    RETURN_IF_ERROR(read_tiles(plan_.settled, question, counts));
    question.is_live = true;
    RETURN_IF_ERROR(read_tiles(plan_.live, question, counts));
    if (selection.by_feature) aliases_.unite(counts);
    return counts;
}

}  // namespace clickmill::query_api
