// Covers what a question asks for with as few rows as possible: the largest settled buckets that
// count, and live hours for the rest. Pure; design section 5, Live and settled.
#pragma once

#include "calendar/calendar.h"
#include "metrics_store/snapshot.h"
#include "query_api/spans.h"

#include <cstddef>
#include <set>
#include <span>
#include <vector>

namespace clickmill::query_api {

// One bucket of the answer: its rows come from `tile`s that lie within `spans`.
using Asked = Spans;

// A stored bucket that gives rows to `asked`, an index into what was asked.
struct Tile {
    calendar::Grain grain = calendar::Grain::Hour;
    calendar::BucketKey bucket = 0;
    size_t asked = 0;
    // Nothing happened between the tile before it, of the same grain, and this one: both may be
    // read as one range.
    bool adjoins = false;
};

struct TilePlan {
    std::vector<Tile> settled;  // sorted by (grain, bucket)
    std::vector<Tile> live;     // hours, sorted
    // Indexes of what was asked for and is known no more, sorted: an hour of it is forgotten, and
    // no longer bucket within it holds that hour.
    std::vector<size_t> forgotten;
};

// Offer headers from coarse to fine, then finish. Every hour with a click lies in exactly one tile.
// One thread; a copy is a way to try another order.
class Tiler {
public:
    // `asked` do not overlap. `marks` are sorted by hour and hold all those within `asked`: an hour
    // without a mark has no rows and needs no tile.
    Tiler(const calendar::Calendar& calendar, std::span<const Asked> asked,
          std::span<const metrics_store::PartitionMark> marks);

    // Takes those headers that count and whose hours are all asked for, and not yet covered.
    void offer(std::span<const metrics_store::Header> headers);

    std::vector<calendar::BucketKey> uncovered_hours() const;  // with a click, sorted
    size_t cost() const;  // tiles, if every uncovered hour becomes one
    TilePlan finish() &&;

private:
    struct Owner {
        Span span;
        size_t asked;
    };
    bool counts(const metrics_store::Header& header) const;
    const Owner* owner_of(int64_t instant) const;
    void find_neighbours(std::vector<Tile>& tiles) const;

    const calendar::Calendar* calendar_;
    std::span<const metrics_store::PartitionMark> marks_;
    std::vector<Owner> owners_;     // sorted by span: what was asked for
    std::vector<Spans> uncovered_;  // by index of what was asked
    std::vector<Tile> settled_;
    std::set<calendar::BucketKey> forgotten_hours_;
};

}  // namespace clickmill::query_api
