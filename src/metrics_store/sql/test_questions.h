// Every kind of question that a store is asked, by name: of one table set with two dimensions.
#pragma once

#include "metrics_store/sql/questions.h"

#include <string>
#include <string_view>
#include <vector>

namespace clickmill::metrics_store::sql {

inline const std::vector<std::string> kDimensions{"platform", "app_version"};
inline constexpr BucketRange kOneBucket{7, 7};
inline constexpr BucketRange kManyBuckets{3, 20};

struct NamedQuestion {
    std::string_view name;
    RowsQuestion question;
    BucketRange range = kManyBuckets;
};

inline std::vector<NamedQuestion> questions() {
    const fold::ViewId view{1};
    const std::vector<std::string> three{"a", "b", "c"};
    const RowsQuestion series{
        .view = view, .features = {"a"}, .by_bucket = true, .by_feature = true};
    RowsQuestion several = series;
    several.features = three;
    RowsQuestion by_dimension = several;
    by_dimension.by_dimension = 0;
    RowsQuestion filtered = several;
    filtered.filters = {{0, {"ios"}}, {1, {"1.0", "1.1"}}};
    RowsQuestion sum = series;
    sum.by_bucket = sum.by_feature = false;
    const RowsQuestion ranking{.view = view, .grain = calendar::Grain::Month, .by_feature = true};
    RowsQuestion ranking_filtered = ranking;
    ranking_filtered.filters = {{0, {"ios"}}};
    const RowsQuestion values{.view = view, .by_dimension = 0};
    RowsQuestion live_series = several;
    live_series.is_live = true;
    RowsQuestion live_ranking = ranking;
    live_ranking.is_live = true;
    return {{"series of one feature", series},
            {"series of several features", several},
            {"series by a dimension", by_dimension},
            {"series with filters", filtered},
            {"sum of one feature", sum},
            {"ranking of one bucket", ranking, kOneBucket},
            {"ranking of many buckets", ranking},
            {"ranking with a filter", ranking_filtered, kOneBucket},
            {"values of a dimension", values},
            {"series of one live hour", live_series, kOneBucket},
            {"series of many live hours", live_series},
            {"ranking of one live hour", live_ranking, kOneBucket},
            {"ranking of many live hours", live_ranking}};
}

}  // namespace clickmill::metrics_store::sql
