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

const View* current_of(std::span<const View> all, const View& view) {
    const auto found = std::ranges::find_if(all, [&](const View& other) {
        return other.state == ViewState::Current &&
               is_same_rollup(other.definition, view.definition);
    });
    return found == all.end() ? nullptr : &*found;
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
                   !is_in_same_zone(other.definition, view.definition);
        });
        (moves ? moving[view.definition.project] : ready).push_back(view);
    }
    for (const auto& entry : moving) {
        const std::string& project = entry.first;
        const std::vector<View>& views = entry.second;
        const bool is_whole = std::ranges::all_of(all, [&](const View& current) {
            return current.state != ViewState::Current || current.definition.project != project ||
                   std::ranges::any_of(views, [&](const View& view) {
                       return is_same_rollup(view.definition, current.definition) &&
                              is_in_same_zone(view.definition, views.front().definition);
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
    std::vector<View> all;
    std::vector<View> complete;
    {
        ASSIGN_OR_RETURN(const auto snapshot, store_.snapshot());
        ASSIGN_OR_RETURN(all, snapshot->views());
        ASSIGN_OR_RETURN(complete, complete_views(*snapshot, all));
    }
    RETURN_IF_ERROR(switch_to(views_to_switch(all, complete)));
    return clear_dropped(all, stop);
}

Result<void> Generations::switch_to(std::span<const View> ready) {
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
Result<std::vector<View>> Generations::complete_views(metrics_store::Snapshot& snapshot,
                                                      std::span<const View> views) const {
    std::vector<View> complete;
    for (const View& view : views) {
        if (view.state != ViewState::Building || !is_at_rest_(view.id)) continue;
        ASSIGN_OR_RETURN(const auto ledgers, snapshot.ledgers());
        ASSIGN_OR_RETURN(const auto positions, snapshot.positions(view.id));
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

Result<void> Generations::clear_dropped(std::span<const View> views, const std::stop_token& stop) {
    for (const View& view : views) {
        if (view.state != ViewState::Dropped) continue;
        for (bool is_more = true; is_more && !stop.stop_requested();) {
            ASSIGN_OR_RETURN(is_more, store_.clear_some(view.id));
        }
    }
    return {};
}

}  // namespace clickmill::aggregator
