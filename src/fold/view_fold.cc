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

void ViewFold::add(std::span<const Click> clicks) {
    rows_.clear();
    for (const Click& click : clicks) {
        CHECK(click.offset >= position_.through);
        touch(click);
        if (!click.is_repeat) find_rows(click);
    }
    // Cells are on their way from memory by now; their sketches are asked for a few rows ahead.
    constexpr size_t kAhead = 8;
    for (size_t i = 0; i < rows_.size(); ++i) {
        if (view_.definition.rollup.users && i + kAhead < rows_.size()) {
            const Row& ahead = rows_[i + kAhead];
            const Cell* cell = ahead.hour->cells.find(ahead.labels);
            if (cell) cell->users.prefetch(ahead.click->who_hash);
        }
        add_row(rows_[i]);
    }
}

void ViewFold::touch(const Click& click) {
    if (!last_touched_ || last_touched_->first != click.hour.key) {
        CHECK(!needs_day(click.hour.day));
        last_touched_ = &*touched_.try_emplace(click.hour.key).first;
    }
    last_touched_->second = click.offset.next();
}

ViewFold::OpenHour& ViewFold::open_hour(const calendar::Hour& key) {
    if (open_.key == key.key) return open_;
    const auto [entry, is_new] = hours_.try_emplace(key.key);
    HourCells& hour = entry->second;
    // Of an hour that is newer than any stored row there is nothing to load.
    if (is_new) hour.is_whole = key.key > position_.newest_hour;
    hour.day = key.day;
    hour.last_used = commits_;
    Day& day = day_of(key.day);
    day.last_used = commits_;
    open_ = {key.key, &hour, &day.names};
    return open_;
}

void ViewFold::find_rows(const Click& click) {
    const OpenHour& open = open_hour(click.hour);
    const Limits& limits = view_.definition.limits;
    const uint16_t feature = open.names->features().admit(click.feature, limits.features);
    const auto add_rows = [&](const event::NamedValue* experiment) {
        std::array<uint16_t, kMaxDimensions> values{};
        for (size_t i = 0; i < dimensions_.size(); ++i) {
            const std::string_view value = dimensions_[i].value(*click.event, experiment);
            values[i] =
                value.empty() ? kNoneNumber : open.names->values(i).admit(value, limits.values);
            if (values[i] == kAllNumber) values[i] = kNoneNumber;  // nobody may send "(all)"
        }
        for (const uint16_t of : {feature, kAllNumber}) {
            rows_.push_back({&click, open.cells, pack(of, values)});
            open.cells->cells.prefetch(rows_.back().labels);
        }
    };
    if (!is_of_experiments_ || click.event->experiments.empty()) return add_rows(nullptr);
    for (const event::NamedValue& experiment : click.event->experiments) add_rows(&experiment);
}

void ViewFold::add_row(const Row& row) {
    const Click& click = *row.click;
    const auto [cell, is_new] = row.hour->cells.at_or_new(row.labels);
    const CellPlace place{click.hour.key, row.labels};
    if (is_new) {
        ++cell_count_;
        if (!row.hour->is_whole && !is_planted("no load")) {
            cell.missing = static_cast<int32_t>(missing_.size());
            missing_.push_back({place, {}});
        }
    }
    if (!cell.is_dirty) {
        cell.is_dirty = true;
        dirty_.push_back(place);
    }
    const bool has_who = click.has_who && view_.definition.rollup.users;
    if (cell.missing != Cell::kKnown) {
        missing_[static_cast<size_t>(cell.missing)].waiting.push_back(
            {click.offset, click.who_hash, has_who});
        return;
    }
    apply(cell, click.offset, has_who ? &click.who_hash : nullptr);
}

const Cell& ViewFold::cell_at(const CellPlace& place) const {
    const Cell* cell = hours_.at(place.hour).cells.find(place.labels);
    CHECK(cell != nullptr);
    return *cell;
}

