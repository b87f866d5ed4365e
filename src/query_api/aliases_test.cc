#include "query_api/aliases.h"

#include "metrics_store/memory/memory_metrics_store.h"
#include "query_api/test_shop.h"

#include <gmock/gmock.h>

namespace clickmill::query_api {
namespace {

using metrics_store::MemoryMetricsStore;
using testing::ElementsAre;

// checkout.buy became checkout.pay; Ann clicked on both, Bob on the old one, Cyd on another.
class RenamedFeature : public testing::Test {
protected:
    RenamedFeature() {
        shop.click({.at = "2026-11-05T09:00", .feature = "buy", .user = "ann"});
        shop.click({.at = "2026-11-05T09:00", .feature = "buy", .user = "bob"});
        shop.click({.at = "2026-11-06T09:00", .feature = "pay", .user = "ann", .platform = "ios"});
        shop.click({.at = "2026-11-06T09:00", .feature = "menu", .user = "cyd"});
        shop.commit("2026-11-07T11:59");
        call("buy", "pay");
    }
    void call(const std::string& former, const std::string& today) {
        const std::vector<control::FeatureChange> changes = {{.id = former, .alias_of = today}};
        ASSERT_TRUE(shop.control().set_features("shop", changes));
    }
    // "feature clicks users" of each row.
    std::vector<std::string> ranking(const std::string& more) {
        std::vector<std::string> rows;
        const auto answer = shop.json("/api/v1/features?from=2026-11-05&users=1" + more);
        for (const auto row : answer["features"].get_array()) {
            rows.push_back(std::string(row["feature_id"].get_string().value()) + " " +
                           std::to_string(row["clicks"].get_int64().value()) + " " +
                           std::to_string(row["users"].get_int64().value()));
        }
        return rows;
    }
    // "feature by total" of each line.
    std::vector<std::string> lines(const std::string& more) {
        std::vector<std::string> found;
        const auto answer = shop.json("/api/v1/series?from=2026-11-05" + more);
        for (const auto line : answer["series"].get_array()) {
            std::string text(line["feature_id"].get_string().value());
            if (!line["by"].is_null()) text += " " + std::string(line["by"].get_string().value());
            found.push_back(text + " " + std::to_string(line["total"].get_int64().value()));
        }
        return found;
    }

    Shop shop{std::make_unique<MemoryMetricsStore>(), "Europe/Berlin"};
};

TEST_F(RenamedFeature, CountsForItsIdOfTodayWhenAskedTo) {
    EXPECT_THAT(ranking(""), ElementsAre("buy 2 2", "menu 1 1", "pay 1 1"));
    EXPECT_THAT(ranking("&aliases=0"), ElementsAre("buy 2 2", "menu 1 1", "pay 1 1"));
    EXPECT_THAT(ranking("&aliases=1"), ElementsAre("pay 3 2", "menu 1 1"));
    EXPECT_THAT(ranking("&aliases=1&order=users&limit=1"), ElementsAre("pay 3 2"));
    EXPECT_EQ(shop.get("/api/v1/features.csv?aliases=1").status, 200);
}

TEST_F(RenamedFeature, MovesAsOneLine) {
    EXPECT_THAT(lines("&feature_id=pay"), ElementsAre("pay 1"));
    EXPECT_THAT(lines("&feature_id=pay&aliases=1"), ElementsAre("pay 3"));
    EXPECT_THAT(lines("&feature_id=pay&aliases=1&metric=users"), ElementsAre("pay 2"));
    EXPECT_THAT(lines("&feature_id=buy,menu,pay&aliases=1"), ElementsAre("pay 3", "menu 1"));
    EXPECT_THAT(lines("&feature_id=pay&aliases=1&by=platform"),
                ElementsAre("pay web 2", "pay ios 1"));
    EXPECT_EQ(shop.get("/api/v1/series.csv?aliases=1&feature_id=pay").status, 200);
}

TEST_F(RenamedFeature, ChangesItsAnswersWithTheCatalogue) {
    ASSERT_THAT(ranking("&aliases=1"), ElementsAre("pay 3 2", "menu 1 1"));
    call("menu", "pay");
    EXPECT_THAT(ranking("&aliases=1"), ElementsAre("pay 4 3"));
    EXPECT_EQ(shop.refusal(shop.get("/api/v1/series?aliases=yes")), "400 invalid_parameter");
}

}  // namespace
}  // namespace clickmill::query_api
