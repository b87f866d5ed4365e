#include "metrics_store/memory/memory_metrics_store.h"
#include "query_api/test_shop.h"

#include <gmock/gmock.h>

namespace clickmill::query_api {
namespace {

using http::Method;
using metrics_store::MemoryMetricsStore;

constexpr auto kPath = "/api/v1/catalogue?project=shop";

class CataloguePages : public testing::Test {
protected:
    CataloguePages() {
        const auto person = shop.control().add_person("ann", control::Role::Viewer);
        const auto token = shop.control().make_sign_in(person->id, std::chrono::minutes(15));
        session = {{"Cookie", "clickmill_session=" + *shop.control().sign_in(*token)}};
    }
    http::Response post(const std::string& body, http::Headers headers = {}) {
        if (headers.empty()) headers = session;
        return shop.send(Method::Post, kPath, std::move(headers), body);
    }
    std::string refusal_of(const std::string& body) { return shop.refusal(post(body)); }

    Shop shop{std::make_unique<MemoryMetricsStore>(), "Europe/Berlin"};
    http::Headers session;
};

TEST_F(CataloguePages, SaysWhatPeopleHaveWritten) {
    EXPECT_EQ(shop.get("/api/v1/catalogue").body, R"({"project":"shop","features":[]})");
    const auto written = post(
        R"({"features":[{"feature_id":"pay","name":"Pay <now>","tags":["a"],"state":"planned"},)"
        R"({"feature_id":"buy","alias_of":"pay","owner":"ann","description":"old"}]})");
    EXPECT_EQ(written.status, 200);
    EXPECT_EQ(written.body, R"({"changed":2})");
    EXPECT_EQ(shop.get("/api/v1/catalogue").body,
              R"({"project":"shop","features":[{"feature_id":"buy","name":"","description":"old",)"
              R"("owner":"ann","tags":[],"state":"live","alias_of":"pay",)"
              R"("changed_at":"2026-11-07T12:00:00+01:00"},{"feature_id":"pay",)"
              R"("name":"Pay \u003cnow\u003e","description":"","owner":"","tags":["a"],)"
              R"("state":"planned","alias_of":null,"changed_at":"2026-11-07T12:00:00+01:00"}]})");
}

TEST_F(CataloguePages, IsChangedByPeopleFromOurPagesOnly) {
    const std::string body = R"({"features":[{"feature_id":"pay"}]})";
    EXPECT_EQ(shop.refusal(post(body, shop.read_headers())), "403 read_only");
    http::Headers from_elsewhere = session;
    from_elsewhere.emplace_back("Sec-Fetch-Site", "cross-site");
    EXPECT_EQ(shop.refusal(post(body, from_elsewhere)), "403 cross_site");
    EXPECT_EQ(shop.refusal(post(body, {{"X", "y"}})), "401 missing_credential");
    EXPECT_TRUE(shop.control().features("shop")->empty());
    EXPECT_EQ(post(body).status, 200);
}

TEST_F(CataloguePages, RemovesWhatWasWritten) {
    ASSERT_EQ(post(R"({"features":[{"feature_id":"a b"}]})").status, 200);
    const std::string target = std::string(kPath) + "&feature_id=a%20b";
    EXPECT_EQ(shop.refusal(shop.send(Method::Delete, target, shop.read_headers())),
              "403 read_only");
    EXPECT_EQ(shop.send(Method::Delete, target, session).status, 204);
    EXPECT_TRUE(shop.control().features("shop")->empty());
    EXPECT_EQ(shop.refusal(shop.send(Method::Delete, target, session)), "404 unknown_feature");
    EXPECT_EQ(shop.refusal(shop.send(Method::Delete, kPath, session)), "400 missing_parameter");
}

TEST_F(CataloguePages, SaysWhatIsWrongWithABody) {
    for (const char* body :
         {"", "[]", "{", R"({"features":{}})", R"({"features":[]})", R"({"features":[1]})",
          R"({"features":[{}]})", R"({"features":[{"feature_id":7}]})",
          R"({"features":[{"feature_id":"a","color":"red"}]})",
          R"({"features":[{"feature_id":"a","tags":"b"}]})",
          R"({"features":[{"feature_id":"a","tags":[1]}]})",
          R"({"features":[{"feature_id":"a"}],"more":1})"}) {
        EXPECT_EQ(refusal_of(body), "400 invalid_body") << body;
    }
    EXPECT_EQ(refusal_of(R"({"features":[{"feature_id":"a","state":"gone"}]})"),
              "400 invalid_feature");
    EXPECT_EQ(refusal_of(R"-({"features":[{"feature_id":"(all)"}]})-"), "400 invalid_feature");
    EXPECT_THAT(post(R"({"features":[{"feature_id":"a","alias_of":"a"}]})").body,
                testing::HasSubstr("feature 'a': it cannot be an alias of itself"));
    std::string many = R"({"features":[{"feature_id":"a"})";
    for (int i = 0; i < 1'000; ++i) many += R"(,{"feature_id":"a"})";
    EXPECT_EQ(refusal_of(many + "]}"), "400 invalid_body");
}

TEST_F(CataloguePages, TakesNoOtherMethod) {
    const auto response = shop.send(Method::Put, kPath, session);
    EXPECT_EQ(response.status, 405);
    EXPECT_EQ(shop.refusal(shop.send(Method::Get, std::string(kPath) + "&x=1", session)),
              "400 unknown_parameter");
}

}  // namespace
}  // namespace clickmill::query_api
