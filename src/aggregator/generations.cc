#include "aggregator/generations.h"

#include <algorithm>
#include <map>
#include <string>
#include <utility>
#include <vector>

namespace clickmill::aggregator {
namespace {

using fold::View;
using fold::ViewState;

bool is_same_rollup(const View& one, const View& other) {
    return one.definition.project == other.definition.project &&
           one.definition.rollup.name == other.definition.rollup.name;
}

const View* current_of(std::span<const View> all, const View& view) {
    const auto found = std::ranges::find_if(all, [&](const View& other) {
        return other.state == ViewState::Current && is_same_rollup(other, view);
    });
    return found == all.end() ? nullptr : &*found;
}

bool is_in_zone_of(const View& one, const View& other) {
    return one.definition.zone == other.definition.zone &&
           one.definition.week_start == other.definition.week_start;
}

}  // namespace

std::vector<View> views_to_switch(std::span<const View> all, std::span<const View> complete) {
    const auto may_come = [&](const View& view) {
        const View* current = current_of(all, view);
        return !current || view.since <= current->since;
    };
    std::vector<View> ready;
    std::map<std::string, std::vector<View>> moving;  // by project
    for (const View& view : complete) {
        if (!may_come(view)) continue;
        const bool moves = std::ranges::any_of(all, [&](const View& other) {
            return other.state == ViewState::Current &&
                   other.definition.project == view.definition.project &&
                   !is_in_zone_of(other, view);
        });
        (moves ? moving[view.definition.project] : ready).push_back(view);
    }
    for (const auto& entry : moving) {
        const std::string& project = entry.first;
        const std::vector<View>& views = entry.second;
        const bool is_whole = std::ranges::all_of(all, [&](const View& current) {
            return current.state != ViewState::Current || current.definition.project != project ||
                   std::ranges::any_of(views, [&](const View& view) {
                       return is_same_rollup(view, current) && is_in_zone_of(view, views.front());
                   });
        });
        if (is_whole) std::ranges::copy(views, std::back_inserter(ready));
    }
    return ready;
}

Generations::Generations(GenerationOptions options, metrics_store::MetricsStore& store,
                         telemetry::Logger& logger, std::function<bool(fold::ViewId)> is_at_rest)
    : options_(options), store_(store), logger_(logger), is_at_rest_(std::move(is_at_rest)) {}

Result<void> Generations::look_after(std::stop_token stop) {
    RETURN_IF_ERROR(switch_complete());
    return clear_dropped(stop);
}

Result<void> Generations::switch_complete() {
    ASSIGN_OR_RETURN(auto snapshot, store_.snapshot());
    ASSIGN_OR_RETURN(const std::vector<View> all, snapshot->views());
    snapshot.reset();
    ASSIGN_OR_RETURN(const std::vector<View> complete, complete_views(all));
    const std::vector<View> ready = views_to_switch(all, complete);
    if (ready.empty()) return {};
    std::vector<fold::ViewId> ids;
    std::ranges::transform(ready, std::back_inserter(ids), &View::id);
    RETURN_IF_ERROR(metrics_store::make_current(store_, ids));
    for (const View& view : ready) {
        logger_.info("rollup is built and answers from now on",
                     {{"project", view.definition.project},
                      {"rollup", view.definition.rollup.name},
                      {"generation", int64_t{view.generation}}});
    }
    return {};
}

// Those that lack nothing but what every rollup may lag behind, in any partition.
Result<std::vector<View>> Generations::complete_views(std::span<const View> views) {
    std::vector<View> complete;
    for (const View& view : views) {
        if (view.state != ViewState::Building || !is_at_rest_(view.id)) continue;
        ASSIGN_OR_RETURN(const auto snapshot, store_.snapshot());
        ASSIGN_OR_RETURN(const auto ledgers, snapshot->ledgers());
        ASSIGN_OR_RETURN(const auto positions, snapshot->positions(view.id));
        const bool is_complete = std::ranges::all_of(ledgers, [&](const fold::Ledger& ledger) {
            const auto own = std::ranges::find(positions, ledger.partition,
                                               &metrics_store::PartitionPosition::partition);
            return own != positions.end() &&
                   own->position.complete_through + options_.complete_within >=
                       ledger.complete_through;
        });
        if (is_complete && std::ssize(ledgers) >= options_.partition_count)
            complete.push_back(view);
    }
    return complete;
}

Result<void> Generations::clear_dropped(const std::stop_token& stop) {
    std::vector<View> views;
    {
        ASSIGN_OR_RETURN(const auto snapshot, store_.snapshot());
        ASSIGN_OR_RETURN(views, snapshot->views());
    }
    for (const View& view : views) {
        if (view.state != ViewState::Dropped) continue;
        for (bool is_more = true; is_more && !stop.stop_requested();) {
            ASSIGN_OR_RETURN(is_more, store_.clear_some(view.id));
        }
    }
    return {};
}

}  // namespace clickmill::aggregator
