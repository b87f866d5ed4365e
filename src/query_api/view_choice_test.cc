#include "query_api/view_choice.h"

#include <gtest/gtest.h>

namespace clickmill::query_api {
namespace {

using Names = std::vector<std::string>;

fold::View view(int id, const std::string& name, Names dimensions, bool users = true,
                Moment since = {}) {
    fold::View made;
    made.id = {id};
    made.definition.project = "shop";
    made.definition.rollup = {name, std::move(dimensions), users};
    made.since = since;
    return made;
}

const std::vector<fold::View> kViews = {
    view(1, "totals", {}), view(2, "by_platform_version", {"platform", "app_version"}),
    view(3, "by_experiment", {"experiment", "variant"}), view(4, "by_page", {"page"}, false)};

// The rollup that answers, or the code of the refusal.
std::string chosen(const std::vector<fold::View>& views, const Needs& needs) {
    const auto view = choose_view(views, needs);
    return view ? view->definition.rollup.name : view.error().code;
}

TEST(ViewChoice, TakesTheSmallestRollupThatHoldsWhatWasAsked) {
    EXPECT_EQ(chosen(kViews, {}), "totals");
    EXPECT_EQ(chosen(kViews, {.by = "platform"}), "by_platform_version");
    EXPECT_EQ(chosen(kViews, {.by = "page"}), "by_page");
    auto views = kViews;
    views.push_back(view(5, "by_platform", {"platform"}));
    EXPECT_EQ(chosen(views, {.by = "platform"}), "by_platform");
    EXPECT_EQ(chosen(views, {.by = "app_version", .filters = {{"platform", {"web"}}}}),
              "by_platform_version");
}

TEST(ViewChoice, PrefersARollupThatReachesBackFarEnough) {
    auto views = kViews;
    views.push_back(view(5, "by_platform", {"platform"}, true, moment_of(1000)));
    EXPECT_EQ(chosen(views, {.by = "platform", .from = moment_of(500)}), "by_platform_version");
    EXPECT_EQ(chosen(views, {.by = "platform", .from = moment_of(1000)}), "by_platform");
}

TEST(ViewChoice, TakesARollupWithUsersWhenTheyAreAsked) {
    EXPECT_EQ(chosen(kViews, {.by = "page", .users = true}), "no_users");
    auto views = kViews;
    views.push_back(view(5, "by_page_users", {"page", "platform"}));
    EXPECT_EQ(chosen(views, {.by = "page", .users = true}), "by_page_users");
}

TEST(ViewChoice, NeverAddsUpRowsOfSeveralExperiments) {
    EXPECT_EQ(chosen(kViews, {.by = "experiment"}), "by_experiment");
    EXPECT_EQ(chosen(kViews, {.by = "variant"}), "needs_experiment");
    EXPECT_EQ(chosen(kViews, {.by = "variant", .filters = {{"experiment", {"pay"}}}}),
              "by_experiment");
    EXPECT_EQ(chosen(kViews, {.filters = {{"experiment", {"pay", "color"}}}}), "needs_experiment");
    // A rollup that happens to hold `experiment` too may not answer for the platform.
    const std::vector<fold::View> views = {view(1, "totals", {}),
                                           view(2, "wide", {"experiment", "platform"}),
                                           view(3, "odd", {"variant", "os"})};
    EXPECT_EQ(chosen(views, {.by = "platform"}), "no_rollup");
    EXPECT_EQ(chosen(views, {.by = "os"}), "no_rollup");
    EXPECT_EQ(chosen(views, {.by = "platform", .filters = {{"experiment", {"pay"}}}}), "wide");
}

TEST(ViewChoice, NamesTheRollupToDeclare) {
    const auto refused =
        choose_view(kViews, {.by = "properties.Plan", .filters = {{"browser", {"x"}}}});
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, "no_rollup");
    EXPECT_EQ(refused.error().message,
              "no rollup holds browser and properties.Plan together: ask for one dimension at a "
              "time, or declare one in clickmill.toml: [[rollup]] name = "
              "\"by_browser_properties_plan\", dimensions = [\"browser\", \"properties.Plan\"]");
}

TEST(ViewChoice, SaysThatTheRollupIsBeingBuilt) {
    const std::vector<fold::View> building{view(9, "by_locale", {"locale"})};
    const auto refused = choose_view(kViews, {.by = "locale"}, building);
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().status, 503);
    EXPECT_EQ(refused.error().message,
              "the rollup by_locale is being built from the clicks of the past: ask again once it "
              "is complete");
    EXPECT_EQ(choose_view(kViews, {.by = "region"}, building).error().code, "no_rollup");
}

TEST(ViewChoice, SaysThatARollupHasAtMostFourDimensions) {
    Needs needs{.by = "os"};
    for (const char* name : {"browser", "device", "locale", "page"})
        needs.filters.push_back({name, {"x"}});
    EXPECT_TRUE(choose_view(kViews, needs).error().message.contains("at most 4 dimensions"));
}

}  // namespace
}  // namespace clickmill::query_api
