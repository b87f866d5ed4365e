// Reads one view at one moment of the store: plans the tiles, asks for their rows, and puts them
// together by what was asked.
#pragma once

#include "calendar/calendar.h"
#include "metrics_store/snapshot.h"
#include "query_api/aliases.h"
#include "query_api/budget.h"
#include "query_api/counts.h"
#include "query_api/tiling.h"

#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace clickmill::query_api {

// Which rows, and what to tell apart.
struct Selection {
    std::vector<std::string> features;  // empty: every single feature
    std::vector<metrics_store::DimensionFilter> filters;
    bool by_feature = false;
    std::optional<size_t> by_dimension;
    bool users = false;
};

// One thread. Holds on to the snapshot. Counts of features that were renamed come under their ids
// of today, as far as `aliases` knows them.
class ViewReader {
public:
    ViewReader(metrics_store::Snapshot& snapshot, fold::View view,
               const calendar::Calendar& calendar, const Aliases& aliases, Budget& budget)
        : snapshot_(snapshot),
          view_(std::move(view)),
          calendar_(calendar),
          aliases_(aliases),
          budget_(budget) {}

    const fold::View& view() const { return view_; }
    const calendar::Calendar& calendar() const { return calendar_; }

    // The counts of each asked part. `coarsest` is the largest grain whose buckets can lie within
    // one.
    Answer<CountsByKey> read(const std::vector<Asked>& asked, calendar::Grain coarsest,
                             const Selection& selection);
    // The same for one part.
    Answer<CountsByKey> read(const Asked& asked, const Selection& selection) {
        return read(std::vector<Asked>(1, asked), calendar::Grain::Month, selection);
    }

    // Of the parts asked for last those whose counts are not known any more, sorted.
    const std::vector<size_t>& forgotten() const { return plan_.forgotten; }
    // Refuses when there are any: a ranking of a part of the clicks would be wrong without looking
    // so.
    Answer<void> check_retention() const;

private:
    Answer<TilePlan> make_plan(const std::vector<Asked>& asked, calendar::Grain coarsest);
    Answer<std::vector<metrics_store::Header>> headers(calendar::Grain grain, Span span);
    Answer<void> offer_hours(Tiler& tiler);
    Answer<void> read_tiles(const std::vector<Tile>& tiles, metrics_store::RowsQuestion question,
                            CountsByKey& counts);

    metrics_store::Snapshot& snapshot_;
    fold::View view_;
    const calendar::Calendar& calendar_;
    const Aliases& aliases_;
    Budget& budget_;
    // The plan made last: several questions are about the same buckets.
    std::vector<Asked> planned_;
    calendar::Grain planned_coarsest_ = calendar::Grain::Hour;
    TilePlan plan_;
};

}  // namespace clickmill::query_api
