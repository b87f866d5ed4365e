// Reads one view at one moment of the store: plans the tiles, asks for their rows, and puts them
// together by what was asked.
#pragma once

#include "calendar/calendar.h"
#include "metrics_store/snapshot.h"
#include "query_api/budget.h"
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

struct Counts {
    int64_t clicks = 0;
    fold::Hll users;  // of everything summed here, united
};

struct CountsKey {
    size_t asked = 0;     // index into what was asked
    std::string feature;  // when by_feature
    std::string value;    // when by_dimension
    auto operator<=>(const CountsKey&) const = default;
};

// Sorted by key, each key once.
using CountsByKey = std::vector<std::pair<CountsKey, Counts>>;

// Null when nothing was counted under it.
const Counts* find(const CountsByKey& counts, const CountsKey& key);

// One thread. Holds on to the snapshot.
class ViewReader {
public:
    ViewReader(metrics_store::Snapshot& snapshot, fold::View view,
               const calendar::Calendar& calendar, Budget& budget)
        : snapshot_(snapshot), view_(std::move(view)), calendar_(calendar), budget_(budget) {}

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

private:
    Answer<TilePlan> make_plan(const std::vector<Asked>& asked, calendar::Grain coarsest);
    Answer<std::vector<metrics_store::Header>> headers(calendar::Grain grain, Span span);
    Answer<void> offer_hours(Tiler& tiler);
    Answer<void> read_tiles(const std::vector<Tile>& tiles, metrics_store::RowsQuestion question,
                            CountsByKey& counts);

    metrics_store::Snapshot& snapshot_;
    fold::View view_;
    const calendar::Calendar& calendar_;
    Budget& budget_;
    // The plan made last: several questions are about the same buckets.
    std::vector<Asked> planned_;
    calendar::Grain planned_coarsest_ = calendar::Grain::Hour;
    TilePlan plan_;
};

}  // namespace clickmill::query_api
