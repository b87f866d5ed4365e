// What rows() promises: every combination of grouping and filter.
#include "tests/contract/metrics_store_contract.h"

#include <fmt/core.h>

#include <algorithm>
#include <cstdlib>
#include <map>
#include <set>

namespace clickmill::metrics_store {
namespace {

using Lines = std::vector<std::string>;

// Two features and (all) on two dimensions over three hours, live and settled alike.
class MetricsStoreQuestions : public MetricsStoreContract {
protected:
    struct Row {
        int64_t hour;
        Labels labels;
        int64_t clicks;
        std::set<std::string> people;
    };

    MetricsStoreQuestions() : view_(declare("shop", {"by_client", {"os", "browser"}})) {
        int64_t clicks = 1;
        for (int64_t number = 0; number < 3; ++number) {
            for (const char* feature : {"(all)", "buy", "sell"}) {
                for (const char* os : {"linux", "mac"}) {
                    for (const char* browser : {"chrome", "firefox"}) {
                        rows_.push_back({number,
                                         {feature, os, browser},
                                         clicks,
                                         {fmt::format("user{}", clicks % 5), "ann"}});
                        ++clicks;
                    }
                }
            }
        }
        store_live();
        store_settled();
    }

    void store_live() {
        // Odd rows in one partition, even ones in another.
        std::vector<Change> changes{Change(view_, 0, 5), Change(view_, 0, 6)};
        for (size_t i = 0; i < rows_.size(); ++i) {
            const Row& row = rows_[i];
            changes[i % 2].clicks(row.hour, row.labels, row.clicks);
            changes[i % 2].sketch(row.hour, row.labels, sketch(row.people));
        }
        committed(changes[0], 0);
        committed(changes[1], 1);
    }

    void store_settled() {
        for (int64_t number = 0; number < 3; ++number) {
            Build build = Settled(view_, Grain::Hour, hour(number), {5, 6}).build();
            for (const Row& row : rows_) {
                if (row.hour == number)
                    build.rows.push_back({row.labels, row.clicks, sketch(row.people)});
            }
            ASSERT_TRUE(store().settle(build));
        }
    }

    static std::string sketch(const std::set<std::string>& people) {
        fold::Hll hll;
        for (const std::string& person : people) hll.add(fold::hll_hash(person));
        return hll.bytes();
    }

    // The same question answered by counting on fingers.
    Lines expected(const RowsQuestion& question) const {
        std::map<std::tuple<int64_t, std::string, std::string>,
                 std::pair<int64_t, std::set<std::string>>>
            groups;
        for (const Row& row : rows_) {
            if (!is_wanted(question, row)) continue;
            auto& group = groups[{question.by_bucket ? row.hour : 0,
                                  question.by_feature ? std::string(row.labels.feature()) : "",
                                  question.by_dimension
                                      ? std::string(row.labels.dimension(*question.by_dimension))
                                      : ""}];
            if (question.clicks) group.first += row.clicks;
            group.second.insert(row.people.begin(), row.people.end());
        }
        Lines lines;
        for (const auto& [key, group] : groups) {
            std::string line;
            if (question.by_bucket) line += fmt::format("{} ", std::get<0>(key));
            if (question.by_feature) line += std::get<1>(key) + " ";
            if (question.by_dimension) line += std::get<2>(key) + " ";
            line += std::to_string(group.first);
            if (question.users) line += fmt::format(" {}", group.second.size());
            lines.push_back(line);
        }
        return lines;
    }

    static bool is_wanted(const RowsQuestion& question, const Row& row) {
        const auto has = [](const std::vector<std::string>& list, std::string_view value) {
            return std::find(list.begin(), list.end(), value) != list.end();
        };
        if (std::none_of(question.buckets.begin(), question.buckets.end(), [&](BucketRange range) {
                return range.first <= hour(row.hour) && hour(row.hour) <= range.last;
            }))
            return false;
        if (question.features.empty() ? row.labels.feature() == kAllFeatures
                                      : !has(question.features, row.labels.feature()))
            return false;
        return std::all_of(question.filters.begin(), question.filters.end(),
                           [&](const DimensionFilter& filter) {
                               return has(filter.values, row.labels.dimension(filter.dimension));
                           });
    }

