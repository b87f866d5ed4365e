// Answers by looking at every row there is.
#include "metrics_store/memory/state.h"

#include <algorithm>
#include <string_view>

namespace clickmill::metrics_store {
namespace {

Offset position_in(const Header& header, PartitionId partition) {
    const auto index = static_cast<size_t>(partition.value);
    return index < header.positions.size() ? header.positions[index] : Offset{};
}

template <typename Value>
bool is_among(const std::vector<Value>& values, std::string_view wanted) {
    return std::find(values.begin(), values.end(), wanted) != values.end();
}

bool wants_bucket(const RowsQuestion& question, calendar::BucketKey bucket) {
    return std::any_of(question.buckets.begin(), question.buckets.end(), [&](BucketRange range) {
        return range.first <= bucket && bucket <= range.last;
    });
}

bool wants_labels(const RowsQuestion& question, const fold::Labels& labels) {
    if (question.features.empty() ? labels.feature() == kAllFeatures
                                  : !is_among(question.features, labels.feature()))
        return false;
    return std::all_of(question.filters.begin(), question.filters.end(),
                       [&](const DimensionFilter& filter) {
                           return is_among(filter.values, labels.dimension(filter.dimension));
                       });
}

// Sums up what the question groups together.
class Groups {
public:
    explicit Groups(const RowsQuestion& question) : question_(question) {}

    bool wants(calendar::BucketKey bucket, const fold::Labels& labels) const {
        return wants_bucket(question_, bucket) && wants_labels(question_, labels);
    }

    Result<void> add_clicks(calendar::BucketKey bucket, const fold::Labels& labels,
                            int64_t clicks) {
        Group& group = group_of(bucket, labels);
        ++rows_read_;
        if (__builtin_add_overflow(group.clicks, clicks, &group.clicks))
            return fail(ErrorCode::Internal, "cannot sum clicks", group.feature,
                        "the sum is beyond 64 bits");
        return {};
    }

    Result<void> add_users(calendar::BucketKey bucket, const fold::Labels& labels,
                           const std::string& sketch) {
        Group& group = group_of(bucket, labels);
        ++rows_read_;
        RETURN_IF_ERROR(group.users.unite_bytes(sketch));
        return {};
    }

    RowsAnswer take() {
        RowsAnswer answer{.rows_read = rows_read_};
        for (auto& [key, group] : groups_) answer.groups.push_back(std::move(group));
        return answer;
    }

private:
    Group& group_of(calendar::BucketKey bucket, const fold::Labels& labels) {
        const calendar::BucketKey key = question_.by_bucket ? bucket : 0;
        const std::string feature{question_.by_feature ? labels.feature() : ""};
        const std::string value{question_.by_dimension ? labels.dimension(*question_.by_dimension)
                                                       : ""};
        Group& group = groups_[{key, feature, value}];
        group.bucket = key;
        group.feature = feature;
        group.value = value;
        return group;
    }

    const RowsQuestion& question_;
    std::map<std::tuple<calendar::BucketKey, std::string, std::string>, Group> groups_;
    int64_t rows_read_ = 0;
};

Result<void> add_live(const MemoryState& state, const RowsQuestion& question, Groups& groups) {
    if (question.clicks) {
        for (const auto& [key, row] : state.rows) {
            const fold::CellKey& cell = std::get<1>(key);
            if (std::get<0>(key) == question.view && groups.wants(cell.hour, cell.labels))
                RETURN_IF_ERROR(groups.add_clicks(cell.hour, cell.labels, row.clicks));
        }
    }
    if (question.users) {
        for (const auto& [key, row] : state.sketches) {
            const fold::CellKey& cell = std::get<1>(key);
            if (std::get<0>(key) == question.view && groups.wants(cell.hour, cell.labels))
                RETURN_IF_ERROR(groups.add_users(cell.hour, cell.labels, row.sketch));
        }
    }
    return {};
}

Result<void> add_settled(const MemoryState& state, const RowsQuestion& question, Groups& groups) {
    for (const auto& [id, header] : state.headers) {
        if (std::get<0>(id) != question.view || std::get<1>(id) != question.grain) continue;
        const auto build = state.builds.find({id, header.build});
        if (build == state.builds.end()) continue;
        for (const SettledRow& row : build->second) {
            if (!groups.wants(header.bucket, row.labels)) continue;
            if (question.clicks)
                RETURN_IF_ERROR(groups.add_clicks(header.bucket, row.labels, row.clicks));
            if (question.users && !row.sketch.empty())
                RETURN_IF_ERROR(groups.add_users(header.bucket, row.labels, row.sketch));
        }
    }
    return {};
}

}  // namespace

bool counts(const MemoryState& state, fold::ViewId view, const Header& header) {
    return std::none_of(header.held.begin(), header.held.end(), [&](const HourRange& range) {
        const auto first = state.marks.lower_bound({view, range.first, PartitionId{}});
        const auto last = state.marks.lower_bound({view, range.last + 1, PartitionId{}});
        return std::any_of(first, last, [&](const auto& mark) {
            return mark.second > position_in(header, std::get<2>(mark.first));
        });
    });
}

Result<RowsAnswer> answer(const MemoryState& state, const RowsQuestion& question) {
    Groups groups(question);
    if (question.is_live)
        RETURN_IF_ERROR(add_live(state, question, groups));
    else
        RETURN_IF_ERROR(add_settled(state, question, groups));
    return groups.take();
}

Result<std::vector<SettledRow>> bucket_rows(const MemoryState& state, fold::ViewId view,
                                            bool is_live, calendar::Grain grain,
                                            calendar::BucketKey bucket) {
    if (!is_live) {
        const BucketId id{view, grain, bucket};
        const auto header = state.headers.find(id);
        if (header == state.headers.end()) return std::vector<SettledRow>{};
        const auto build = state.builds.find({id, header->second.build});
        return build == state.builds.end() ? std::vector<SettledRow>{} : build->second;
    }
    struct Sum {
        int64_t clicks = 0;
        fold::Hll users;
        bool has_users = false;
    };
    std::map<fold::Labels, Sum> sums;
    for (const auto& [key, row] : of_hour(state.rows, view, bucket)) {
        sums[std::get<1>(key).labels].clicks += row.clicks;
    }
    for (const auto& [key, row] : of_hour(state.sketches, view, bucket)) {
        Sum& sum = sums[std::get<1>(key).labels];
        RETURN_IF_ERROR(sum.users.unite_bytes(row.sketch));
        sum.has_users = true;
    }
    std::vector<SettledRow> rows;
    rows.reserve(sums.size());
    for (const auto& [labels, sum] : sums) {
        rows.push_back({labels, sum.clicks, sum.has_users ? sum.users.bytes() : std::string()});
    }
    return rows;
}

}  // namespace clickmill::metrics_store
