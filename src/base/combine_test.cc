#include "base/combine.h"

#include <gtest/gtest.h>

#include <functional>
#include <string>

namespace clickmill {
namespace {

using Sum = std::pair<std::string, int>;
using Sums = std::vector<Sum>;

const auto kKey = [](const Sum& sum) -> const std::string& { return sum.first; };
const auto kAdd = [](Sum& kept, const Sum& next) { kept.second += next.second; };

TEST(Combine, MakesOneOfEqualKeysWhereverTheyStand) {
    Sums sums = {{"b", 1}, {"a", 2}, {"b", 10}, {"c", 3}, {"a", 20}};
    combine_equal(sums, kKey, kAdd);
    EXPECT_EQ(sums, (Sums{{"a", 22}, {"b", 11}, {"c", 3}}));
}

TEST(Combine, LeavesWhatIsSortedAndApart) {
    Sums sums = {{"a", 1}, {"b", 2}};
    combine_equal(sums, kKey, kAdd);
    EXPECT_EQ(sums, (Sums{{"a", 1}, {"b", 2}}));
    Sums none;
    combine_equal(none, kKey, kAdd);
    EXPECT_TRUE(none.empty());
}

TEST(Combine, SortsAnyNumberOfRuns) {
    for (int runs = 1; runs <= 9; ++runs) {
        std::vector<std::pair<int, int>> items;
        for (int i = 0; i < 20 * runs; ++i) items.emplace_back(i % 20 * 7, i);
        sort_runs(items, [](const auto& item) { return item.first; });
        EXPECT_EQ(items.size(), static_cast<size_t>(20 * runs));
        EXPECT_TRUE(std::ranges::is_sorted(items)) << "not stable with " << runs << " runs";
    }
    std::vector<int> falling = {5, 4, 3, 2, 1};
    sort_runs(falling, std::identity{});
    EXPECT_EQ(falling, (std::vector{1, 2, 3, 4, 5}));
}

TEST(Combine, UnitesSortedLists) {
    EXPECT_EQ(
        combine_sorted(Sums{{"a", 1}, {"c", 3}}, Sums{{"b", 2}, {"c", 30}, {"d", 4}}, kKey, kAdd),
        (Sums{{"a", 1}, {"b", 2}, {"c", 33}, {"d", 4}}));
    EXPECT_EQ(combine_sorted(Sums{{"a", 1}, {"b", 2}}, Sums{{"a", 10}}, kKey, kAdd),
              (Sums{{"a", 11}, {"b", 2}}));
    EXPECT_EQ(combine_sorted(Sums{}, Sums{{"a", 1}}, kKey, kAdd), (Sums{{"a", 1}}));
    EXPECT_EQ(combine_sorted(Sums{{"a", 1}}, Sums{}, kKey, kAdd), (Sums{{"a", 1}}));
}

}  // namespace
}  // namespace clickmill
