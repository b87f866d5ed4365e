// Everything that the memory store holds: plain maps, one for each kind of row.
#pragma once

#include "metrics_store/snapshot.h"

#include <map>
#include <ranges>
#include <string>
#include <tuple>
#include <vector>

namespace clickmill::metrics_store {

struct LiveClicks {
    int64_t clicks = 0;
    Offset through;
};
struct LiveUsers {
    std::string sketch;
    Offset through;
};

// (view, key of the cell, partition): ordered by hour, then labels.
using LiveKey = std::tuple<fold::ViewId, fold::CellKey, PartitionId>;
using BucketId = std::tuple<fold::ViewId, calendar::Grain, calendar::BucketKey>;

struct MemoryState {
    std::vector<fold::View> views;
    std::map<PartitionId, fold::Ledger> ledgers;
    std::map<std::pair<PartitionId, Offset>, fold::RepeatPiece> pieces;  // by first offset
    std::map<std::pair<fold::ViewId, PartitionId>, fold::Position> positions;
    std::map<std::tuple<fold::ViewId, calendar::BucketKey, PartitionId>, Offset> marks;
    std::map<LiveKey, LiveClicks> rows;
    std::map<LiveKey, LiveUsers> sketches;
    std::map<BucketId, Header> headers;
    std::map<std::pair<BucketId, int64_t>, std::vector<SettledRow>> builds;  // by build number
    int64_t last_build = 0;
};

// The part of `rows` or `sketches` that is of one hour.
auto of_hour(auto& live, fold::ViewId view, calendar::BucketKey hour) {
    const auto first = [&](calendar::BucketKey key) {
        return live.lower_bound(LiveKey{view, {key, {}}, {}});
    };
    return std::ranges::subrange(first(hour), first(hour + 1));
}

// Whether a build stands: no mark of an hour that it holds exceeds its positions.
bool counts(const MemoryState& state, fold::ViewId view, const Header& header);

Result<RowsAnswer> answer(const MemoryState& state, const RowsQuestion& question);
Result<std::vector<SettledRow>> bucket_rows(const MemoryState& state, fold::ViewId view,
                                            bool is_live, calendar::Grain grain,
                                            calendar::BucketKey bucket);

}  // namespace clickmill::metrics_store
