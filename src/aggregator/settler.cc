#include "aggregator/settler.h"

#include <algorithm>
#include <map>
#include <set>
#include <utility>

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
// Retention is looked after once an hour. What it could not forget yet it looks at again for so
// long, or after a restart.
constexpr int64_t kForgetEvery = kHourSeconds;
constexpr int64_t kForgetAgain = 70 * kDaySeconds;
constexpr int64_t kLongestBucket = 32 * kDaySeconds;

int64_t seconds_of(Moment moment) {
    return std::chrono::floor<std::chrono::seconds>(moment).time_since_epoch().count();
}

const Header* header_of(const std::vector<Header>& headers, BucketKey bucket) {
    const auto found = std::find_if(headers.begin(), headers.end(),
                                    [&](const Header& h) { return h.bucket == bucket; });
    return found == headers.end() ? nullptr : &*found;
}

// Hours that stand in one piece, such as those that a day holds.
bool holds(const Header& header, const metrics_store::HourRange& hours) {
    return std::any_of(header.held.begin(), header.held.end(),
                       [&](const metrics_store::HourRange& range) {
                           return range.first <= hours.first && hours.last <= range.last;
                       });
}

std::span<const PartitionMark> marks_of(const std::vector<PartitionMark>& marks,
                                        const metrics_store::HourRange& hours) {
    const auto first = std::ranges::lower_bound(marks, hours.first, {}, &PartitionMark::hour);
    const auto last =
        std::ranges::upper_bound(first, marks.end(), hours.last, {}, &PartitionMark::hour);
    return {first, last};
}
std::span<const PartitionMark> marks_of(const std::vector<PartitionMark>& marks, BucketKey hour) {
    return marks_of(marks, metrics_store::HourRange{hour, hour});
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
    : options_(std::move(options)), store_(store), logger_(logger) {}

// No snapshot is held while something is written: a store could not reuse what it wrote meanwhile.
Result<int64_t> Settler::pass(std::stop_token stop) {
    int64_t settled = 0;
    ASSIGN_OR_RETURN(const std::vector<fold::View> all, views());
    views_at_rest_.clear();
    for (const fold::View& view : all) {
        if (stop.stop_requested()) break;
        ASSIGN_OR_RETURN(const int64_t more, pass_view(view, stop));
        if (more == 0 && !stop.stop_requested()) views_at_rest_.insert(view.id);
        settled += more;
    }
    return settled;
}

Result<std::vector<fold::View>> Settler::views() const {
    ASSIGN_OR_RETURN(const auto snapshot, store_.snapshot());
    ASSIGN_OR_RETURN(std::vector<fold::View> views, snapshot->views());
    std::erase_if(views, [](const fold::View& view) { return !view.is_counted(); });
    return views;
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
    RETURN_IF_ERROR(forget_old(due, stop));
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
    if (!own.empty() && own.front().is_forgotten) return false;
    if (!own.empty() && !counts(own.front(), marks)) return true;
    ASSIGN_OR_RETURN(const auto parts, snapshot->headers(due.view.id, Grain::Hour, range));
    return std::any_of(parts.begin(), parts.end(), [&](const Header& part) {
        const bool is_ours =
            due.calendar.bucket_of_day(grain, due.calendar.hour_of(part.bucket).day) == bucket;
        return is_ours && !part.is_forgotten && counts(part, marks_of(marks, part.bucket)) &&
               (own.empty() || !holds(own.front(), {part.bucket, part.bucket}));
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

// No click can touch what ended by this instant any more. An hour of grace covers a record that was
// stamped before the end was seen and stored after.
int64_t Settler::no_click_before(const Due& due) {
    return seconds_of(due.complete_through) - due.view.definition.limits.late_seconds -
           kHourSeconds;
}

// A day's live rows stay until no click can touch any of its hours: its limits on variety stand on
// them.
Result<void> Settler::retire(const Due& due) {
    const int64_t safe = no_click_before(due);
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

int64_t Retention::days_of(Grain grain) const {
    switch (grain) {
        case Grain::Hour:
            return hour_days;
        case Grain::Day:
            return day_days;
        case Grain::Week:
            return week_days;
        case Grain::Month:
            return month_days;
    }
    return 0;
}

Result<void> Settler::forget_old(const Due& due, std::stop_token stop) {
    const auto own = options_.retention_of.find(due.view.definition.rollup.name);
    const Retention& retention =
        own == options_.retention_of.end() ? options_.retention : own->second;
    for (const Grain grain : {Grain::Hour, Grain::Day, Grain::Week, Grain::Month}) {
        const int64_t days = retention.days_of(grain);
        if (days == 0) continue;
        const int64_t before = seconds_of(due.complete_through) - days * kDaySeconds;
        const auto last = forgotten_before_.find({due.view.id, grain});
        if (last != forgotten_before_.end() && before < last->second + kForgetEvery) continue;
        RETURN_IF_ERROR(forget_old(due, grain, before, stop));
        if (!stop.stop_requested()) forgotten_before_[{due.view.id, grain}] = before;
    }
    return {};
}

// The longer buckets that hold their hours for good: over, settled, and standing; or forgotten.
Result<std::vector<Header>> Settler::final_headers(const Due& due, Grain grain,
                                                   BucketRange around) const {
    ASSIGN_OR_RETURN(const auto snapshot, store_.snapshot());
    ASSIGN_OR_RETURN(const auto marks, snapshot->marks(due.view.id, around));
    ASSIGN_OR_RETURN(auto headers, snapshot->headers(due.view.id, grain, around));
    std::erase_if(headers, [&](const Header& header) {
        if (header.is_forgotten) return false;
        const std::vector<calendar::Hour> hours = due.calendar.hours_in(grain, header.bucket);
        const bool is_over =
            seconds_of(due.calendar.end_of(grain, header.bucket)) <= no_click_before(due);
        return !is_over || !counts(header, marks_of(marks, {hours.front().key, hours.back().key}));
    });
    return headers;
}

// An hour goes once its day holds it for good, a day once its week and month do: an answer over
// days loses nothing when hours go.
Result<void> Settler::forget_old(const Due& due, Grain grain, int64_t before,
                                 std::stop_token stop) {
    const calendar::Calendar& calendar = due.calendar;
    const auto last = forgotten_before_.find({due.view.id, grain});
    const int64_t from = last == forgotten_before_.end() ? INT64_MIN : last->second - kForgetAgain;
    const BucketRange around{from == INT64_MIN ? from : from - kLongestBucket,
                             before + kLongestBucket};
    std::vector<Grain> made_of_it;
    if (grain == Grain::Hour) made_of_it = {Grain::Day};
    if (grain == Grain::Day) made_of_it = {Grain::Week, Grain::Month};
    std::vector<std::pair<Grain, std::vector<Header>>> longer;
    for (const Grain coarse : made_of_it) {
        ASSIGN_OR_RETURN(auto found, final_headers(due, coarse, around));
        longer.emplace_back(coarse, std::move(found));
    }
    std::vector<Header> headers;
    {
        ASSIGN_OR_RETURN(const auto snapshot, store_.snapshot());
        ASSIGN_OR_RETURN(headers, snapshot->headers(due.view.id, grain, {from, before}));
    }
    const auto is_held = [&](const metrics_store::HourRange& hours) {
        const BucketKey day = calendar.hour_of(hours.first).day;
        return std::all_of(longer.begin(), longer.end(), [&](const auto& of_grain) {
            const Header* header =
                header_of(of_grain.second, calendar.bucket_of_day(of_grain.first, day));
            return header && holds(*header, hours);
        });
    };
    std::vector<BucketKey> old;
    for (const Header& header : headers) {
        const bool is_over = seconds_of(calendar.end_of(grain, header.bucket)) <= before;
        const bool is_final = grain != Grain::Hour || header.is_live_gone;
        const bool is_held_whole = std::all_of(header.held.begin(), header.held.end(), is_held);
        if (!header.is_forgotten && is_over && is_final && is_held_whole)
            old.push_back(header.bucket);
    }
    for (size_t first = 0; first < old.size() && !stop.stop_requested(); first += kHoursAtOnce) {
        const auto some = std::span(old).subspan(first, std::min(kHoursAtOnce, old.size() - first));
        RETURN_IF_ERROR(store_.forget(due.view.id, grain, some));
    }
    if (!old.empty()) {
        logger_.debug("retention is over", {{"project", due.view.definition.project},
                                            {"rollup", due.view.definition.rollup.name},
                                            {"grain", std::string(name_of(grain))},
                                            {"buckets", static_cast<int64_t>(old.size())}});
    }
    return {};
}

}  // namespace clickmill::aggregator
