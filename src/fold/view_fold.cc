#include "fold/view_fold.h"

#include "base/check.h"
#include "base/planted.h"

#include <algorithm>

namespace clickmill::fold {

Result<ViewFold> ViewFold::make(View view, Position position, const calendar::Calendar& calendar) {
    const Limits& limits = view.definition.limits;
    if (limits.features < 1 || limits.features > kMaxFeatureLimit || limits.values < 1 ||
        limits.values > kMaxValueLimit) {
        return fail(ErrorCode::InvalidInput, "limits on variety out of range",
                    view.definition.rollup.name,
                    "features may be 1 to 65,000 and values 1 to 4,000");
    }
    if (view.definition.rollup.dimensions.size() > kMaxDimensions) {
        return fail(ErrorCode::InvalidInput, "too many dimensions", view.definition.rollup.name,
                    "at most 4");
    }
    std::vector<Dimension> dimensions;
    for (const std::string& name : view.definition.rollup.dimensions) {
        ASSIGN_OR_RETURN(Dimension dimension, Dimension::named(name));
        dimensions.push_back(std::move(dimension));
    }
    return ViewFold(std::move(view), position, calendar, std::move(dimensions));
}

ViewFold::ViewFold(View view, Position position, const calendar::Calendar& calendar,
                   std::vector<Dimension> dimensions)
    : view_(std::move(view)),
      position_(position),
      calendar_(calendar),
      dimensions_(std::move(dimensions)),
      is_of_experiments_(std::any_of(dimensions_.begin(), dimensions_.end(),
                                     [](const Dimension& d) { return d.is_of_experiments(); })),
      newest_day_(position.newest_hour == INT64_MIN ? INT64_MIN
                                                    : calendar_.hour_of(position.newest_hour).day) {
}

bool ViewFold::wants_properties() const {
    return std::any_of(dimensions_.begin(), dimensions_.end(),
                       [](const Dimension& d) { return d.is_property(); });
}

// A day in two pieces (St John's) begins before the end of the day before it: one day more is asked
// for.
bool ViewFold::needs_day(calendar::BucketKey day) const {
    constexpr calendar::BucketKey kDay = 86'400;
    return newest_day_ != INT64_MIN && day <= newest_day_ + kDay && !days_.contains(day);
}

void ViewFold::provide_day(calendar::BucketKey day, std::span<const Labels> stored) {
    DayDictionary& names = day_of(day).names;
    for (const Labels& labels : stored) names.restore(labels);
}

ViewFold::Day& ViewFold::day_of(calendar::BucketKey key) {
    if (const auto known = days_.find(key); known != days_.end()) return known->second;
    return days_.emplace(key, Day{DayDictionary(dimensions_.size()), commits_}).first->second;
}

void ViewFold::add(const Click& click) {
    CHECK(click.offset >= position_.through);
    CHECK(!needs_day(click.hour.day));
    touched_[click.hour.key] = click.offset.next();
    if (click.is_repeat) return;

    const auto [entry, is_new] = hours_.try_emplace(click.hour.key);
    HourCells& hour = entry->second;
    // Of an hour that is newer than any stored row there is nothing to load.
    if (is_new) hour.is_whole = click.hour.key > position_.newest_hour;
    hour.day = click.hour.day;
    hour.last_used = commits_;
    Day& day = day_of(click.hour.day);
    day.last_used = commits_;
    const Limits& limits = view_.definition.limits;
    const uint16_t feature = day.names.features().admit(click.event->feature_id, limits.features);

    const auto add_rows = [&](const event::NamedValue* experiment) {
        std::array<uint16_t, kMaxDimensions> values{};
        for (size_t i = 0; i < dimensions_.size(); ++i) {
            const std::string_view value = dimensions_[i].value(*click.event, experiment);
            values[i] =
                value.empty() ? kNoneNumber : day.names.values(i).admit(value, limits.values);
            if (values[i] == kAllNumber) values[i] = kNoneNumber;  // nobody may send "(all)"
        }
        add_row(hour, click, pack(feature, values));
        add_row(hour, click, pack(kAllNumber, values));
    };
    if (!is_of_experiments_ || click.event->experiments.empty()) return add_rows(nullptr);
    for (const event::NamedValue& experiment : click.event->experiments) add_rows(&experiment);
}

void ViewFold::add_row(HourCells& hour, const Click& click, PackedLabels labels) {
    std::unique_ptr<Cell>& slot = hour.cells[labels];
    if (!slot) {
        slot = std::make_unique<Cell>();
        ++cell_count_;
        slot->is_known = hour.is_whole || is_planted("no load");
        if (!slot->is_known) missing_.push_back({click.hour.key, labels, slot.get()});
    }
    Cell& cell = *slot;
    if (!cell.is_dirty) {
        cell.is_dirty = true;
        dirty_.push_back({click.hour.key, labels, &cell});
    }
    const bool has_who = click.has_who && view_.definition.rollup.users;
    if (!cell.is_known) return cell.waiting.push_back({click.offset, click.who_hash, has_who});
    apply(cell, click.offset, has_who ? &click.who_hash : nullptr);
}

void ViewFold::apply(Cell& cell, Offset offset, const uint64_t* who_hash) {
    const bool is_fresh = offset >= cell.clicks_through || is_planted("no cell guard");
    if (is_fresh) {
        ++cell.clicks;
        cell.clicks_changed = true;
    }
    // A sketch takes every record again: adding twice changes nothing, and a crash between the two
    // tables loses nobody.
    if (who_hash && (is_fresh || !is_planted("sketch guarded")) && cell.users.add(*who_hash))
        cell.users_changed = true;
}

std::vector<CellKey> ViewFold::missing_cells() const {
    std::vector<CellKey> keys;
    keys.reserve(missing_.size());
    for (const DirtyCell& cell : missing_) {
        keys.push_back({cell.hour, days_.at(hours_.at(cell.hour).day).names.labels(cell.labels)});
    }
    return keys;
}

Result<void> ViewFold::provide_cells(std::span<const StoredCell> stored) {
    CHECK(stored.size() == missing_.size());
    for (size_t i = 0; i < stored.size(); ++i) {
        Cell& cell = *missing_[i].cell;
        cell.clicks = stored[i].clicks;
        cell.clicks_through = stored[i].clicks_through;
        if (!stored[i].sketch.empty()) RETURN_IF_ERROR(cell.users.unite_bytes(stored[i].sketch));
        cell.is_known = true;
        for (const Cell::Waiting& waiting : cell.waiting) {
            apply(cell, waiting.offset, waiting.has_who ? &waiting.who_hash : nullptr);
        }
        cell.waiting = {};
    }
    missing_.clear();
    return {};
}

ViewChanges ViewFold::changes(Offset through, Moment complete_through) const {
    CHECK(missing_.empty());
    ViewChanges changes{.view = view_.id, .from = position_.through};
    changes.position = {through, position_.newest_hour,
                        std::max(complete_through, position_.complete_through)};
    for (const auto& [hour, touched] : touched_) {
        changes.marks.push_back({hour, is_planted("marks at commit") ? through : touched});
        if (hours_.contains(hour))
            changes.position.newest_hour = std::max(changes.position.newest_hour, hour);
    }
    for (const DirtyCell& dirty : dirty_) {
        const Cell& cell = *dirty.cell;
        // A row that was loaded may be ahead of us, and may be gone by now: it is never written
        // under a lower `through`.
        const bool is_behind =
            through <= cell.clicks_through && !is_planted("write behind a loaded row");
        const bool has_row = cell.clicks_changed && !is_behind;
        if (!has_row && !cell.users_changed) continue;
        CellKey key{dirty.hour, days_.at(hours_.at(dirty.hour).day).names.labels(dirty.labels)};
        if (cell.users_changed) changes.sketches.push_back({key, cell.users.bytes()});
        if (has_row) changes.rows.push_back({std::move(key), cell.clicks});
    }
    const auto by_key = [](const auto& a, const auto& b) { return a.key < b.key; };
    std::sort(changes.rows.begin(), changes.rows.end(), by_key);
    std::sort(changes.sketches.begin(), changes.sketches.end(), by_key);
    return changes;
}

void ViewFold::committed(const Position& position) {
    position_ = position;
    if (position.newest_hour != INT64_MIN)
        newest_day_ = calendar_.hour_of(position.newest_hour).day;
    for (const DirtyCell& dirty : dirty_) {
        Cell& cell = *dirty.cell;
        cell.clicks_through =
            std::max(cell.clicks_through, position.through);  // a loaded row may be ahead of us
        cell.is_dirty = cell.clicks_changed = cell.users_changed = false;
    }
    dirty_.clear();
    touched_.clear();
    ++commits_;
}

size_t ViewFold::evict(int64_t commits_before, size_t keep) {
    for (auto hour = hours_.begin(); hour != hours_.end();) {
        const bool is_old = hour->second.last_used + commits_before < commits_;
        if (!is_old && cell_count_ <= keep) {
            ++hour;
            continue;
        }
        boost::unordered_flat_map<PackedLabels, std::unique_ptr<Cell>>& cells = hour->second.cells;
        for (auto cell = cells.begin(); cell != cells.end();) {
            const bool is_kept = cell->second->is_dirty || !cell->second->is_known ||
                                 (!is_old && cell_count_ <= keep);
            if (is_kept) {
                ++cell;
            } else {
                cells.erase(cell++);
                --cell_count_;
                hour->second.is_whole = false;
            }
        }
        hour = cells.empty() ? hours_.erase(hour) : std::next(hour);
    }
    // A day's names go once none of its cells is left; they are asked for again when a click needs
    // them.
    std::erase_if(days_, [&](const auto& day) {
        return day.second.last_used + commits_before < commits_ &&
               std::none_of(
                   hours_.begin(), hours_.end(),
                   [&](const auto& hour) { return hour.second.day == day.first; });
    });
    return cell_count_;
}

}  // namespace clickmill::fold
