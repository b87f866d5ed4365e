#include "query_api/view_choice.h"

#include "base/check.h"
#include "query_api/words.h"

#include <fmt/format.h>

#include <algorithm>
#include <functional>
#include <tuple>

namespace clickmill::query_api {
namespace {

constexpr int kBuildingSeconds = 30;  // until it is worth asking again

using fold::View;

const std::vector<std::string>& dimensions_of(const View& view) {
    return view.definition.rollup.dimensions;
}

bool has(const std::vector<std::string>& dimensions, std::string_view name) {
    return std::ranges::find(dimensions, name) != dimensions.end();
}

std::vector<std::string> dimensions_asked(const Needs& needs) {
    std::vector<std::string> asked;
    asked.reserve(needs.filters.size() + 1);
    for (const Filter& filter : needs.filters) asked.push_back(filter.dimension);
    if (!needs.by.empty() && !has(asked, needs.by)) asked.push_back(needs.by);
    std::ranges::sort(asked);
    return asked;
}

bool counts_each_click_once(const View& view, const Needs& needs) {
    const auto& dimensions = dimensions_of(view);
    if (!has(dimensions, kExperiment) && !has(dimensions, kVariant)) return true;
    if (needs.by == kExperiment) return true;
    return std::ranges::any_of(needs.filters, [](const Filter& filter) {
        return filter.dimension == kExperiment && filter.values.size() == 1;
    });
}

Refusal no_rollup(const std::vector<std::string>& asked) {
    if (asked.size() > fold::kMaxDimensions)
        return {400, "no_rollup",
                fmt::format("no rollup can hold {} together: a rollup has at most {} dimensions",
                            fmt::join(asked, ", "), fold::kMaxDimensions)};
    std::string name = fmt::format("by_{}", fmt::join(asked, "_"));
    for (char& c : name) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
    const auto is_plain = [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'); };
    std::ranges::replace_if(name, std::not_fn(is_plain), '_');
    name.resize(std::min<size_t>(name.size(), 40));
    return {400, "no_rollup",
            fmt::format("no rollup holds {}{}: {}declare one in clickmill.toml: [[rollup]] name = "
                        "\"{}\", dimensions = [\"{}\"]",
                        fmt::join(asked, " and "), asked.size() > 1 ? " together" : "",
                        asked.size() > 1 ? "ask for one dimension at a time, or " : "", name,
                        fmt::join(asked, "\", \""))};
}

Refusal no_rollup_yet(const std::vector<std::string>& asked, std::span<const View> building) {
    const auto holding = std::ranges::find_if(building, [&](const View& view) {
        return std::ranges::all_of(
            asked, [&](const auto& name) { return has(dimensions_of(view), name); });
    });
    if (holding == building.end()) return no_rollup(asked);
    return {503, "unavailable",
            fmt::format("the rollup {} is being built from the clicks of the past: ask again once "
                        "it is complete",
                        holding->definition.rollup.name),
            kBuildingSeconds};
}

}  // namespace

Answer<View> choose_view(std::span<const View> views, const Needs& needs,
                         std::span<const View> building) {
    const std::vector<std::string> asked = dimensions_asked(needs);
    std::vector<const View*> holding;
    for (const View& view : views)
        if (std::ranges::all_of(asked,
                                [&](const auto& name) { return has(dimensions_of(view), name); }))
            holding.push_back(&view);
    if (holding.empty()) return std::unexpected(no_rollup_yet(asked, building));

    std::vector<const View*> sound;
    std::ranges::copy_if(holding, std::back_inserter(sound),
                         [&](const View* view) { return counts_each_click_once(*view, needs); });
    if (sound.empty() && (has(asked, kExperiment) || has(asked, kVariant)))
        return refuse("needs_experiment",
                      "a click can be in several experiments at once: ask for by=experiment, or "
                      "for exactly one with filter.experiment=<name>");
    if (sound.empty()) return std::unexpected(no_rollup_yet(asked, building));

    std::vector<const View*> able;
    std::ranges::copy_if(sound, std::back_inserter(able), [&](const View* view) {
        return !needs.users || view->definition.rollup.users;
    });
    if (able.empty())
        return refuse("no_users", fmt::format("the rollup {} keeps no users: ask for clicks, or "
                                              "declare one with users = true",
                                              sound.front()->definition.rollup.name));

    return **std::ranges::min_element(able, {}, [&](const View* view) {
        const bool is_short = view->since > needs.from;
        return std::tuple(is_short ? view->since : Moment{}, dimensions_of(*view).size(),
                          view->definition.rollup.name, -view->generation);
    });
}

size_t dimension_index(const View& view, std::string_view dimension) {
    const auto found = std::ranges::find(dimensions_of(view), dimension);
    CHECK(found != dimensions_of(view).end());
    return static_cast<size_t>(found - dimensions_of(view).begin());
}

std::vector<metrics_store::DimensionFilter> filters_of(const View& view,
                                                       std::span<const Filter> filters) {
    std::vector<metrics_store::DimensionFilter> result;
    for (const Filter& filter : filters)
        result.push_back({dimension_index(view, filter.dimension), filter.values});
    return result;
}

}  // namespace clickmill::query_api
