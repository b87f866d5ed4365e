// What answers say, before they are JSON or CSV. Field by field: api/openapi.yaml.
#pragma once

#include "query_api/context.h"
#include "query_api/range.h"

#include <optional>
#include <string>
#include <vector>

namespace clickmill::query_api {

struct Note {
    std::string code;
    std::string message;
};

// What every answer about numbers begins with.
struct AnswerHead {
    std::string project;
    std::string zone;
    Moment from{};
    Moment to{};
    Moment now{};
    std::optional<Moment> complete_through;
    bool is_users_exact = true;
    std::vector<Note> notes;
    std::string rollup;
    int64_t rows_read = 0;
};

// Of numbers of `view` in [from, to).
Answer<AnswerHead> make_head(const Context& context, const fold::View& view, Moment from,
                             Moment to);

enum class Reason { BeforeFirstEvent, NotRebuilt, Retention, InOther, Future };

// A run of buckets whose values are not known.
struct ReasonRun {
    Reason reason = Reason::Future;
    std::optional<size_t> line;  // none: every line
    size_t first = 0;
    size_t last = 0;
};

struct Change {
    int64_t now = 0;
    std::optional<int64_t> before;
    std::optional<double> ratio() const {
        if (!before || *before == 0) return std::nullopt;
        return static_cast<double>(now - *before) / static_cast<double>(*before);
    }
};

using Value = std::optional<int64_t>;

struct SeriesLine {
    std::optional<std::string> feature;
    std::optional<std::string> by;
    std::vector<Value> values;
    Value total;
    std::optional<Change> change;
};

struct SeriesPart {
    Range range;
    std::vector<SeriesLine> lines;
    std::vector<ReasonRun> reasons;
};

struct SeriesAnswer {
    AnswerHead head;
    SeriesPart main;
    size_t complete_buckets = 0;
    std::optional<SeriesPart> previous;
    Comparison comparison;  // when `previous`
};

struct FeatureRow {
    std::string feature;
    int64_t clicks = 0;
    Change change;  // of the elapsed part
    std::optional<int64_t> users;
    std::vector<Value> trend;
};

struct FeaturesAnswer {
    AnswerHead head;
    std::optional<int64_t> total_clicks;
    size_t feature_count = 0;
    std::vector<FeatureRow> rows;
    Moment previous_from{};
    Comparison comparison;
    std::optional<Range> trend;
};

struct DimensionValue {
    std::string value;
    int64_t clicks = 0;
};

struct DimensionAnswer {
    std::string name;
    std::vector<std::string> rollups;
    std::vector<DimensionValue> values;
    size_t value_count = 0;
};

struct DimensionsAnswer {
    AnswerHead head;
    std::vector<DimensionAnswer> dimensions;
};

}  // namespace clickmill::query_api
