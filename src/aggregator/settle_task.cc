#include "aggregator/settle_task.h"

#include "base/planted.h"

#include <algorithm>
#include <map>

namespace clickmill::aggregator {
namespace {

using calendar::BucketKey;
using calendar::Grain;
using metrics_store::Header;
using metrics_store::HourRange;
using metrics_store::PartitionMark;
using metrics_store::SettledRow;

bool holds(const Header& header, BucketKey hour) {
    return std::any_of(header.held.begin(), header.held.end(), [&](const HourRange& range) {
        return range.first <= hour && hour <= range.last;
    });
}

Offset position_in(const std::vector<Offset>& positions, PartitionId partition) {
    const auto index = static_cast<size_t>(partition.value);
    return index < positions.size() ? positions[index] : Offset{};
}

// The rows of several buckets as one: clicks summed, sketches united.
class Sum {
public:
    Result<void> add(const std::vector<SettledRow>& rows) {
        for (const SettledRow& row : rows) {
            Cell& cell = cells_[row.labels];
            cell.clicks += row.clicks;
            if (!row.sketch.empty()) RETURN_IF_ERROR(cell.users.unite_bytes(row.sketch));
        }
        return {};
    }
    std::vector<SettledRow> rows(bool users) const {
        std::vector<SettledRow> rows;
        rows.reserve(cells_.size());
        for (const auto& [labels, cell] : cells_) {
            rows.push_back({labels, cell.clicks, users ? cell.users.bytes() : std::string()});
        }
        return rows;
    }

private:
    struct Cell {
        int64_t clicks = 0;
        fold::Hll users;
    };
    std::map<fold::Labels, Cell> cells_;
};

// Held hours as ranges. Only hours that touch are one range: a day in two pieces holds nothing of
// the day between.
std::vector<HourRange> ranges_of(const std::vector<calendar::Hour>& hours,
                                 const std::vector<bool>& held) {
    std::vector<HourRange> ranges;
    bool is_open = false;
    for (size_t i = 0; i < hours.size(); ++i) {
        const bool touches = is_open && hours[i - 1].end == hours[i].key;
        if (held[i] && touches) ranges.back().last = hours[i].key;
        if (held[i] && !touches) ranges.push_back({hours[i].key, hours[i].key});
        is_open = held[i];
    }
    return ranges;
}

}  // namespace

bool counts(const Header& header, std::span<const PartitionMark> marks) {
    return std::none_of(marks.begin(), marks.end(), [&](const PartitionMark& mark) {
        return holds(header, mark.hour) &&
               mark.touched > position_in(header.positions, mark.partition);
    });
}

SettleTask::SettleTask(metrics_store::MetricsStore& store, const fold::View& view,
                       int32_t partition_count, calendar::Calendar calendar, Grain grain,
                       BucketKey bucket)
    : store_(store),
      view_(view),
      partition_count_(partition_count),
      calendar_(std::move(calendar)) {
    build_.view = view.id;
    build_.header.grain = grain;
    build_.header.bucket = bucket;
    const std::vector<calendar::Hour> hours = grain == Grain::Hour
                                                  ? std::vector{calendar_.hour_of(bucket)}
                                                  : calendar_.hours_in(grain, bucket);
    if (is_planted("settle reads rows first")) step_ = Step::Rows;
    if (hours.empty()) {
        step_ = Step::Done;  // a day that its zone skipped
    } else {
        hours_ = {hours.front().key, hours.back().key};
    }
}

Result<void> SettleTask::run() {
    for (;;) {
        ASSIGN_OR_RETURN(const bool goes_on, step());
        if (!goes_on) return {};
    }
}

Result<bool> SettleTask::step() {
    const bool rows_first = is_planted("settle reads rows first");
    switch (step_) {
        case Step::Positions:
            RETURN_IF_ERROR(read_positions());
            step_ = Step::Marks;
            break;
        case Step::Marks:
            step_ = rows_first ? Step::Write : Step::Rows;
            RETURN_IF_ERROR(read_marks());
            break;
        case Step::Rows:
            step_ = rows_first ? Step::Positions : Step::Write;
            RETURN_IF_ERROR(read_rows());
            break;
        case Step::Write:
            step_ = Step::Done;
            RETURN_IF_ERROR(store_.settle(build_));
            break;
        case Step::Done:
            break;
    }
    return step_ != Step::Done;
}

Result<void> SettleTask::read_positions() {
    ASSIGN_OR_RETURN(const auto snapshot, store_.snapshot());
    ASSIGN_OR_RETURN(const auto positions, snapshot->positions(view_.id));
    build_.header.positions.assign(static_cast<size_t>(partition_count_), Offset{});
    for (const metrics_store::PartitionPosition& entry : positions) {
        const auto index = static_cast<size_t>(entry.partition.value);
        if (index < build_.header.positions.size())
            build_.header.positions[index] = entry.position.through;
    }
    return {};
}

Result<void> SettleTask::read_marks() {
    ASSIGN_OR_RETURN(const auto snapshot, store_.snapshot());
    ASSIGN_OR_RETURN(marks_, snapshot->marks(view_.id, hours_));
    if (build_.header.grain != Grain::Hour || is_planted("no marks")) return {};
    // Rows may be ahead of what the positions say: another time.
    const bool is_ahead = std::any_of(marks_.begin(), marks_.end(), [&](const PartitionMark& mark) {
        return mark.touched > position_in(build_.header.positions, mark.partition);
    });
    if (is_ahead) step_ = Step::Done;
    return {};
}

Result<void> SettleTask::read_rows() {
    return build_.header.grain == Grain::Hour ? read_hour() : read_parts();
}

Result<void> SettleTask::read_hour() {
    ASSIGN_OR_RETURN(const auto snapshot, store_.snapshot());
    const BucketKey hour = build_.header.bucket;
    ASSIGN_OR_RETURN(const auto headers, snapshot->headers(view_.id, Grain::Hour, {hour, hour}));
    if (!headers.empty() && headers.front().is_live_gone) {
        step_ = Step::Done;  // it stays as it is
        return {};
    }
    ASSIGN_OR_RETURN(build_.rows, snapshot->bucket_rows(view_.id, true, Grain::Hour, hour));
    build_.header.held = {{hour, hour}};
    return {};
}

// A day is made of those of its hours, a week or month of those of its days, that count by marks
// read after the positions. What it does not hold is read on its own.
Result<void> SettleTask::read_parts() {
    const Grain part_grain = build_.header.grain == Grain::Day ? Grain::Hour : Grain::Day;
    const std::vector<calendar::Hour> hours =
        calendar_.hours_in(build_.header.grain, build_.header.bucket);
    metrics_store::BucketRange parts = hours_;
    if (part_grain == Grain::Day) {
        const std::vector<BucketKey> days =
            calendar_.days_in(build_.header.grain, build_.header.bucket);
        parts = {days.front(), days.back()};
    }
    ASSIGN_OR_RETURN(const auto snapshot, store_.snapshot());
    ASSIGN_OR_RETURN(const auto headers, snapshot->headers(view_.id, part_grain, parts));
    std::vector<bool> held(hours.size(), false);
    Sum sum;
    bool has_parts = false;
    for (const Header& header : headers) {
        // Between the two pieces of a day lie hours of another.
        const bool is_part =
            part_grain == Grain::Day ||
            std::any_of(hours.begin(), hours.end(),
                        [&](const calendar::Hour& hour) { return hour.key == header.bucket; });
        if (!is_part) continue;
        if (header.is_forgotten) {
            step_ = Step::Done;  // it stays as it is: a part of it can be read no more
            return {};
        }
        if (!counts(header, marks_) && !is_planted("day of any hours")) continue;
        ASSIGN_OR_RETURN(const auto rows,
                         snapshot->bucket_rows(view_.id, false, part_grain, header.bucket));
        RETURN_IF_ERROR(sum.add(rows));
        for (size_t i = 0; i < hours.size(); ++i) held[i] = held[i] || holds(header, hours[i].key);
        has_parts = true;
    }
    if (!has_parts) {
        step_ = Step::Done;
        return {};
    }
    build_.rows = sum.rows(view_.definition.rollup.users);
    build_.header.held = ranges_of(hours, held);
    return {};
}

}  // namespace clickmill::aggregator
