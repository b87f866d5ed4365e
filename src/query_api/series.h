// How features move over time.
#pragma once

#include "query_api/answers.h"
#include "query_api/parameters.h"

namespace clickmill::query_api {

enum class Metric { Clicks, Users };

struct SeriesQuestion {
    std::vector<std::string> features;  // empty: all together
    calendar::Grain grain = calendar::Grain::Day;
    RangeWords range;
    Metric metric = Metric::Clicks;
    std::string by;  // a dimension, or empty
    size_t limit = 20;
    bool with_previous = false;
    std::vector<Filter> filters;
};

Answer<SeriesQuestion> read_series_question(const http::Head& head, bool is_csv);
Answer<SeriesAnswer> answer_series(const Context& context, const SeriesQuestion& question,
                                   Budget& budget);

}  // namespace clickmill::query_api
