#include "collector/collector.h"

#include "collector/test_collector.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace clickmill::collector {
namespace {

using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

constexpr const char* kClick = R"({"feature_id":"checkout.pay"})";

TEST(Collector, AcceptsAClickOnceTheEventLogHasIt) {
    TestCollector shop;
    const auto response = shop.click(R"({"event_id":"a#1","feature_id":"checkout.pay"})");
    EXPECT_EQ(response.status, 200);
    EXPECT_EQ(response.body, R"({"accepted":1,"rejected":[]})");
    EXPECT_EQ(shop.line(), R"({"project":"shop","received_at":1800000000000000,"event_id":"a#1",)"
                           R"("feature_id":"checkout.pay"})");
}

TEST(Collector, KeepsEveryFieldOfAnEvent) {
    TestCollector shop;
    shop.click(R"({"event_id":"i.b#7","feature_id":"f","user_id":"u","anonymous_id":"n",)"
               R"("session_id":"s","page":"/p","platform":"web","app_version":"1.2",)"
               R"("device":"mobile","browser":"Firefox","os":"Linux","locale":"de-DE",)"
               R"("client_timestamp":17,"experiments":{"pay":"B"},)"
               R"("properties":{"plan":"pro","n":1.50,"t":true,"z":null},"extra":[1, {"a":"b"}]})");
    EXPECT_EQ(shop.line(),
              R"({"project":"shop","received_at":1800000000000000,"event_id":"i.b#7",)"
              R"("feature_id":"f","user_id":"u","anonymous_id":"n","session_id":"s","page":"/p",)"
              R"("platform":"web","app_version":"1.2","device":"mobile","browser":"Firefox",)"
              R"("os":"Linux","locale":"de-DE","experiments":{"pay":"B"},)"
              R"("properties":{"plan":"pro","n":1.50,"t":true,"z":null},"client_timestamp":17,)"
              R"("extra":[1, {"a":"b"}]})");
}

TEST(Collector, TakesDefaultsFromTheContextWhereverItStands) {
    TestCollector shop;
    shop.post(R"({"events":[{"event_id":"1","feature_id":"a","platform":"ios",)"
              R"("properties":{"x":1},"experiments":{"e":"A"}}],)"
              R"("context":{"platform":"web","app_version":"4","properties":{"x":2,"y":3},)"
              R"("experiments":{"e":"B","g":"C"},"build":9},"key":")" +
              shop.key + "\"}");
    EXPECT_EQ(shop.line(),
              R"({"project":"shop","received_at":1800000000000000,"event_id":"1","feature_id":"a",)"
              R"("platform":"ios","app_version":"4","experiments":{"e":"A","g":"C"},)"
              R"("properties":{"x":1,"y":3},"build":9})");
}

TEST(Collector, RefusesAnUnknownKey) {
    TestCollector shop;
    const auto response =
        shop.post(R"({"key":"wk_00000000000000000000000000000000","events":[{"feature_id":"a"}]})");
    EXPECT_EQ(response.status, 401);
    EXPECT_THAT(response.body, HasSubstr("unknown_key"));
    EXPECT_TRUE(shop.log.lines().empty());
}

}  // namespace
}  // namespace clickmill::collector