    const fold::View view_;
    std::vector<Row> rows_;
};

TEST_P(MetricsStoreQuestions, AnswersEveryCombinationOfGroupingAndFilterAsCountedByHand) {
    const std::vector<std::vector<BucketRange>> ranges{
        {kAllBuckets}, {{hour(1), hour(1)}}, {{hour(0), hour(0)}, {hour(2), hour(9)}}, {}};
    const std::vector<std::vector<std::string>> features{
        {}, {"buy"}, {"(all)"}, {"sell", "buy", "nobody"}};
    const std::vector<std::vector<DimensionFilter>> filters{
        {}, {{0, {"mac"}}}, {{1, {"chrome", "firefox"}}, {0, {"linux", "amiga"}}}, {{1, {"lynx"}}}};
    const std::vector<std::optional<size_t>> dimensions{std::nullopt, 0, 1};
    const auto snapshot = store().snapshot();
    const int asks_each = std::getenv("CLICKMILL_ASK_ALL") ? 1 : GetParam().asks_each;
    int asked = 0;
    for (int bits = 0; bits < 32; ++bits) {
        for (const auto& range : ranges) {
            for (const auto& feature : features) {
                for (const auto& filter : filters) {
                    for (const auto& dimension : dimensions) {
                        const RowsQuestion question{.view = view_.id,
                                                    .is_live = (bits & 1) != 0,
                                                    .buckets = range,
                                                    .features = feature,
                                                    .filters = filter,
                                                    .by_bucket = (bits & 2) != 0,
                                                    .by_feature = (bits & 4) != 0,
                                                    .by_dimension = dimension,
                                                    .clicks = (bits & 8) != 0,
                                                    .users = (bits & 16) != 0};
                        if (!question.clicks && !question.users) continue;
                        if (asked++ % asks_each != 0) continue;
                        ASSERT_EQ(groups(question, **snapshot), expected(question))
                            << "bits " << bits;
                    }
                }
            }
        }
    }
    EXPECT_EQ(asked, 24 * 4 * 4 * 4 * 3);
}

TEST_P(MetricsStoreQuestions, CountsTheRowsThatItRead) {
    RowsQuestion question{.view = view_.id, .buckets = {kAllBuckets}};
    EXPECT_EQ(ask(question).rows_read, 3 * 2 * 4);
    question.users = true;
    EXPECT_EQ(ask(question).rows_read, 2 * 3 * 2 * 4);
    question.features = {"nobody"};
    EXPECT_EQ(ask(question).rows_read, 0);
}

TEST_P(MetricsStoreQuestions, TakesAThousandFeaturesAtOnce) {
    std::vector<std::string> features;
    for (int i = 0; i < 1'000; ++i) features.push_back(fmt::format("feature {}", i));
    features.emplace_back("buy");
    EXPECT_EQ(
        groups(
            {.view = view_.id, .buckets = {kAllBuckets}, .features = features, .by_feature = true})
            .size(),
        1u);
}

TEST_P(MetricsStoreQuestions, UnitesSketchesOverAllThatAGroupHolds) {
    const auto answer = ask({.view = view_.id,
                             .is_live = true,
                             .buckets = {kAllBuckets},
                             .features = {"buy"},
                             .users = true});
    ASSERT_EQ(answer.groups.size(), 1u);
    EXPECT_EQ(answer.groups[0].users.count(), 6) << "five users and ann, once each";
}

TEST_P(MetricsStoreQuestions, SumsFewGroupsOverManyRowsThatAlternate) {
    const fold::View wide = declare("wide", {"by_os", {"os"}});
    Change change(wide, 0, 5);
    for (int i = 0; i < 10'000; ++i) {
        for (const char* os : {"linux", "mac"}) change.clicks(0, {fmt::format("{}", i), os}, i % 3);
    }
    committed(change, 2);
    const auto answer =
        ask({.view = wide.id, .is_live = true, .buckets = {kAllBuckets}, .by_dimension = 0});
    ASSERT_EQ(answer.groups.size(), 2u);
    EXPECT_EQ(answer.groups[0].clicks, 9'999);
    EXPECT_EQ(answer.groups[1].clicks, 9'999);
    EXPECT_EQ(answer.rows_read, 20'000);
}

INSTANTIATE_TEST_SUITE_P(Every, MetricsStoreQuestions, testing::ValuesIn(backends()),
                         [](const auto& backend) { return backend.param.name; });

}  // namespace
}  // namespace clickmill::metrics_store
