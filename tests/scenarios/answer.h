// What the query API answered, read from its JSON, as a story's rows ask for it.
#pragma once

#include "base/result.h"
#include "tests/scenarios/stage.h"

#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace clickmill::scenarios {

// A number, or "?" and the reason for which it is not known.
using Shown = std::string;

struct SeriesColumn {
    std::string name;           // the feature or the value split by; empty: all together
    std::vector<Shown> values;  // one for each bucket
    Shown total;
};

struct Series {
    std::vector<int64_t> starts;  // of the buckets, UTC seconds
    std::vector<std::string> labels;
    std::vector<SeriesColumn> columns;
    std::map<std::string, std::string> facts;  // complete_through, complete_buckets, rollup
    std::vector<std::string> notes;
};

// InvalidInput with "400 too_wide" as its `where` when the question was refused.
Result<Series> ask_series(Stage& stage, const std::string& query);
Result<std::map<std::string, std::string>> ask_accounting(Stage& stage);
// Rollup -> since when it holds clicks, or "beginning".
Result<std::map<std::string, std::string>> ask_rollups(Stage& stage);
// (feature, clicks), the most clicked first.
Result<std::vector<std::pair<std::string, std::string>>> ask_features(Stage& stage,
                                                                      const std::string& query);

std::string percent_encoded(const std::string& text);

}  // namespace clickmill::scenarios
