#include "metrics_store/memory/memory_metrics_store.h"
#include "query_api/test_shop.h"

#include <fmt/format.h>

namespace clickmill::query_api {
namespace {

using calendar::Grain;
using metrics_store::MemoryMetricsStore;

// The lines of an answer as text: "feature by: 1 2 null = total".
std::vector<std::string> lines_of(simdjson::dom::element answer) {
    std::vector<std::string> lines;
    for (const auto line : answer["series"].get_array()) {
        const auto text = [](simdjson::dom::element element) {
            return element.is_null() ? std::string("-") : std::string(element.get_string().value());
        };
        const auto number = [](simdjson::dom::element element) {
            return element.is_null() ? std::string("null")
                                     : std::to_string(element.get_int64().value());
        };
        std::string values;
        for (const auto value : line["values"].get_array()) values += " " + number(value);
        lines.push_back(text(line["feature_id"].value()) + " " + text(line["by"].value()) + ":" +
                        values + " = " + number(line["total"].value()));
    }
    return lines;
}

using Lines = std::vector<std::string>;

std::vector<std::string> reasons_of(simdjson::dom::element answer) {
    std::vector<std::string> reasons;
    for (const auto reason : answer["reasons"].get_array())
        reasons.push_back(fmt::format("{} {} {}-{}", std::string_view(reason["reason"]),
                                      reason["series"].is_null() ? -1 : int64_t(reason["series"]),
                                      int64_t(reason["first"]), int64_t(reason["last"])));
    return reasons;
}

class SeriesTest : public testing::Test {
protected:
    Shop shop{std::make_unique<MemoryMetricsStore>(), "Europe/Berlin"};
};

TEST_F(SeriesTest, CountsClicksByDay) {
    shop.click({.at = "2026-11-05T09:00"});
    shop.click({.at = "2026-11-05T10:00", .feature = "search"});
    shop.click({.at = "2026-11-07T11:00"});
    shop.commit("2026-11-07T11:30");

    const auto answer = shop.json("/api/v1/series?from=2026-11-05&to=2026-11-08");
    EXPECT_EQ(lines_of(answer), (Lines{"- -: 2 0 1 = 3"}));
    EXPECT_EQ(std::string_view(answer["from"]), "2026-11-05T00:00:00+01:00");
    EXPECT_EQ(std::string_view(answer["complete_through"]), "2026-11-07T11:30:00+01:00");
    EXPECT_EQ(int64_t(answer["complete_buckets"]), 2);
    EXPECT_EQ(std::string_view(answer["rollup"]), "totals");
}

TEST_F(SeriesTest, GivesALineForEachFeatureInTheOrderAsked) {
    shop.click({.at = "2026-11-07T09:00", .feature = "a"});
    shop.click({.at = "2026-11-07T10:00", .feature = "b,c"});
    shop.commit("2026-11-07T11:30");
    EXPECT_EQ(lines_of(shop.json("/api/v1/series?feature_id=b%5C,c,a,none&from=2026-11-07")),
              (Lines{"b,c -: 1 = 1", "a -: 1 = 1", "none -: 0 = 0"}));
}

TEST_F(SeriesTest, AsksForTheLastSevenDaysByDefault) {
    shop.click({.at = "2026-10-01T09:00"});
    shop.commit("2026-11-07T11:30");
    const auto answer = shop.json("/api/v1/series");
    EXPECT_EQ(std::string_view(answer["from"]), "2026-11-01T00:00:00+01:00");
    EXPECT_EQ(std::string_view(answer["to"]), "2026-11-08T00:00:00+01:00");
    EXPECT_EQ(lines_of(answer), (Lines{"- -: 0 0 0 0 0 0 0 = 0"}));
}

TEST_F(SeriesTest, CountsAPersonOnceInTheTotalOfUsers) {
    for (const char* day : {"2026-11-05T09:00", "2026-11-06T09:00"})
        shop.click({.at = day, .user = "ann"});
    shop.click({.at = "2026-11-06T09:00", .user = "bo"});
    shop.commit("2026-11-07T11:30");
    EXPECT_EQ(lines_of(shop.json("/api/v1/series?metric=users&from=2026-11-05&to=2026-11-07")),
              (Lines{"- -: 1 2 = 2"}));
}

TEST_F(SeriesTest, BreaksDownIntoTheLargestValuesAndTheRest) {
    for (int i = 0; i < 3; ++i) shop.click({.at = "2026-11-07T09:00", .platform = "web"});
    for (int i = 0; i < 2; ++i) shop.click({.at = "2026-11-07T09:00", .platform = "ios"});
    shop.click({.at = "2026-11-07T09:00", .platform = "tv"});
    shop.click({.at = "2026-11-07T09:00", .platform = "car"});
    shop.commit("2026-11-07T11:30");
    const auto answer = shop.json("/api/v1/series?by=platform&limit=2&from=2026-11-07");
    EXPECT_EQ(lines_of(answer), (Lines{"- web: 3 = 3", "- ios: 2 = 2", "- (rest): 2 = 2"}));
    EXPECT_EQ(std::string_view(answer["rollup"]), "by_platform_version");
}

TEST_F(SeriesTest, UnitesTheUsersOfTheRest) {
    for (const char* platform : {"web", "tv", "car"})
        shop.click({.at = "2026-11-07T09:00", .user = "ann", .platform = platform});
    shop.click({.at = "2026-11-07T09:00", .user = "bo", .platform = "web"});
    shop.commit("2026-11-07T11:30");
    EXPECT_EQ(
        lines_of(shop.json("/api/v1/series?by=platform&limit=1&metric=users&from=2026-11-07")),
        (Lines{"- web: 2 = 2", "- (rest): 1 = 1"}));
}

TEST_F(SeriesTest, KeepsClicksThatAllFiltersHold) {
    shop.click({.at = "2026-11-07T09:00", .platform = "web", .app_version = "1"});
    shop.click({.at = "2026-11-07T09:00", .platform = "web", .app_version = "2"});
    shop.click({.at = "2026-11-07T09:00", .platform = "ios", .app_version = "2"});
    shop.commit("2026-11-07T11:30");
    EXPECT_EQ(lines_of(shop.json("/api/v1/series?filter.platform=web&filter.app_version=2,3"
                                 "&from=2026-11-07")),
              (Lines{"- -: 1 = 1"}));
}

TEST_F(SeriesTest, CountsAClickOnceWithinAnExperiment) {
    shop.click({.at = "2026-11-07T09:00", .experiments = {{"pay", "A"}, {"color", "red"}}});
    shop.click({.at = "2026-11-07T09:00", .experiments = {{"pay", "B"}}});
    shop.commit("2026-11-07T11:30");
    const std::string path = "/api/v1/series?from=2026-11-07&";
    EXPECT_EQ(lines_of(shop.json(path + "by=variant&filter.experiment=pay")),
              (Lines{"- A: 1 = 1", "- B: 1 = 1"}));
    EXPECT_EQ(lines_of(shop.json(path + "by=experiment")),
              (Lines{"- pay: 2 = 2", "- color: 1 = 1"}));
    EXPECT_EQ(shop.refusal(shop.get(path + "by=variant")), "400 needs_experiment");
    EXPECT_EQ(shop.refusal(shop.get(path + "filter.experiment=pay,color")), "400 needs_experiment");
}

TEST_F(SeriesTest, SaysWhyValuesAreNotKnown) {
    shop.click({.at = "2026-11-06T09:00"});
    shop.commit("2026-11-07T11:30");
    const auto answer = shop.json("/api/v1/series?from=2026-11-04&to=2026-11-10");
    EXPECT_EQ(lines_of(answer), (Lines{"- -: null null 1 0 null null = 1"}));
    EXPECT_EQ(reasons_of(answer), (Lines{"before_first_event -1 0-1", "future -1 4-5"}));
}

TEST_F(SeriesTest, SaysThatAProjectHadNoClickYet) {
    shop.commit("2026-11-07T11:30");
    const auto answer = shop.json("/api/v1/series?from=2026-11-06&to=2026-11-08");
    EXPECT_EQ(lines_of(answer), (Lines{"- -: null null = null"}));
    EXPECT_EQ(reasons_of(answer), (Lines{"before_first_event -1 0-1"}));
}

TEST_F(SeriesTest, SaysThatAFeatureMayBeInsideOther) {
    shop.click({.at = "2026-11-06T09:00", .feature = "a"});
    shop.click({.at = "2026-11-07T09:00", .feature = "(other)"});
    shop.commit("2026-11-07T11:30");
    const auto answer = shop.json("/api/v1/series?feature_id=a&from=2026-11-06&to=2026-11-08");
    EXPECT_EQ(lines_of(answer), (Lines{"a -: 1 null = 1"}));
    EXPECT_EQ(reasons_of(answer), (Lines{"in_other 0 1-1"}));
}

TEST_F(SeriesTest, ComparesWithTheSameElapsedPartOfThePeriodBefore) {
    shop.click({.at = "2026-11-06T10:00"});
    shop.click({.at = "2026-11-06T10:30"});
    shop.click({.at = "2026-11-06T15:00"});  // later than today has come
    shop.click({.at = "2026-11-07T09:00"});
    shop.click({.at = "2026-11-07T11:10"});  // after the last whole hour
    shop.commit("2026-11-07T11:30");
    const auto answer = shop.json("/api/v1/series?from=2026-11-07&to=2026-11-08&compare=previous");
    EXPECT_EQ(lines_of(answer["previous"]), (Lines{"- -: 3 = 3"}));
    EXPECT_EQ(std::string_view(answer["previous"]["compared_to"]), "2026-11-06T11:00:00+01:00");
    const auto change = answer["series"].at(0)["change"];
    EXPECT_EQ(int64_t(change["now"]), 1);
    EXPECT_EQ(int64_t(change["before"]), 2);
    EXPECT_EQ(double(change["ratio"]), -0.5);
}

TEST_F(SeriesTest, ReadsSettledBucketsInsteadOfTheirHours) {
    for (int hour = 0; hour < 24; ++hour)
        shop.click({.at = fmt::format("2026-11-05T{:02}:00", hour)});
    shop.commit("2026-11-07T11:30");
    const std::string question = "/api/v1/series?from=2026-11-05&to=2026-11-06";
    EXPECT_EQ(int64_t(shop.json(question)["rows_read"]), 24);
    shop.settle(Grain::Day, "2026-11-05");
    shop.start();  // without what was cached
    const auto answer = shop.json(question);
    EXPECT_EQ(int64_t(answer["rows_read"]), 1);
    EXPECT_EQ(lines_of(answer), (Lines{"- -: 24 = 24"}));
}

TEST_F(SeriesTest, ReadsLiveHoursWhereAClickCameAfterSettling) {
    shop.click({.at = "2026-11-05T09:00"});
    shop.commit("2026-11-07T11:00");
    shop.settle(Grain::Hour, "2026-11-05T09:00");
    shop.settle(Grain::Day, "2026-11-05");
    shop.click({.at = "2026-11-05T09:30"});
    shop.commit("2026-11-07T11:30");
    EXPECT_EQ(lines_of(shop.json("/api/v1/series?from=2026-11-05&to=2026-11-06")),
              (Lines{"- -: 2 = 2"}));
}

TEST_F(SeriesTest, WidensToWholeBucketsAndSaysSo) {
    shop.click({.at = "2026-11-02T09:00"});
    shop.commit("2026-11-07T11:30");
    const auto answer = shop.json("/api/v1/series?grain=week&from=2026-11-04T10:15&to=2026-11-05");
    EXPECT_EQ(std::string_view(answer["from"]), "2026-11-02T00:00:00+01:00");
    EXPECT_EQ(std::string_view(answer["to"]), "2026-11-09T00:00:00+01:00");
    EXPECT_EQ(lines_of(answer), (Lines{"- -: 1 = 1"}));
}

TEST_F(SeriesTest, RefusesWhatItCannotAnswerAndSaysWhatToDo) {
    shop.commit("2026-11-07T11:30");
    const std::string path = "/api/v1/series?";
    for (const auto& [query, expected] : std::vector<std::pair<std::string, std::string>>{
             {"colour=red", "400 unknown_parameter"},
             {"grain=year", "400 invalid_parameter"},
             {"grain=", "400 invalid_parameter"},
             {"from=yesterday", "400 invalid_parameter"},
             {"from=2026-11-08&to=2026-11-01", "400 invalid_parameter"},
             {"from=0001-01-01", "400 invalid_parameter"},
             {"from=1990-01-01&grain=hour", "400 too_wide"},
             {"feature_id=a,b,c,d,e,f,g,h,i,j,k", "400 invalid_parameter"},
             {"feature_id=a,,b", "400 invalid_parameter"},
             {"feature_id=%FF", "400 invalid_parameter"},
             {"feature_id=a%00b", "400 invalid_parameter"},
             {"metric=money", "400 invalid_parameter"},
             {"by=colour", "400 invalid_parameter"},
             {"limit=5", "400 invalid_parameter"},
             {"by=platform&limit=0", "400 invalid_parameter"},
             {"by=platform&limit=5x", "400 invalid_parameter"},
             {"by=platform&limit=99999999999999999999", "400 invalid_parameter"},
             {"grain=day&grain=hour", "400 invalid_parameter"},
             {"filter.colour=red", "400 unknown_parameter"},
             {"filter.platform=", "400 invalid_parameter"},
             {"by=browser", "400 no_rollup"},
             {"by=platform&filter.page=/", "400 no_rollup"},
             {"by=page&metric=users", "400 no_users"},
             {"compare=next", "400 invalid_parameter"}})
        EXPECT_EQ(shop.refusal(shop.get(path + query)), expected) << query;
    EXPECT_NE(shop.get(path + "by=platform&filter.page=/").body.find("by_page_platform"),
              std::string::npos);
}

// Hours of the 5th are kept no more; its day is.
class RetentionTest : public SeriesTest {
protected:
    RetentionTest() {
        shop.click({.at = "2026-11-05T09:00"});
        shop.click({.at = "2026-11-05T09:30", .user = "bob"});
        shop.click({.at = "2026-11-06T09:00", .feature = "search"});
        shop.commit("2026-11-07T11:30");
        shop.settle(Grain::Hour, "2026-11-05T09:00");
        shop.settle(Grain::Day, "2026-11-05");
        const std::vector<calendar::BucketKey> hours{
            shop.calendar().hour_at(*shop.calendar().parse("2026-11-05T09:00")).key};
        for (const fold::View& view : shop.views()) {
            EXPECT_TRUE(shop.store().retire(view.id, hours));
            EXPECT_TRUE(shop.store().forget(view.id, Grain::Hour, hours));
        }
    }
};

TEST_F(RetentionTest, HidesHoursThatAreForgottenAndSaysWhy) {
    const auto answer = shop.json(
        "/api/v1/series?grain=hour&from=2026-11-05T09:00&to=2026-11-05T11:00&metric=users");
    EXPECT_EQ(lines_of(answer), (Lines{"- -: null 0 = 0"}));
    EXPECT_EQ(reasons_of(answer), (Lines{"retention -1 0-0"}));
}

TEST_F(RetentionTest, AnswersLongerBucketsAsBefore) {
    const auto answer = shop.json("/api/v1/series?from=2026-11-05&to=2026-11-07&metric=users");
    EXPECT_EQ(lines_of(answer), (Lines{"- -: 2 1 = 2"}));
    EXPECT_TRUE(reasons_of(answer).empty());
}

TEST_F(RetentionTest, RefusesARankingOfAPartOfTheClicks) {
    const std::string part = "from=2026-11-05T08:00&to=2026-11-07T00:00";
    EXPECT_EQ(shop.refusal(shop.get("/api/v1/features?" + part)), "400 retention");
    EXPECT_EQ(shop.refusal(shop.get("/api/v1/dimensions?" + part)), "400 retention");
    const auto whole = shop.json("/api/v1/features?from=2026-11-05&to=2026-11-07");
    EXPECT_EQ(int64_t(whole["total_clicks"]), 3);
}

TEST_F(RetentionTest, KnowsNoChangeSinceAForgottenPeriod) {
    const auto answer = shop.json("/api/v1/features?from=2026-11-06T08:00&to=2026-11-07T08:00");
    ASSERT_EQ(answer["features"].get_array().size(), 1u);
    EXPECT_TRUE(answer["features"].at(0)["previous_clicks"].is_null());
}

}  // namespace
}  // namespace clickmill::query_api
