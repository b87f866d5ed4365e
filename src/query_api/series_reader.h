// Reads the lines of a series for one range: which lines there are, their values bucket by bucket,
// and where a value is not known.
#pragma once

#include "query_api/answers.h"
#include "query_api/series.h"

#include <map>
#include <span>

namespace clickmill::query_api {

// Why the buckets of a range are not known to any line; none for those that are.
std::vector<std::optional<Reason>> unknown_buckets(const Context& context, const fold::View& view,
                                                   const Range& range);

// One thread.
class SeriesReader {
public:
    SeriesReader(const Context& context, const SeriesQuestion& question, ViewReader& reader);

    // Finds the lines: each feature, or each of the largest values of the dimension in `range` and
    // the rest. Call it once, first.
    Answer<void> find_lines(const Range& range);
    Answer<SeriesPart> read(const Range& range);
    // Each line's total within `spans`, in the order of the lines; none where a part of them is
    // forgotten.
    Answer<std::optional<std::vector<int64_t>>> totals(const Spans& spans);

    bool is_users_exact() const { return is_users_exact_; }
    bool has_other_features() const { return has_other_features_; }
    bool has_other_values() const { return has_other_values_; }

private:
    Selection selection() const;
    size_t line_of(const std::string& feature, const std::string& value) const;
    int64_t measure(const Counts& counts);
    Answer<void> read_some(SeriesPart& part, std::span<const size_t> buckets,
                           std::vector<fold::Hll>& totals);
    Answer<void> hide_what_may_be_in_other(SeriesPart& part, std::span<const size_t> buckets,
                                           const CountsByKey& counts);

    const Context& context_;
    const SeriesQuestion& question_;
    ViewReader& reader_;
    std::vector<std::string> features_;  // as rows name them
    std::vector<std::string> values_;    // shown apart, when broken down
    std::map<std::string, size_t> value_index_;
    bool has_rest_ = false;
    bool is_users_exact_ = true;
    bool has_other_features_ = false;
    bool has_other_values_ = false;
};

}  // namespace clickmill::query_api
