#include "verify/generations.h"

#include "verify/stored_rows.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <map>
#include <utility>

namespace clickmill::verify {
namespace {

using calendar::BucketKey;
using calendar::Calendar;
using calendar::Grain;
using fold::View;

constexpr size_t kKept = 100;

struct Counts {
    int64_t clicks = 0;
    int64_t users = -1;
    bool operator==(const Counts&) const = default;
};
using Rows = std::map<std::pair<BucketKey, std::string>, Counts>;

std::string text_of(const fold::Labels& labels, size_t dimensions) {
    std::string text(labels.feature());
    for (size_t i = 0; i < dimensions; ++i) text.append(" | ").append(labels.dimension(i));
    return text;
}

// The days on which a view has clicks, less the last one, which may still run: [first, second).
Result<std::pair<BucketKey, BucketKey>> days_of(metrics_store::Snapshot& snapshot, const View& view,
                                                const Calendar& calendar) {
    ASSIGN_OR_RETURN(const auto marks, snapshot.marks(view.id, metrics_store::kAllBuckets));
    if (marks.empty()) return std::pair<BucketKey, BucketKey>{0, 0};
    Moment first{std::chrono::seconds(marks.front().hour)};
    ASSIGN_OR_RETURN(const auto positions, snapshot.positions(view.id));
    Moment complete = Moment::max();
    for (const auto& entry : positions)
        complete = std::min(complete, entry.position.complete_through);
    const Moment last{std::chrono::seconds(marks.back().hour + 3'600)};
    return std::pair{calendar.bucket_at(Grain::Day, std::max(first, view.since)),
                     calendar.bucket_at(Grain::Day, std::min(complete, last))};
}

Result<Rows> rows_of(metrics_store::Snapshot& snapshot, const View& view, const Calendar& calendar,
                     BucketKey from, BucketKey to) {
    ASSIGN_OR_RETURN(const StoredView stored,
                     read_view(snapshot, view, calendar, std::array{Grain::Day}, from, to));
    Rows rows;
    for (const StoredRow& row : stored.rows) {
        // A day that is made of several rows has no number of users here.
        auto& counts =
            rows[{row.bucket, text_of(row.labels, view.definition.rollup.dimensions.size())}];
        counts.clicks += row.clicks;
        counts.users = row.users;
    }
    return rows;
}

class Comparison {
public:
    Comparison(const Calendar& calendar, GenerationReport& report)
        : calendar_(calendar), report_(report) {}

    void compare(const Rows& before, const Rows& after) {
        for (const auto& [key, counts] : before) {
            const auto same = after.find(key);
            note(key, counts, same == after.end() ? Counts{} : same->second);
        }
        for (const auto& [key, counts] : after) {
            if (!before.contains(key)) note(key, {}, counts);
        }
    }

private:
    void note(const Rows::key_type& key, const Counts& before, const Counts& after) {
        ++report_.rows;
        const bool has_users = before.users >= 0 && after.users >= 0;
        if (before.clicks == after.clicks && (!has_users || before.users == after.users)) return;
        if (++report_.difference_count > static_cast<int64_t>(kKept)) return;
        report_.differences.push_back({.bucket = calendar_.label(Grain::Day, key.first),
                                       .labels = key.second,
                                       .clicks_before = before.clicks,
                                       .clicks_after = after.clicks,
                                       .users_before = before.users,
                                       .users_after = after.users});
    }

    const Calendar& calendar_;
    GenerationReport& report_;
};

}  // namespace

Result<GenerationReport> compare_generations(metrics_store::MetricsStore& store, const View& before,
                                             const View& after,
                                             const std::function<void(const std::string&)>& say) {
    const fold::ViewDefinition& one = before.definition;
    const fold::ViewDefinition& other = after.definition;
    if (one.rollup.dimensions != other.rollup.dimensions || one.zone != other.zone) {
        return fail(ErrorCode::InvalidInput, "cannot compare the generations", one.rollup.name,
                    "they stand on other dimensions or on another time zone: 'clickmill verify' "
                    "compares the one that answers with the raw clicks");
    }
    ASSIGN_OR_RETURN(const Calendar calendar, Calendar::make(one.zone, one.week_start));
    ASSIGN_OR_RETURN(const auto snapshot, store.snapshot());
    ASSIGN_OR_RETURN(const auto days_before, days_of(*snapshot, before, calendar));
    ASSIGN_OR_RETURN(const auto days_after, days_of(*snapshot, after, calendar));
    const BucketKey from = std::max(days_before.first, days_after.first);
    const BucketKey to = std::min(days_before.second, days_after.second);
    GenerationReport report;
    Comparison comparison(calendar, report);
    for (BucketKey day = from; day < to; day = calendar.next(Grain::Day, day)) {
        say(calendar.label(Grain::Day, day));
        const BucketKey next = calendar.next(Grain::Day, day);
        ASSIGN_OR_RETURN(const Rows old_rows, rows_of(*snapshot, before, calendar, day, next));
        ASSIGN_OR_RETURN(const Rows new_rows, rows_of(*snapshot, after, calendar, day, next));
        comparison.compare(old_rows, new_rows);
        ++report.days;
    }
    return report;
}

}  // namespace clickmill::verify
