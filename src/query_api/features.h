// The top features of a range, and how they changed.
#pragma once

#include "query_api/answers.h"
#include "query_api/parameters.h"

namespace clickmill::query_api {

enum class FeatureOrder { Clicks, Name, Change, Users };

struct FeaturesQuestion {
    RangeWords range;
    FeatureOrder order = FeatureOrder::Clicks;
    size_t limit = 50;
    std::string search;
    bool with_users = false;
    bool with_trend = false;
    std::vector<Filter> filters;
};

std::string_view name_of(FeatureOrder order);
Answer<FeaturesQuestion> read_features_question(const http::Head& head, bool is_csv);
Answer<FeaturesAnswer> answer_features(const Context& context, const FeaturesQuestion& question,
                                       Budget& budget);

}  // namespace clickmill::query_api
