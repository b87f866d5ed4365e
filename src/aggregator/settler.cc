#include "aggregator/settler.h"

#include <algorithm>
#include <map>
#include <set>

namespace clickmill::aggregator {
namespace {

using calendar::BucketKey;
using calendar::Grain;
using metrics_store::BucketRange;
using metrics_store::Header;
using metrics_store::PartitionMark;

constexpr int64_t kDaySeconds = 86'400;
constexpr int64_t kHourSeconds = 3'600;
constexpr BucketRange kEverything{INT64_MIN, INT64_MAX};
// Written in one transaction, about so much: neighbouring buckets of a feature lie on one page of a
// store, so that a history of hours costs a page for each day of a feature instead of one for each
// hour.
constexpr size_t kBytesAtOnce = 16 << 20;
constexpr size_t kRowBytes = 100;    // of a row without its sketch
constexpr size_t kHoursAtOnce = 48;  // retired in one transaction

int64_t seconds_of(Moment moment) {
    return std::chrono::floor<std::chrono::seconds>(moment).time_since_epoch().count();
}

const Header* header_of(const std::vector<Header>& headers, BucketKey bucket) {
    const auto found = std::find_if(headers.begin(), headers.end(),
                                    [&](const Header& h) { return h.bucket == bucket; });
    return found == headers.end() ? nullptr : &*found;
}

bool holds(const Header& header, BucketKey hour) {
    return std::any_of(header.held.begin(), header.held.end(),
                       [&](const metrics_store::HourRange& range) {
                           return range.first <= hour && hour <= range.last;
                       });
}

std::span<const PartitionMark> marks_of(const std::vector<PartitionMark>& marks, BucketKey hour) {
    const auto first =
        std::lower_bound(marks.begin(), marks.end(), hour,
                         [](const PartitionMark& mark, BucketKey key) { return mark.hour < key; });
    const auto last = std::find_if(first, marks.end(),
                                   [&](const PartitionMark& mark) { return mark.hour != hour; });
    return {first, last};
}

}  // namespace

// One view's work of a pass. Marks and headers were read before anything was settled; what is found
// stale by them is settled from what is read then, so an old picture costs work and never a wrong
// number.
struct Settler::Due {
    const fold::View& view;
    calendar::Calendar calendar;
    Moment complete_through;
    std::vector<PartitionMark> marks;  // by hour
    std::vector<BucketKey> hours;      // that have marks, in order
};

// Builds that are ready and not yet written. What happens in between makes a build stale and never
// wrong: its positions were read first.
class Settler::Batch {
public:
    Batch(Settler& settler, const Due& due) : settler_(settler), due_(due) {}

