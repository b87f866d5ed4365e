#include "query_api/tiling.h"

#include <algorithm>

namespace clickmill::query_api {

using calendar::BucketKey;
using metrics_store::Header;
using metrics_store::PartitionMark;

Tiler::Tiler(const calendar::Calendar& calendar, std::span<const Asked> asked,
             std::span<const PartitionMark> marks)
    : calendar_(&calendar), marks_(marks), uncovered_(asked.begin(), asked.end()) {
    for (size_t i = 0; i < asked.size(); ++i)
        for (const Span& span : asked[i]) owners_.push_back({span, i});
    std::ranges::sort(owners_, {}, [](const Owner& owner) { return owner.span.from; });
}

const Tiler::Owner* Tiler::owner_of(int64_t instant) const {
    const auto after = std::ranges::upper_bound(owners_, instant, {},
                                                [](const Owner& owner) { return owner.span.from; });
    if (after == owners_.begin() || instant >= std::prev(after)->span.to) return nullptr;
    return &*std::prev(after);
}

// A build counts while no record touched an hour that it holds after it was made.
bool Tiler::counts(const Header& header) const {
    if (header.is_live_gone) return true;  // there is nothing else to read
    for (const auto& range : header.held) {
        auto mark = std::ranges::lower_bound(marks_, range.first, {}, &PartitionMark::hour);
        for (; mark != marks_.end() && mark->hour <= range.last; ++mark) {
            const auto partition = static_cast<size_t>(mark->partition.value);
            if (partition >= header.positions.size() || mark->touched > header.positions[partition])
                return false;
        }
    }
    return true;
}

void Tiler::offer(std::span<const Header> headers) {
    for (const Header& header : headers) {
        if (header.held.empty()) continue;
        if (header.is_forgotten) {
            if (header.grain == calendar::Grain::Hour) forgotten_hours_.insert(header.bucket);
            continue;
        }
        const Owner* owner = owner_of(header.held.front().first);
        if (!owner) continue;

        Spans held;
        for (const auto& range : header.held)
            held.push_back({range.first, calendar_->hour_of(range.last).end});
        Spans& uncovered = uncovered_[owner->asked];
        const auto fits = [&](const Span& span) { return covers(uncovered, span); };
        if (!std::ranges::all_of(held, fits) || !counts(header)) continue;

        for (const Span& span : held) subtract(uncovered, span);
        settled_.push_back({.grain = header.grain, .bucket = header.bucket, .asked = owner->asked});
    }
}

std::vector<BucketKey> Tiler::uncovered_hours() const {
    std::vector<BucketKey> hours;
    for (const Spans& spans : uncovered_)
        for (const Span& span : spans) {
            auto mark = std::ranges::lower_bound(marks_, span.from, {}, &PartitionMark::hour);
            for (; mark != marks_.end() && mark->hour < span.to; ++mark)
                if (hours.empty() || hours.back() != mark->hour) hours.push_back(mark->hour);
        }
    std::ranges::sort(hours);
    return hours;
}

size_t Tiler::cost() const {
    return settled_.size() + uncovered_hours().size();
}

void Tiler::find_neighbours(std::vector<Tile>& tiles) const {
    for (size_t i = 1; i < tiles.size(); ++i) {
        const Tile& before = tiles[i - 1];
        if (before.grain != tiles[i].grain) continue;
        const auto seconds_of = [](Moment moment) {
            return std::chrono::floor<std::chrono::seconds>(moment).time_since_epoch().count();
        };
        const int64_t gap = seconds_of(calendar_->end_of(before.grain, before.bucket));
        const int64_t start = seconds_of(calendar_->start_of(before.grain, tiles[i].bucket));
        const auto next = std::ranges::lower_bound(marks_, gap, {}, &PartitionMark::hour);
        tiles[i].adjoins = next == marks_.end() || next->hour >= start;
    }
}

TilePlan Tiler::finish() && {
    TilePlan plan{.settled = std::move(settled_), .live = {}, .forgotten = {}};
    for (const BucketKey hour : uncovered_hours()) {
        const size_t asked = owner_of(hour)->asked;
        if (!forgotten_hours_.contains(hour))
            plan.live.push_back({.bucket = hour, .asked = asked});
        else if (std::ranges::find(plan.forgotten, asked) == plan.forgotten.end())
            plan.forgotten.push_back(asked);
    }
    std::ranges::sort(plan.forgotten);
    std::ranges::sort(plan.settled, {},
                      [](const Tile& tile) { return std::pair(tile.grain, tile.bucket); });
    find_neighbours(plan.settled);
    find_neighbours(plan.live);
    return plan;
}

}  // namespace clickmill::query_api
