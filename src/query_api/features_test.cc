#include "query_api/features.h"

#include "metrics_store/memory/memory_metrics_store.h"
#include "query_api/test_shop.h"

namespace clickmill::query_api {
namespace {

using metrics_store::MemoryMetricsStore;
using Names = std::vector<std::string>;

Names names_of(simdjson::dom::element answer) {
    Names names;
    for (const auto row : answer["features"].get_array())
        names.emplace_back(std::string_view(row["feature_id"]));
    return names;
}

class FeaturesTest : public testing::Test {
protected:
    void clicks(int count, const std::string& at, const std::string& feature) {
        for (int i = 0; i < count; ++i)
            shop.click({.at = at, .feature = feature, .user = "u" + std::to_string(i % 2)});
    }
    Shop shop{std::make_unique<MemoryMetricsStore>(), "Europe/Berlin"};
    const std::string today = "/api/v1/features?from=2026-11-07&to=2026-11-08";
};

TEST_F(FeaturesTest, ShowsShareAndChangeOfTheElapsedPart) {
    clicks(2, "2026-11-06T09:00", "a");
    clicks(5, "2026-11-06T20:00", "a");  // today has not come so far
    clicks(3, "2026-11-07T09:00", "a");
    clicks(1, "2026-11-07T09:00", "b");
    shop.commit("2026-11-07T11:30");

    const auto answer = shop.json(today);
    EXPECT_EQ(int64_t(answer["total_clicks"]), 4);
    const auto a = answer["features"].at(0);
    EXPECT_EQ(std::string_view(a["feature_id"]), "a");
    EXPECT_EQ(double(a["share"]), 0.75);
    EXPECT_EQ(int64_t(a["previous_clicks"]), 2);
    EXPECT_EQ(double(a["change"]), 0.5);
    const auto b = answer["features"].at(1);
    EXPECT_EQ(int64_t(b["previous_clicks"]), 0);
    EXPECT_TRUE(b["change"].is_null());
    EXPECT_EQ(std::string_view(answer["previous"]["compared_to"]), "2026-11-06T11:00:00+01:00");
}

TEST_F(FeaturesTest, ShowsFeaturesThatFellSilent) {
    clicks(2, "2026-11-06T09:00", "gone");
    clicks(1, "2026-11-07T09:00", "here");
    shop.commit("2026-11-07T11:30");
    const auto answer = shop.json(today + "&order=change");
    EXPECT_EQ(names_of(answer), (Names{"here", "gone"}));
    EXPECT_EQ(double(answer["features"].at(1)["change"]), -1);
}

TEST_F(FeaturesTest, OrdersAsAsked) {
    clicks(1, "2026-11-06T09:00", "a");
    clicks(4, "2026-11-06T09:00", "c");
    clicks(2, "2026-11-07T09:00", "a");
    clicks(1, "2026-11-07T09:00", "b");
    clicks(3, "2026-11-07T09:00", "c");
    shop.click({.at = "2026-11-07T09:00", .feature = "b", .user = "x"});
    shop.click({.at = "2026-11-07T09:00", .feature = "b", .user = "y"});
    shop.commit("2026-11-07T11:30");
    EXPECT_EQ(names_of(shop.json(today)), (Names{"b", "c", "a"}));
    EXPECT_EQ(names_of(shop.json(today + "&order=name")), (Names{"a", "b", "c"}));
    EXPECT_EQ(names_of(shop.json(today + "&order=change")), (Names{"b", "a", "c"}));
    EXPECT_EQ(names_of(shop.json(today + "&order=users")), (Names{"b", "a", "c"}));
    EXPECT_EQ(names_of(shop.json(today + "&limit=1")), (Names{"b"}));
    EXPECT_EQ(int64_t(shop.json(today + "&limit=1")["feature_count"]), 3);
    EXPECT_EQ(shop.refusal(shop.get("/api/v1/features?order=users&from=2026-11-07T09:00")),
              "400 invalid_parameter");
}

TEST_F(FeaturesTest, FindsNamesWhateverTheirCapitals) {
    clicks(1, "2026-11-07T09:00", "Checkout.Pay");
    clicks(1, "2026-11-07T09:00", "search");
    shop.commit("2026-11-07T11:30");
    const auto answer = shop.json(today + "&search=PAY");
    EXPECT_EQ(names_of(answer), (Names{"Checkout.Pay"}));
    EXPECT_EQ(double(answer["features"].at(0)["share"]), 0.5) << "of all clicks";
}

TEST_F(FeaturesTest, AddsUsersAndTrendsOfTheRowsShown) {
    clicks(3, "2026-11-06T09:00", "a");
    clicks(1, "2026-11-07T10:00", "a");
    shop.commit("2026-11-07T11:30");
    const auto answer = shop.json("/api/v1/features?users=1&trend=1&from=2026-11-05&to=2026-11-08");
    const auto row = answer["features"].at(0);
    EXPECT_EQ(int64_t(row["users"]), 2);
    EXPECT_EQ(std::string_view(answer["trend"]["grain"]), "day");
    EXPECT_EQ(answer["trend"]["buckets"].get_array().size(), 3u);
    EXPECT_TRUE(row["trend"].at(0).is_null()) << "before the first click";
    EXPECT_EQ(int64_t(row["trend"].at(1)), 3);
}

TEST_F(FeaturesTest, ComparesAMonthWithTheMonthBefore) {
    clicks(3, "2026-10-02T09:00", "a");
    clicks(6, "2026-11-03T09:00", "a");
    shop.commit("2026-11-07T11:30");
    const auto answer = shop.json("/api/v1/features?from=2026-11-01&to=2026-12-01");
    EXPECT_EQ(std::string_view(answer["previous"]["from"]), "2026-10-01T00:00:00+02:00");
    EXPECT_EQ(std::string_view(answer["previous"]["compared_to"]), "2026-10-07T11:00:00+02:00");
    EXPECT_EQ(double(answer["features"].at(0)["change"]), 1);
}

TEST_F(FeaturesTest, DoesNotKnowTheChangeWhenThePeriodBeforeHadNoClicksAtAll) {
    clicks(3, "2026-11-07T09:00", "a");
    shop.commit("2026-11-07T11:30");
    const auto row = shop.json(today)["features"].at(0);
    EXPECT_TRUE(row["previous_clicks"].is_null());
    EXPECT_TRUE(row["change"].is_null());
}

TEST_F(FeaturesTest, SaysWhenARollupDoesNotReachBack) {
    clicks(3, "2026-11-05T09:00", "a");
    shop.commit("2026-11-07T11:30");
    shop.declare({{"by_browser", {"browser"}, true}});
    const auto answer = shop.json("/api/v1/features?filter.browser=x&from=2026-11-05");
    EXPECT_EQ(std::string_view(answer["notes"].at(0)["code"]), "rollup_since");
    const auto series = shop.json("/api/v1/series?by=browser&from=2026-11-06");
    EXPECT_EQ(std::string_view(series["reasons"].at(0)["reason"]), "not_rebuilt");
}

}  // namespace
}  // namespace clickmill::query_api
