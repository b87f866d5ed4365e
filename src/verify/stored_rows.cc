#include "verify/stored_rows.h"

#include "query_api/tiling.h"

#include <fmt/format.h>

#include <array>

namespace clickmill::verify {
namespace {

using calendar::BucketKey;
using calendar::Grain;

constexpr std::array<archive::Column, 9> kColumns = {{
    {"grain", archive::ColumnType::Int32},
    {"bucket", archive::ColumnType::Int64},
    {"feature", archive::ColumnType::Text},
    {"d0", archive::ColumnType::Text},
    {"d1", archive::ColumnType::Text},
    {"d2", archive::ColumnType::Text},
    {"d3", archive::ColumnType::Text},
    {"clicks", archive::ColumnType::Int64},
    {"users", archive::ColumnType::Int64},
}};
static_assert(fold::kMaxDimensions == 4);

class StoredSource final : public archive::RowSource {
public:
    StoredSource(const std::vector<StoredRow>& rows, size_t dimensions)
        : rows_(rows), dimensions_(dimensions) {}

    Result<size_t> fill(archive::RowChunk& chunk) override {
        size_t at = 0;
        for (; at < chunk.capacity() && next_ < rows_.size(); ++at, ++next_) {
            const StoredRow& row = rows_[next_];
            chunk.set(at, 0, static_cast<int32_t>(row.grain));
            chunk.set(at, 1, row.bucket);
            chunk.set(at, 2, row.labels.feature());
            for (size_t i = 0; i < dimensions_; ++i) chunk.set(at, 3 + i, row.labels.dimension(i));
            chunk.set(at, 7, row.clicks);
            if (row.users >= 0) chunk.set(at, 8, row.users);
        }
        return at;
    }

private:
    const std::vector<StoredRow>& rows_;
    const size_t dimensions_;
    size_t next_ = 0;
};

int64_t seconds_of(Moment moment) {
    return std::chrono::floor<std::chrono::seconds>(moment).time_since_epoch().count();
}

// Reads one grain of a view.
class GrainReader {
public:
    GrainReader(metrics_store::Snapshot& snapshot, const calendar::Calendar& calendar,
                StoredView& into)
        : snapshot_(snapshot), calendar_(calendar), into_(into) {}

    Result<void> read(Grain grain, BucketKey from, BucketKey to) {
        const Moment begin = calendar_.start_of(Grain::Day, from);
        const Moment end = calendar_.start_of(Grain::Day, to);
        std::vector<BucketKey> buckets;
        std::vector<query_api::Asked> asked;
        for (const BucketKey bucket : calendar_.buckets(grain, begin, end)) {
            const Moment starts = calendar_.start_of(grain, bucket);
            const Moment ends = calendar_.end_of(grain, bucket);
            if (starts < begin || ends > end || starts < into_.view.since) continue;
            buckets.push_back(bucket);
            asked.push_back(spans_of(grain, bucket));
        }
        if (buckets.empty()) return {};
        ASSIGN_OR_RETURN(const query_api::TilePlan plan, plan_of(grain, asked, begin, end));
        std::set<size_t> forgotten(plan.forgotten.begin(), plan.forgotten.end());
        for (const auto* tiles : {&plan.settled, &plan.live}) {
            for (const query_api::Tile& tile : *tiles) {
                if (!forgotten.contains(tile.asked))
                    RETURN_IF_ERROR(add(grain, buckets[tile.asked], tile, tiles == &plan.live));
            }
        }
        for (size_t i = 0; i < buckets.size(); ++i)
            if (!forgotten.contains(i)) into_.buckets.push_back({grain, buckets[i]});
        if (!forgotten.empty()) {
            into_.not_checked.push_back(fmt::format(
                "{} {}: {} {}s are over their retention", into_.view.definition.project,
                into_.view.definition.rollup.name, forgotten.size(), calendar::name_of(grain)));
        }
        return {};
    }

private:
    // A bucket's instants: its hours, which need not adjoin.
    query_api::Asked spans_of(Grain grain, BucketKey bucket) const {
        if (grain == Grain::Hour) {
            const calendar::Hour hour = calendar_.hour_of(bucket);
            return {{hour.key, hour.end}};
        }
        query_api::Spans spans;
        for (const calendar::Hour& hour : calendar_.hours_in(grain, bucket))
            spans.push_back({hour.key, hour.end});
        return query_api::united(std::move(spans));
    }

    Result<query_api::TilePlan> plan_of(Grain grain, const std::vector<query_api::Asked>& asked,
                                        Moment begin, Moment end) {
        const int64_t first = seconds_of(begin);
        const int64_t last = seconds_of(end) - 1;
        ASSIGN_OR_RETURN(const auto marks, snapshot_.marks(into_.view.id, {first, last}));
        query_api::Tiler tiler(calendar_, asked, marks);
        if (grain != Grain::Hour) {
            ASSIGN_OR_RETURN(const auto headers,
                             snapshot_.headers(into_.view.id, grain,
                                               {calendar_.bucket_at(grain, begin),
                                                calendar_.bucket_at(grain, end)}));
            tiler.offer(headers);
        }
        ASSIGN_OR_RETURN(const auto hours,
                         snapshot_.headers(into_.view.id, Grain::Hour, {first, last}));
        tiler.offer(hours);
        return std::move(tiler).finish();
    }

    Result<void> add(Grain grain, BucketKey bucket, const query_api::Tile& tile, bool is_live) {
        ASSIGN_OR_RETURN(const auto rows,
                         snapshot_.bucket_rows(into_.view.id, is_live, tile.grain, tile.bucket));
        for (const metrics_store::SettledRow& row : rows) {
            StoredRow stored{grain, bucket, row.labels, row.clicks, -1};
            if (tile.grain == grain && into_.view.definition.rollup.users) {
                fold::Hll users;
                if (!row.sketch.empty()) RETURN_IF_ERROR(users.unite_bytes(row.sketch));
                stored.users = users.count();
            }
            into_.rows.push_back(std::move(stored));
        }
        return {};
    }

    metrics_store::Snapshot& snapshot_;
    const calendar::Calendar& calendar_;
    StoredView& into_;
};

}  // namespace

Result<StoredView> read_view(metrics_store::Snapshot& snapshot, const fold::View& view,
                             const calendar::Calendar& calendar, std::span<const Grain> grains,
                             BucketKey from, BucketKey to) {
    StoredView read{.view = view, .positions = {}, .buckets = {}, .rows = {}, .not_checked = {}};
    ASSIGN_OR_RETURN(read.positions, snapshot.positions(view.id));
    GrainReader reader(snapshot, calendar, read);
    for (const Grain grain : grains) RETURN_IF_ERROR(reader.read(grain, from, to));
    return read;
}

std::span<const archive::Column> stored_columns() {
    return kColumns;
}

std::unique_ptr<archive::RowSource> source_of(const std::vector<StoredRow>& rows,
                                              const std::vector<std::string>& dimensions) {
    return std::make_unique<StoredSource>(rows, dimensions.size());
}

}  // namespace clickmill::verify
