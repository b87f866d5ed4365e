#include "metrics_store/memory/memory_metrics_store.h"
#include "query_api/test_shop.h"

#include <gmock/gmock.h>

namespace clickmill::query_api {
namespace {

using http::Method;
using metrics_store::MemoryMetricsStore;
using testing::HasSubstr;
using testing::Not;

constexpr auto kPath = "/api/v1/rollups?project=shop";

class RollupPages : public testing::Test {
protected:
    RollupPages() : admin(session_of("ann", control::Role::Admin)) {}
    http::Headers session_of(const std::string& name, control::Role role) {
        const auto person = shop.control().add_person(name, role);
        const auto token = shop.control().make_sign_in(person->id, std::chrono::minutes(15));
        return {{"Cookie", "clickmill_session=" + *shop.control().sign_in(*token)}};
    }
    http::Response post(const std::string& body, http::Headers headers = {}) {
        if (headers.empty()) headers = admin;
        return shop.send(Method::Post, kPath, std::move(headers), body);
    }

    Shop shop{std::make_unique<MemoryMetricsStore>(), "Europe/Berlin"};
    http::Headers admin;
};

TEST_F(RollupPages, ListEachWithItsState) {
    shop.click({.at = "2026-11-07T11:00"});
    shop.commit("2026-11-07T12:00");
    const std::string body = shop.get("/api/v1/rollups").body;
    EXPECT_THAT(body, HasSubstr(R"("may_add":false)")) << "a read key changes nothing";
    EXPECT_THAT(body, HasSubstr(R"({"name":"by_page","dimensions":["page"],"users":false,)"
                                R"("generation":1,"since":null,"zone":"Europe/Berlin",)"
                                R"("state":"current","share":1})"));
}

TEST_F(RollupPages, AddsOneThatIsThenBuilt) {
    shop.click({.at = "2026-11-07T11:00"});
    shop.commit("2026-11-07T12:00");
    const auto added = post(R"({"name":"by_browser","dimensions":["browser","os"],"users":false})");
    EXPECT_EQ(added.status, 202) << added.body;
    EXPECT_THAT(added.body, HasSubstr(R"("may_add":true)"));
    EXPECT_THAT(added.body, HasSubstr(R"("name":"by_browser","dimensions":["browser","os"],)"
                                      R"("users":false,"generation":1,"since":null,)"
                                      R"("zone":"Europe/Berlin","state":"building","share":0})"));
    EXPECT_EQ(shop.refusal(post(R"({"name":"by_browser"})")), "409 rollup_exists");
}

TEST_F(RollupPages, AreAddedByAdministratorsFromOurPagesOnly) {
    const std::string body = R"({"name":"by_browser","dimensions":["browser"]})";
    EXPECT_EQ(shop.refusal(post(body, shop.read_headers())), "403 not_an_administrator");
    EXPECT_EQ(shop.refusal(post(body, session_of("bob", control::Role::Viewer))),
              "403 not_an_administrator");
    http::Headers from_elsewhere = admin;
    from_elsewhere.emplace_back("Sec-Fetch-Site", "cross-site");
    EXPECT_EQ(shop.refusal(post(body, from_elsewhere)), "403 cross_site");
    EXPECT_EQ(shop.refusal(post(body, {{"X", "y"}})), "401 missing_credential");
    EXPECT_THAT(shop.get("/api/v1/rollups").body, Not(HasSubstr("by_browser")));
}

TEST_F(RollupPages, SayWhatIsWrongWithABody) {
    for (const char* body : {"", "[]", "{}", R"({"name":7})", R"({"name":"a","dimensions":"b"})",
                             R"({"name":"a","dimensions":[1]})", R"({"name":"a","users":1})",
                             R"({"name":"a","colour":"red"})"})
        EXPECT_EQ(shop.refusal(post(body)), "400 invalid_body") << body;
}

TEST_F(RollupPages, ReckonFromASampleToTheWholePast) {
    shop.click({.at = "2026-11-06T12:30"});  // its hour began a day before now
    shop.click({.at = "2026-11-07T11:00"});
    shop.commit("2026-11-07T12:00");
    // Two clicks in all at a twentieth of a second each; three rows an hour for 24 hours.
    EXPECT_EQ(shop.get("/api/v1/rollups/cost?dimensions=browser,os").body,
              R"({"events":2,"rows":72,"seconds":1,"sampled_events":10,"sampled_hours":2})");
    EXPECT_EQ(shop.refusal(shop.get("/api/v1/rollups/cost?dimensions=colour")),
              "400 invalid_rollup");
    EXPECT_EQ(shop.refusal(shop.get("/api/v1/rollups/cost?dimension=os")), "400 unknown_parameter");
    EXPECT_EQ(shop.refusal(shop.get("/api/v1/rollups/cost?dimensions=" + std::string(257, 'a'))),
              "400 invalid_parameter");
}

TEST_F(RollupPages, CostNothingWhereNothingWasClicked) {
    EXPECT_EQ(shop.get("/api/v1/rollups/cost").body,
              R"({"events":0,"rows":0,"seconds":0,"sampled_events":10,"sampled_hours":2})");
}

}  // namespace
}  // namespace clickmill::query_api