    Result<void> add(Grain grain, BucketKey bucket) {
        SettleTask task(settler_.store_, due_.view, settler_.options_.partition_count,
                        due_.calendar, grain, bucket);
        while (!task.is_ready_to_write()) {
            ASSIGN_OR_RETURN(const bool goes_on, task.step());
            if (!goes_on) return {};
        }
        for (const auto& row : task.build().rows) bytes_ += kRowBytes + row.sketch.size();
        builds_.push_back(std::move(task).build());
        return bytes_ < kBytesAtOnce ? Result<void>{} : write();
    }
    Result<void> write() {
        if (builds_.empty()) return {};
        ASSIGN_OR_RETURN(const int64_t stored, settler_.store_.settle_all(builds_));
        written_ += stored;
        builds_.clear();
        bytes_ = 0;
        return {};
    }
    int64_t written() const { return written_; }

private:
    Settler& settler_;
    const Due& due_;
    std::vector<metrics_store::Build> builds_;
    size_t bytes_ = 0;
    int64_t written_ = 0;
};

Settler::Settler(SettlerOptions options, metrics_store::MetricsStore& store,
                 telemetry::Logger& logger)
    : options_(options), store_(store), logger_(logger) {}

// No snapshot is held while something is written: a store could not reuse what it wrote meanwhile.
Result<int64_t> Settler::pass(std::stop_token stop) {
    int64_t settled = 0;
    ASSIGN_OR_RETURN(const std::vector<fold::View> all, views());
    for (const fold::View& view : all) {
        if (stop.stop_requested()) break;
        ASSIGN_OR_RETURN(const int64_t more, pass_view(view, stop));
        settled += more;
    }
    return settled;
}

Result<std::vector<fold::View>> Settler::views() const {
    ASSIGN_OR_RETURN(const auto snapshot, store_.snapshot());
    return snapshot->views();
}

Result<std::vector<PartitionMark>> Settler::marks(fold::ViewId view, BucketRange hours) const {
    ASSIGN_OR_RETURN(const auto snapshot, store_.snapshot());
    return snapshot->marks(view, hours);
}

Result<std::vector<Header>> Settler::hour_headers(const Due& due) const {
    ASSIGN_OR_RETURN(const auto snapshot, store_.snapshot());
    return snapshot->headers(due.view.id, Grain::Hour, {due.hours.front(), due.hours.back()});
}

Result<Moment> Settler::complete_through(fold::ViewId view) const {
    ASSIGN_OR_RETURN(const auto snapshot, store_.snapshot());
    ASSIGN_OR_RETURN(const auto positions, snapshot->positions(view));
    if (static_cast<int32_t>(positions.size()) < options_.partition_count) return Moment{};
    Moment least = Moment::max();
    for (const metrics_store::PartitionPosition& entry : positions) {
        least = std::min(least, entry.position.complete_through);
    }
    return least;
}

Result<int64_t> Settler::pass_view(const fold::View& view, std::stop_token stop) {
    const fold::ViewDefinition& definition = view.definition;
    ASSIGN_OR_RETURN(calendar::Calendar calendar,
                     calendar::Calendar::make(definition.zone, definition.week_start));
    ASSIGN_OR_RETURN(const Moment complete, complete_through(view.id));
    if (complete <= Moment{}) return 0;

    // Hours that a click can still touch, or could when the last pass began, and some days more for
    // their days; at first sight all of history.
    BucketRange window = kEverything;
    if (const auto last = looked_at_.find(view.id); last != looked_at_.end())
        window.first = seconds_of(last->second) - definition.limits.late_seconds - 4 * kDaySeconds;
    Due due{view, std::move(calendar), complete, {}, {}};
    ASSIGN_OR_RETURN(due.marks, marks(view.id, window));
    for (const PartitionMark& mark : due.marks) {
        if (due.hours.empty() || due.hours.back() != mark.hour) due.hours.push_back(mark.hour);
    }
    if (due.hours.empty()) return 0;

    ASSIGN_OR_RETURN(int64_t settled, settle_hours(due, stop));
    for (const Grain grain : {Grain::Day, Grain::Week, Grain::Month}) {
        ASSIGN_OR_RETURN(const int64_t more, settle_coarse(due, grain, stop));
        settled += more;
    }
    if (options_.retires_live_rows) RETURN_IF_ERROR(retire(due));
    if (!stop.stop_requested()) looked_at_[view.id] = complete;
    return settled;
}

Result<int64_t> Settler::settle_hours(const Due& due, std::stop_token stop) {
    ASSIGN_OR_RETURN(const std::vector<Header> headers, hour_headers(due));
    std::map<BucketKey, const Header*> by_hour;
    for (const Header& header : headers) by_hour[header.bucket] = &header;
    const int64_t complete = seconds_of(due.complete_through) - options_.after_complete.count();
    Batch batch(*this, due);
    for (const BucketKey hour : due.hours) {
        if (stop.stop_requested() || due.calendar.hour_of(hour).end > complete) break;
        const auto header = by_hour.find(hour);
        if (header != by_hour.end() &&
            (header->second->is_live_gone || counts(*header->second, marks_of(due.marks, hour)))) {
            continue;
        }
        RETURN_IF_ERROR(batch.add(Grain::Hour, hour));
    }
    RETURN_IF_ERROR(batch.write());
    return batch.written();
}

// A coarse bucket is stale when its build does not count, or when a settled hour of it is not in
// it.
Result<bool> Settler::is_stale(const Due& due, Grain grain, BucketKey bucket) const {
    const std::vector<calendar::Hour> hours = due.calendar.hours_in(grain, bucket);
    if (hours.empty()) return false;
    ASSIGN_OR_RETURN(const auto snapshot, store_.snapshot());
    const BucketRange range{hours.front().key, hours.back().key};
    ASSIGN_OR_RETURN(const auto marks, snapshot->marks(due.view.id, range));
    ASSIGN_OR_RETURN(const auto own, snapshot->headers(due.view.id, grain, {bucket, bucket}));
    if (!own.empty() && !counts(own.front(), marks)) return true;
    ASSIGN_OR_RETURN(const auto parts, snapshot->headers(due.view.id, Grain::Hour, range));
    return std::any_of(parts.begin(), parts.end(), [&](const Header& part) {
        const bool is_ours =
            due.calendar.bucket_of_day(grain, due.calendar.hour_of(part.bucket).day) == bucket;
        return is_ours && counts(part, marks_of(marks, part.bucket)) &&
               (own.empty() || !holds(own.front(), part.bucket));
    });
}

Result<int64_t> Settler::settle_coarse(const Due& due, Grain grain, std::stop_token stop) {
    std::set<BucketKey> buckets;
    for (const BucketKey hour : due.hours) {
        buckets.insert(due.calendar.bucket_of_day(grain, due.calendar.hour_of(hour).day));
    }
    Batch batch(*this, due);
    for (const BucketKey bucket : buckets) {
        if (stop.stop_requested()) break;
        ASSIGN_OR_RETURN(const bool stale, is_stale(due, grain, bucket));
        if (!stale) continue;
        RETURN_IF_ERROR(batch.add(grain, bucket));
    }
    RETURN_IF_ERROR(batch.write());
    return batch.written();
}

// A day's live rows stay until no click can touch any of its hours: its limits on variety stand on
// them. An hour of grace covers a record that was stamped before the end was seen and stored after.
Result<void> Settler::retire(const Due& due) {
    const int64_t safe =
        seconds_of(due.complete_through) - due.view.definition.limits.late_seconds - kHourSeconds;
    ASSIGN_OR_RETURN(const std::vector<Header> headers, hour_headers(due));
    std::map<BucketKey, std::vector<BucketKey>> days;
    for (const BucketKey hour : due.hours) days[due.calendar.hour_of(hour).day].push_back(hour);
    std::vector<BucketKey> gone;
    for (const auto& [day, hours] : days) {
        if (seconds_of(due.calendar.end_of(Grain::Day, day)) > safe) break;
        const bool all_count = std::all_of(hours.begin(), hours.end(), [&](BucketKey hour) {
            const Header* header = header_of(headers, hour);
            return header && counts(*header, marks_of(due.marks, hour));
        });
        if (!all_count) continue;
        for (const BucketKey hour : hours) {
            if (!header_of(headers, hour)->is_live_gone) gone.push_back(hour);
        }
    }
    if (gone.empty()) return {};
    logger_.debug("live rows retired", {{"project", due.view.definition.project},
                                        {"rollup", due.view.definition.rollup.name},
                                        {"hours", static_cast<int64_t>(gone.size())}});
    for (size_t first = 0; first < gone.size(); first += kHoursAtOnce) {
        const auto some =
            std::span(gone).subspan(first, std::min(kHoursAtOnce, gone.size() - first));
        RETURN_IF_ERROR(store_.retire(due.view.id, some));
    }
    return {};
}

}  // namespace clickmill::aggregator
