#include "metrics_store/memory/memory_metrics_store.h"
#include "query_api/test_shop.h"

#include <fmt/format.h>
#include <gmock/gmock.h>

#include <chrono>

namespace clickmill::query_api {
namespace {

using metrics_store::MemoryMetricsStore;
using testing::ElementsAre;
using testing::HasSubstr;

// On Saturday, 2026-11-07, at noon: the last complete day is Friday.
class Attention : public testing::Test {
protected:
    // Eight clicks on each of these days before the seventh of November.
    void clicks(const std::string& feature, int from_days_ago, int to_days_ago) {
        using namespace std::chrono;
        for (int ago = from_days_ago; ago >= to_days_ago; --ago) {
            const year_month_day day{sys_days{year{2026} / 11 / 7} - days{ago}};
            for (int i = 0; i < 8; ++i)
                shop.click({.at = fmt::format("{}-{:02}-{:02}T09:00", static_cast<int>(day.year()),
                                              static_cast<unsigned>(day.month()),
                                              static_cast<unsigned>(day.day())),
                            .feature = feature});
        }
    }
    void write(const control::FeatureChange& change) {
        ASSERT_TRUE(shop.control().set_features("shop", std::vector{change}));
    }
    // "feature standing pause" of each row.
    std::vector<std::string> rows(const std::string& more = "") {
        std::vector<std::string> found;
        const auto answer = shop.json("/api/v1/attention" + more);
        for (const auto row : answer["features"].get_array()) {
            std::string text(row["feature_id"].get_string().value());
            text += " " + std::string(row["standing"].get_string().value());
            if (!row["pause_days"].is_null())
                text += " " + std::to_string(row["pause_days"].get_int64().value());
            found.push_back(text);
        }
        return found;
    }
    void commit() { shop.commit("2026-11-07T11:59"); }

    Shop shop{std::make_unique<MemoryMetricsStore>(), "Europe/Berlin"};
};

TEST_F(Attention, GoesToTheSilentThenTheSleepingThenTheNew) {
    clicks("steady", 70, 0);
    clicks("broken", 70, 4);
    clicks("broken.today", 70, 1);  // today is not over
    clicks("asleep", 50, 40);
    clicks("fresh", 3, 0);
    commit();
    EXPECT_THAT(rows(), ElementsAre("broken silent 3", "asleep dormant 39", "fresh new 0"));
    EXPECT_THAT(rows("?limit=1"), ElementsAre("broken silent 3"));
    const auto answer = shop.json("/api/v1/attention");
    EXPECT_EQ(int64_t(answer["feature_count"]), 3);
    EXPECT_EQ(std::string_view(answer["from"]), "2026-09-12T00:00:00+02:00");
    EXPECT_EQ(std::string_view(answer["to"]), "2026-11-07T00:00:00+01:00");
    const auto broken = answer["features"].at(0);
    EXPECT_EQ(std::string_view(broken["last_day"]), "2026-11-03");
    EXPECT_EQ(int64_t(broken["longest_pause_days"]), 0);
    EXPECT_EQ(double(broken["usual_clicks"]), 8);
}

TEST_F(Attention, KnowsWhatTheCatalogueSays) {
    clicks("steady", 70, 0);
    clicks("sale", 70, 4);
    clicks("old", 70, 4);
    clicks("new", 3, 0);
    commit();
    EXPECT_THAT(rows(), ElementsAre("old silent 3", "sale silent 3", "new new 0"));
    write({.id = "sale", .state = control::FeatureState::Removed});
    write({.id = "old", .alias_of = "new"});
    write({.id = "never", .state = control::FeatureState::Live});
    write({.id = "gift", .state = control::FeatureState::Planned});
    EXPECT_THAT(rows(), ElementsAre("never dormant"));
}

TEST_F(Attention, LeavesAYoungProjectAlone) {
    EXPECT_THAT(rows(), ElementsAre());
    write({.id = "never"});
    clicks("first", 5, 0);
    commit();
    EXPECT_THAT(rows(), ElementsAre());
}

TEST_F(Attention, WaitsUntilADayIsCounted) {
    clicks("broken", 70, 4);
    shop.commit("2026-11-06T20:00");  // Friday is not complete: two days without a click are
    EXPECT_THAT(rows(), ElementsAre("broken silent 2"));
}

TEST_F(Attention, RefusesWhatItDoesNotKnow) {
    EXPECT_EQ(shop.refusal(shop.get("/api/v1/attention?from=2026-11-01")), "400 unknown_parameter");
    EXPECT_EQ(shop.refusal(shop.get("/api/v1/attention?limit=0")), "400 invalid_parameter");
}

}  // namespace
}  // namespace clickmill::query_api