Cell& ViewFold::cell_at(const CellPlace& place) {
    return const_cast<Cell&>(std::as_const(*this).cell_at(place));
}

CellKey ViewFold::key_of(const CellPlace& place) const {
    return {place.hour, days_.at(hours_.at(place.hour).day).names.labels(place.labels)};
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
    for (const MissingCell& missing : missing_) keys.push_back(key_of(missing.place));
    return keys;
}

Result<void> ViewFold::provide_cells(std::span<const StoredCell> stored) {
    CHECK(stored.size() == missing_.size());
    for (size_t i = 0; i < stored.size(); ++i) {
        Cell& cell = cell_at(missing_[i].place);
        cell.clicks = stored[i].clicks;
        cell.clicks_through = stored[i].clicks_through;
        if (!stored[i].sketch.empty()) RETURN_IF_ERROR(cell.users.unite_bytes(stored[i].sketch));
        cell.missing = Cell::kKnown;
        for (const MissingCell::Waiting& waiting : missing_[i].waiting) {
            apply(cell, waiting.offset, waiting.has_who ? &waiting.who_hash : nullptr);
        }
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
    for (const CellPlace& place : changed_in_order()) {
        const Cell& cell = cell_at(place);
        // Only a record at or above the cell's `through` changes its clicks. A row that was loaded
        // ahead of us may be gone by now: it is never written under our lower `through`.
        const bool has_row = cell.clicks_changed || is_planted("write behind a loaded row");
        CellKey key = key_of(place);
        if (cell.users_changed) changes.sketches.push_back({key, cell.users.bytes()});
        if (has_row) changes.rows.push_back({std::move(key), cell.clicks});
    }
    return changes;
}

// By hour, then by labels as their texts are ordered.
std::vector<ViewFold::CellPlace> ViewFold::changed_in_order() const {
    struct Ranked {
        PackedLabels rank;
        CellPlace place;
    };
    std::vector<Ranked> ranked;
    ranked.reserve(dirty_.size());
    std::map<calendar::BucketKey, LabelsOrder> orders;  // by hour
    for (const CellPlace& place : dirty_) {
        auto order = orders.find(place.hour);
        if (order == orders.end()) {
            const Day& day = days_.at(hours_.at(place.hour).day);
            order = orders.try_emplace(place.hour, day.names).first;
        }
        ranked.push_back({order->second.rank(place.labels), place});
    }
    std::ranges::sort(ranked, {},
                      [](const Ranked& of) { return std::pair(of.place.hour, of.rank); });
    std::vector<CellPlace> places;
    places.reserve(ranked.size());
    for (const Ranked& of : ranked) places.push_back(of.place);
    return places;
}

void ViewFold::committed(const Position& position) {
    position_ = position;
    if (position.newest_hour != INT64_MIN)
        newest_day_ = calendar_.hour_of(position.newest_hour).day;
    for (const CellPlace& place : dirty_) {
        Cell& cell = cell_at(place);
        cell.clicks_through =
            std::max(cell.clicks_through, position.through);  // a loaded row may be ahead of us
        cell.is_dirty = cell.clicks_changed = cell.users_changed = false;
    }
    dirty_.clear();
    touched_.clear();
    last_touched_ = nullptr;
    open_ = {};
    ++commits_;
}

size_t ViewFold::evict(int64_t commits_before, size_t keep) {
    open_ = {};
    for (auto hour = hours_.begin(); hour != hours_.end();) {
        const bool is_old = hour->second.last_used + commits_before < commits_;
        if (!is_old && cell_count_ <= keep) {
            ++hour;
            continue;
        }
        CellTable& cells = hour->second.cells;
        cells.keep_if([&](const Cell& cell) {
            const bool is_kept =
                cell.is_dirty || cell.missing != Cell::kKnown || (!is_old && cell_count_ <= keep);
            if (!is_kept) {
                --cell_count_;
                hour->second.is_whole = false;
            }
            return is_kept;
        });
        hour = cells.size() == 0 ? hours_.erase(hour) : std::next(hour);
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
