// What can be filtered and broken down, with the values seen.
#pragma once

#include "query_api/answers.h"
#include "query_api/parameters.h"

namespace clickmill::query_api {

struct DimensionsQuestion {
    RangeWords range;
    std::string dimension;  // empty: every one
    size_t limit = 100;
    std::string search;
};

Answer<DimensionsQuestion> read_dimensions_question(const http::Head& head);
Answer<DimensionsAnswer> answer_dimensions(const Context& context,
                                           const DimensionsQuestion& question, Budget& budget);

}  // namespace clickmill::query_api
