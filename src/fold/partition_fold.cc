#include "fold/partition_fold.h"

#include "base/check.h"
#include "base/planted.h"

#include <algorithm>
#include <set>

namespace clickmill::fold {
namespace {

Ledger first_ledger(const PartitionFold::Options& options) {
    Ledger ledger;
    ledger.partition = options.partition;
    ledger.log_id = options.log_id;
    ledger.partition_count = options.partition_count;
    ledger.repeat_key = options.repeat_key;
    return ledger;
}

}  // namespace

PartitionFold::PartitionFold(Options options, const Ledger* ledger)
    : options_(std::move(options)),
      ledger_(ledger ? *ledger : first_ledger(options_)),
      ledger_through_(ledger_.through),
      repeats_(ledger_.repeat_key, options_.repeats, ledger_.cuts, ledger_.through),
      read_from_(RepeatTables::window_start(ledger_.cuts, ledger_.through)),
      next_(read_from_),
      first_to_apply_(ledger_through_) {}

Result<void> PartitionFold::add_view(View view, Position position) {
    const ViewId id = view.id;
    if (views_.contains(id)) return {};
    const ViewDefinition& definition = view.definition;
    ASSIGN_OR_RETURN(Timeline * found, timeline_of(definition));
    Timeline& timeline = *found;
    ASSIGN_OR_RETURN(ViewFold fold, ViewFold::make(std::move(view), position, timeline.calendar));
    if (fold.wants_properties()) lines_.read_also(event::Reads::Properties);
    // Before anything was read, a view that is behind the others takes reading back to its own
    // window.
    if (next_ == read_from_ && !is_restored_) {
        read_from_ = next_ =
            std::min(read_from_, RepeatTables::window_start(ledger_.cuts, position.through));
    }
    timeline.views.push_back(&views_.emplace(id, std::move(fold)).first->second);
    if (next_ == read_from_) first_to_apply_ = next_to_apply();
    return {};
}

Result<PartitionFold::Timeline*> PartitionFold::timeline_of(const ViewDefinition& definition) {
    const auto known = projects_.find(definition.project);
    if (known != projects_.end()) {
        for (Timeline& timeline : known->second.timelines) {
            if (timeline.calendar.zone() == definition.zone &&
                timeline.calendar.week_start() == definition.week_start &&
                timeline.late_seconds == definition.limits.late_seconds)
                return &timeline;
        }
    }
    ASSIGN_OR_RETURN(calendar::Calendar calendar,
                     calendar::Calendar::make(definition.zone, definition.week_start));
    const auto [project, is_new] = projects_.try_emplace(
        definition.project, Project{&ledger_.projects[definition.project], {}});
    if (is_new) last_project_ = nullptr;
    return &project->second.timelines.emplace_back(
        Timeline{std::move(calendar), definition.limits.late_seconds, {}, {}, {}});
}

void PartitionFold::restore_repeats(std::span<const RepeatPiece> stored) {
    CHECK(next_ == read_from_ && !is_restored_);
    is_restored_ = true;
    read_from_ = next_ = repeats_.restore(next_to_apply(), stored);
}

void PartitionFold::begin_after_gap(Offset first, int64_t lost) {
    CHECK(next_ == read_from_ && first > next_);
    read_from_ = next_ = first;
    if (lost > 0) ledger_.projects[""].lost += lost;
}

void PartitionFold::read(const Input& input) {
    CHECK(input.offset >= next_);
    input_ = input;
    read_to_ = std::max(read_to_, input.append_time);
    judged_.clear();
    ids_.clear();
    repeats_.enter(input.offset, input.append_time);
    if (input.is_damaged || !input.fault.empty()) return;
    const std::span<const event::Line> lines =
        input.lines ? *input.lines : lines_.read(input.payload, input.append_time);
    for (const event::Line& line : lines) {
        judged_.push_back({.line = &line});
        if (!line.readable) continue;
        freshness_.saw(line.event.received_at, input.append_time);
        if (!line.event.event_id.empty())
            ids_.push_back(block_of(line.event.project, line.event.event_id, repeats_.key()));
    }
    judge_repeats();
}

std::optional<Unread> PartitionFold::unread() const {
    if (input_.offset < ledger_through_ || input_.is_damaged) return std::nullopt;
    if (!input_.fault.empty()) return Unread{input_.fault, std::string(input_.payload)};
    if (judged_.empty()) return Unread{"no line in it", std::string(input_.payload)};
    const auto first = std::ranges::find(
        judged_, false, [](const Judged& judged) { return judged.line->readable; });
    if (first == judged_.end()) return std::nullopt;
    Unread unread{first->line->error, {}};
    auto judged = judged_.begin();
    for (std::string_view rest = input_.payload; !rest.empty() && judged != judged_.end();) {
        const size_t end = std::min(rest.find('\n'), rest.size() - 1) + 1;
        const std::string_view line = rest.substr(0, end);
        rest.remove_prefix(end);
        if (line.find_first_not_of(" \t\r\n") == std::string_view::npos) continue;
        if (!judged->line->readable) unread.lines += line;
        ++judged;
    }
    return unread;
}

void PartitionFold::judge_repeats() {
    repeats_.see(ids_, repeated_);
    size_t id = 0;
    for (Judged& judged : judged_) {
        if (judged.line->readable && !judged.line->event.event_id.empty())
            judged.is_repeat = repeated_[id++];
    }
}

std::vector<std::string> PartitionFold::missing_projects() const {
    std::set<std::string, std::less<>> missing;
    if (is_rebuilding()) return {};
    for (const Judged& judged : judged_) {
        if (!judged.line->readable || projects_.contains(judged.line->event.project)) continue;
        missing.emplace(judged.line->event.project);
    }
    return {missing.begin(), missing.end()};
}

std::vector<MissingDay> PartitionFold::missing_days() const {
    std::vector<MissingDay> missing;
    if (is_rebuilding()) return {};
    std::string_view last_project;
    calendar::Hour last;  // of that project's only timeline, if it has one
    for (const Judged& judged : judged_) {
        if (!judged.line->readable) continue;
        const Moment received_at = judged.line->event.received_at;
        if (last.holds(received_at) && judged.line->event.project == last_project) continue;
        const auto project = projects_.find(judged.line->event.project);
        if (project == projects_.end()) continue;
        const std::deque<Timeline>& timelines = project->second.timelines;
        for (const Timeline& timeline : timelines) {
            last = timeline.calendar.hour_at(received_at);
            find_missing_days(timeline, last.day, missing);
        }
        last_project = timelines.size() == 1 ? std::string_view(project->first) : "";
    }
    return missing;
}

void PartitionFold::find_missing_days(const Timeline& timeline, calendar::BucketKey day,
                                      std::vector<MissingDay>& missing) const {
    for (const ViewFold* view : timeline.views) {
        const ViewId id = view->view().id;
        if (input_.offset < view->position().through || !view->needs_day(day)) continue;
        const auto is_same = [&](const MissingDay& other) {
            return other.view == id && other.day == day;
        };
        if (std::ranges::any_of(missing, is_same)) continue;
        MissingDay& found = missing.emplace_back(MissingDay{id, day, {}});
        for (const calendar::Hour& hour : timeline.calendar.hours_in(calendar::Grain::Day, day))
            found.hours.push_back(hour.key);
    }
}

void PartitionFold::provide_day(ViewId view, calendar::BucketKey day,
                                std::span<const Labels> stored) {
    views_.at(view).provide_day(day, stored);
}

PartitionFold::Verdict PartitionFold::verdict_of(const Judged& judged) {
    if (!judged.project) return Verdict::Unreadable;
    if (judged.is_repeat) return Verdict::Duplicate;
    if (judged.line->event.bot) return Verdict::LeftOut;
    return judged.is_late ? Verdict::Late : Verdict::Counted;
}

void PartitionFold::account(const Judged& judged) {
    Accounting& accounting = judged.project ? *judged.project->accounting : ledger_.projects[""];
    switch (verdict_of(judged)) {
        case Verdict::Unreadable:
            ++accounting.unreadable;
            break;
        case Verdict::Duplicate:
            ++accounting.duplicate;
            break;
        case Verdict::LeftOut:
            ++accounting.left_out;
            break;
        case Verdict::Late:
            ++accounting.late;
            break;
        case Verdict::Counted:
            ++accounting.counted;
            break;
    }
}

void PartitionFold::account_record() {
    const int64_t gone = input_.lost_before + (input_.is_damaged ? input_.event_count : 0);
    if (gone > 0) ledger_.projects[""].lost += gone;
    // Lines that the record promised and does not have.
    const int64_t missing = input_.event_count - static_cast<int64_t>(judged_.size());
    if (!input_.is_damaged && missing > 0) ledger_.projects[""].unreadable += missing;
    ledger_.folded_to = std::max(ledger_.folded_to, input_.append_time);
}

void PartitionFold::find_project(Judged& judged) {
    if (!judged.line->readable) return;
    if (!last_project_ || last_project_->first != judged.line->event.project) {
        const auto found = projects_.find(judged.line->event.project);
        last_project_ = found == projects_.end() ? nullptr : &*found;
    }
    if (last_project_) judged.project = &last_project_->second;
}

void PartitionFold::apply() {
    next_ = input_.offset.next();
    if (is_rebuilding()) return;
    const bool is_new = input_.offset >= ledger_through_;
    if (is_new) account_record();
    place_clicks(is_new);
    for (Timeline* timeline : clicked_) {
        for (ViewFold* view : timeline->views) {
            if (input_.offset >= view->position().through) view->add(timeline->clicks);
        }
        timeline->clicks.clear();
    }
    clicked_.clear();
    judged_.clear();
}

void PartitionFold::place_clicks(bool is_new) {
    for (Judged& judged : judged_) {
        find_project(judged);
        if (judged.project) {
            for (Timeline& timeline : judged.project->timelines) place_click(judged, timeline);
        }
        if (is_new) account(judged);
    }
}

void PartitionFold::place_click(Judged& judged, Timeline& timeline) {
    const event::Event& event = judged.line->event;
    const calendar::Hour hour = timeline.hour_at(event.received_at);
    const bool is_late = timeline.is_late(hour, input_.append_time);
    if (&timeline == &judged.project->timelines.front()) judged.is_late = is_late;
    // A repeat touches its hour all the same; a late one, or a crawler's, never could have
    // changed it.
    if (event.bot || is_late) return;
    const std::string_view who = event.who();
    if (timeline.clicks.empty()) clicked_.push_back(&timeline);
    timeline.clicks.push_back({&event, event.feature_id, input_.offset, hour,
                               who.empty() ? 0 : hll_hash(who), !who.empty(), judged.is_repeat});
}

calendar::Hour PartitionFold::Timeline::hour_at(Moment moment) {
    if (!last_hour.holds(moment)) last_hour = calendar.hour_at(moment);
    return last_hour;
}

bool PartitionFold::Timeline::is_late(const calendar::Hour& hour, Moment append_time) const {
    return microseconds_of(append_time) > (hour.end + late_seconds) * 1'000'000;
}

Offset PartitionFold::next_to_apply() const {
    Offset least = ledger_through_;
    for (const auto& [id, view] : views_) least = std::min(least, view.position().through);
    return least;
}

bool PartitionFold::is_rebuilding() const {
    return input_.offset < first_to_apply_;
}

// Stands on what this fold has read itself: a stored ledger may be ahead of the views that go on
// from before it.
Moment PartitionFold::complete_through(std::optional<Moment> at_end_since) const {
    const Moment known_to = at_end_since ? std::max(*at_end_since, read_to_) : read_to_;
    return known_to == Moment{} ? Moment{} : freshness_.complete_through(known_to);
}

Ledger PartitionFold::ledger(std::optional<Moment> at_end_since) const {
    Ledger ledger = ledger_;
    ledger.through = std::max(next_, ledger_through_);
    ledger.cuts = repeats_.cuts();
    // What was stored holds until as much is read again. Then what clicks have shown since counts,
    // even where it takes back a part of the promise: a collector was cut off, or its clock is
    // behind.
    const Moment known = complete_through(at_end_since);
    const bool has_caught_up =
        next_ > ledger_through_ || (next_ == ledger_through_ && at_end_since);
    ledger.complete_through = has_caught_up ? known : std::max(ledger.complete_through, known);
    ledger.repeat_window_seconds =
        repeats_.window_seconds(at_end_since ? *at_end_since : ledger.folded_to);
    return ledger;
}

}  // namespace clickmill::fold
