// Which view answers a question: the smallest that holds the dimensions asked for. Pure.
#pragma once

#include "metrics_store/snapshot.h"
#include "query_api/parameters.h"
#include "query_api/refusal.h"

#include <span>
#include <string>
#include <vector>

namespace clickmill::query_api {

// What a question wants of a view.
struct Needs {
    std::string by;  // a dimension, or empty
    std::vector<Filter> filters;
    bool users = false;
    Moment from{};  // where the range starts: views that reach back are preferred
};

// `views` are those of the project that answer, `building` those that will. Refusals: unavailable,
// the rollup is being built; no_rollup names the rollup to declare; no_users;
// needs_experiment: a click in two experiments has a row in each, so rows of a view that holds
// `experiment` may be added up only within one experiment.
Answer<fold::View> choose_view(std::span<const fold::View> views, const Needs& needs,
                               std::span<const fold::View> building = {});

// The filters in the words of the view's rows. Every dimension is one of the view's.
std::vector<metrics_store::DimensionFilter> filters_of(const fold::View& view,
                                                       std::span<const Filter> filters);
size_t dimension_index(const fold::View& view, std::string_view dimension);

}  // namespace clickmill::query_api
