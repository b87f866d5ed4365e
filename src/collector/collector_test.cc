#include "collector/collector.h"

#include "base/hash.h"
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

TEST(Collector, KeepsTheSendersClockWithEveryEvent) {
    TestCollector shop;
    shop.click(R"({"event_id":"1","feature_id":"a"},{"event_id":"2","feature_id":"a","sent_at":7})",
               {}, R"("sent_at":1763900000123,)");
    const auto lines = shop.log.lines();
    ASSERT_EQ(lines.size(), 2u);
    EXPECT_THAT(lines[0].second, HasSubstr(R"("sent_at":1763900000123})"));
    EXPECT_THAT(lines[1].second, HasSubstr(R"("sent_at":7})"));
}

TEST(Collector, LeavesOutASendersClockThatIsNone) {
    for (const char* clock : {"{}", "[1]", "true", "null", R"("\u0000")"}) {
        TestCollector shop;
        const auto response = shop.click(kClick, {}, std::string(R"("sent_at":)") + clock + ",");
        EXPECT_EQ(response.body, R"({"accepted":1,"rejected":[]})") << clock;
        EXPECT_THAT(shop.line(), Not(HasSubstr("sent_at"))) << clock;
    }
}

TEST(Collector, CountsWhatASenderSaysItGaveUp) {
    TestCollector shop;
    shop.click(kClick, {}, R"("client_dropped":3,)");
    shop.click(kClick, {}, R"("client_dropped":2,)");
    for (const char* none : {"-1", "1.5", "1e3", R"("7")", "null", "[9]", "99999999999999999999"}) {
        const auto response =
            shop.click(kClick, {}, std::string(R"("client_dropped":)") + none + ",");
        EXPECT_EQ(response.status, 200) << none;
    }
    EXPECT_THAT(shop.registry.text(),
                HasSubstr("clickmill_collector_client_dropped_events_total 5\n"));
}

TEST(Collector, RefusesAnUnknownKey) {
    TestCollector shop;
    const auto response =
        shop.post(R"({"key":"wk_00000000000000000000000000000000","events":[{"feature_id":"a"}]})");
    EXPECT_EQ(response.status, 401);
    EXPECT_THAT(response.body, HasSubstr("unknown_key"));
    EXPECT_TRUE(shop.log.lines().empty());
}

TEST(Collector, RejectsABadEventByCode) {
    const std::string long_id(129, 'x');
    const std::string long_event_id(65, 'x');
    const std::vector<std::pair<std::string, std::string>> cases = {
        {R"({})", "missing_feature_id"},
        {R"({"feature_id":""})", "missing_feature_id"},
        {R"({"feature_id":null})", "missing_feature_id"},
        {R"({"feature_id":7})", "invalid_feature_id"},
        {R"({"feature_id":["f"]})", "invalid_feature_id"},
        {R"({"feature_id":{"a":{"b":1}}})", "invalid_feature_id"},
        {"{\"feature_id\":\"(all)\"}", "invalid_feature_id"},
        {"{\"feature_id\":\"(other)\"}", "invalid_feature_id"},
        {"{\"feature_id\":\"(none)\"}", "invalid_feature_id"},
        {"{\"feature_id\":\"(rest)\"}", "invalid_feature_id"},
        {R"({"feature_id":"a\nb"})", "invalid_feature_id"},
        {R"({"feature_id":"a\u007f"})", "invalid_feature_id"},
        {R"({"feature_id":"a\u0085"})", "invalid_feature_id"},
        {R"({"feature_id":"a\u0000b"})", "invalid_text"},
        {R"({"feature_id":"\ud800"})", "invalid_text"},
        {R"({"feature_id":"\udc00x"})", "invalid_text"},
        {R"({"feature_id":"\ud800\u0041"})", "invalid_text"},
        {R"({"feature_id":")" + long_id + "\"}", "invalid_feature_id"},
        {R"({"feature_id":"f","event_id":")" + long_event_id + "\"}", "invalid_event_id"},
        {R"({"feature_id":"f","event_id":7})", "invalid_event_id"},
        {R"({"feature_id":"f","user_id":7})", "invalid_user_id"},
        {R"({"feature_id":"f","anonymous_id":true})", "invalid_anonymous_id"},
        {R"({"feature_id":"f","session_id":[]})", "invalid_session_id"},
        {R"({"feature_id":"f","page":{}})", "invalid_page"},
        {R"({"feature_id":"f","page":"(none)?x"})", "invalid_page"},
        {R"({"feature_id":"f","page":"/a\tb"})", "invalid_page"},
        {R"({"feature_id":"f","platform":1})", "invalid_platform"},
        {R"({"feature_id":"f","locale":")" + long_id + "\"}", "invalid_locale"},
        {R"({"feature_id":"f","experiments":[]})", "invalid_experiments"},
        {R"({"feature_id":"f","experiments":{"e":1}})", "invalid_experiments"},
        {R"({"feature_id":"f","experiments":{"":"A"}})", "invalid_experiments"},
        {"{\"feature_id\":\"f\",\"experiments\":{\"e\":\"(all)\"}}", "invalid_experiments"},
        {R"({"feature_id":"f","properties":"x"})", "invalid_properties"},
        {R"({"feature_id":"f","properties":{"a":[1]}})", "invalid_properties"},
        {R"({"feature_id":"f","properties":{"a":{}}})", "invalid_properties"},
        {R"({"feature_id":"f","properties":{"a":"x\ny"}})", "invalid_properties"},
        {R"({"feature_id":"f","properties":{"a":")" + std::string(1025, 'x') + "\"}}",
         "invalid_properties"},
        {R"({"feature_id":"f","properties":{"a":"\ud800"}})", "invalid_text"},
        {R"({"feature_id":"f","client_timestamp":[]})", "invalid_client_timestamp"},
        {R"({"feature_id":"f","client_timestamp":")" + long_id + "\"}", "invalid_client_timestamp"},
        {R"({"feature_id":"f","feature_id":"f"})", "duplicate_name"},
        {R"({"feature_id":"f","f\u0065ature_id":"f"})", "duplicate_name"},
        {R"({"feature_id":"f","x":1,"y":2,"x":3})", "duplicate_name"},
        {R"({"feature_id":"f","properties":{"x":1,"x":2}})", "duplicate_name"},
        {R"({"feature_id":"f","experiments":{"x":"1","x":"2"}})", "duplicate_name"},
        {R"({"feature_id":"f","x":"\ud83d"})", "invalid_text"},
        {R"({"feature_id":"f","\udead":1})", "invalid_text"},
        {R"({"feature_id":"f","x":[[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]]})", "too_deep"},
        {R"({"feature_id":"f","x":")" + std::string(33'000, 'x') + "\"}", "event_too_large"},
        {"7", "invalid_event"},
        {"null", "invalid_event"},
        {R"(["feature_id"])", "invalid_event"},
    };
    TestCollector shop({.key_events_per_second = 0});
    for (const auto& [event, code] : cases) {
        shop.log.clear();
        const auto response = shop.click(event + "," + kClick);
        EXPECT_EQ(response.status, 200) << event;
        EXPECT_THAT(response.body,
                    StartsWith(R"({"accepted":1,"rejected":[{"index":0,"code":")" + code + "\""))
            << event;
        EXPECT_THAT(shop.line(), HasSubstr("checkout.pay")) << event;
        EXPECT_THAT(shop.registry.text(), HasSubstr("{code=\"" + code + "\"} "));
    }
}

TEST(Collector, AcceptsWhatOnlyLooksOdd) {
    const std::vector<std::string> events = {
        R"({"feature_id":"f","user_id":null,"page":"","experiments":null,"properties":null})",
        R"({"feature_id":"\ud83d\ude00 \u202e <script>alert(1)</script>"})",
        R"({"feature_id":"f","client_timestamp":"2026-11-01T00:00:00Z"})",
        R"({"feature_id":"f","client_timestamp":null})",
        R"({"feature_id":"f","properties":{"n":123456789012345678901234567890,"e":1e400}})",
        R"({"feature_id":"f","x":{"a":[{}, [], "", null, -0.5E+7, true]},"y":"\"\\\/\b\f\n\r\t"})",
        R"({"feature_id":"f","page":"?only=query"})",
        R"({"button_id":"f","feature_id":"f"})",
        R"({"feature_id":")" + std::string(128, 'x') + "\"}",
        "\n\t { \"feature_id\" :\r\n \"f\" , \"x\" : [ 1 ,\n 2 ] } ",
    };
    TestCollector shop;
    for (const std::string& event : events) {
        shop.log.clear();
        EXPECT_EQ(shop.click(event).body, R"({"accepted":1,"rejected":[]})") << event;
        EXPECT_THAT(shop.line(), Not(HasSubstr("\n")));
    }
}

TEST(Collector, RefusesABadBodyWhole) {
    const std::string key = R"("key":"wk_00000000000000000000000000000000")";
    const std::string good = "{" + key + R"(,"events":[{"feature_id":"f"}])";
    const std::vector<std::tuple<std::string, int, std::string>> cases = {
        {"", 400, "invalid_json"},
        {" ", 400, "invalid_json"},
        {"{", 400, "invalid_json"},
        {good, 400, "invalid_json"},
        {good + "}x", 400, "invalid_json"},
        {good + "}}", 400, "invalid_json"},
        {good + "}{}", 400, "invalid_json"},
        {good + ",}", 400, "invalid_json"},
        {good + R"(,"x":01})", 400, "invalid_json"},
        {good + R"(,"x":"\x41"})", 400, "invalid_json"},
        {good + ",\"x\":\"\t\"}", 400, "invalid_json"},
        {good + R"(,"x":nul})", 400, "invalid_json"},
        {good + R"(,"x":[1 2]})", 400, "invalid_json"},
        {good + R"(,"x":["a":1]})", 400, "invalid_json"},
        {good + R"(,"x":{"a" "b"}})", 400, "invalid_json"},
        {good + ",\"x\":\"\xff\"}", 400, "invalid_utf8"},
        {good + ",\"x\":\"\xed\xa0\x80\"}", 400, "invalid_utf8"},
        {good + ",\"x\":\"\xc0\xaf\"}", 400, "invalid_utf8"},
        {std::string("{\"a\0\":1}", 8), 400, "invalid_json"},
        {"[]", 400, "invalid_body"},
        {"\"text\"", 400, "invalid_body"},
        {"{" + key + "}", 400, "missing_events"},
        {"{" + key + R"(,"events":{}})", 400, "missing_events"},
        {good + R"(,"events":[]})", 400, "duplicate_member"},
        {good + "," + key + "}", 400, "duplicate_member"},
        {good + R"(,"context":[]})", 400, "invalid_context"},
        {good + R"(,"context":{"platform":1}})", 400, "invalid_platform"},
        {good + R"(,"context":{"x":")" + std::string(9000, 'x') + "\"}}", 413, "context_too_large"},
        {good + R"(,"x":)" + std::string(5000, '[') + std::string(5000, ']') + "}", 400,
         "too_deep"},
        {good + R"(,"x":)" + std::string(100'000, '['), 400, "invalid_json"},
    };
    TestCollector shop;
    for (const auto& [body, status, code] : cases) {
        const auto response = shop.post(body);
        EXPECT_EQ(response.status, status) << body.substr(0, 200);
        EXPECT_THAT(response.body, HasSubstr("\"code\":\"" + code + "\"")) << body.substr(0, 200);
        EXPECT_EQ(header_of(response, "Access-Control-Allow-Origin"), "*");
        EXPECT_TRUE(shop.log.lines().empty());
    }
}

TEST(Collector, TakesAThousandEventsAndNotOneMore) {
    TestCollector shop;
    std::string events = kClick;
    for (int i = 1; i < 1000; ++i) events += std::string(",") + kClick;
    EXPECT_EQ(shop.click(events).body, R"({"accepted":1000,"rejected":[]})");
    shop.log.clear();
    const auto response = shop.click(events + "," + kClick);
    EXPECT_EQ(response.status, 413);
    EXPECT_THAT(response.body, HasSubstr("too_many_events"));
    EXPECT_TRUE(shop.log.lines().empty());
}

TEST(Collector, AnswersARequestWithoutEventsAtOnce) {
    TestCollector shop;
    EXPECT_EQ(shop.click("").body, R"({"accepted":0,"rejected":[]})");
    EXPECT_EQ(shop.log.records(), 0);
}

TEST(Collector, AppendsARequestAsOneRecord) {
    TestCollector shop;
    shop.click(std::string(kClick) + "," + kClick + "," + kClick);
    EXPECT_EQ(shop.log.records(), 1);
    EXPECT_EQ(shop.log.lines().size(), 3u);
}

TEST(Collector, NeverMakesTheSameEventIdTwice) {
    TestCollector shop;
    std::string events = kClick;
    for (int i = 1; i < 1000; ++i) events += std::string(",") + kClick;
    shop.click(events);
    shop.click(events);
    std::set<std::string> ids;
    for (const auto& [partition, line] : shop.log.lines()) {
        const size_t at = line.find("\"event_id\":\"") + 12;
        ids.insert(line.substr(at, line.find('"', at) - at));
    }
    EXPECT_EQ(ids.size(), 2000u);
    EXPECT_EQ(ids.begin()->size(), 32u);
}

TEST(Collector, PlacesAClickByWhoClickedElseByItsId) {
    TestCollector shop({}, 16);
    const auto partition_of = [&shop](const std::string& event, http::Headers headers = {}) {
        shop.log.clear();
        shop.click(event, std::move(headers));
        return shop.log.lines().at(0).first;
    };
    // As Kafka's own clients place the keys "u_81", "k3JdX9.1f#17" and "visitor".
    const auto kafka = [](std::string_view key) {
        return static_cast<int32_t>(murmur2(key) & 0x7fffffff) % 16;
    };
    EXPECT_EQ(partition_of(R"({"feature_id":"a","event_id":"1","user_id":"u_81"})"), kafka("u_81"));
    EXPECT_EQ(partition_of(R"({"feature_id":"b","event_id":"2","user_id":"u_81",)"
                           R"("anonymous_id":"visitor"})"),
              kafka("u_81"));
    EXPECT_EQ(partition_of(R"({"feature_id":"b","event_id":"2","anonymous_id":"visitor"})"),
              kafka("visitor"));
    EXPECT_EQ(partition_of(R"({"feature_id":"b","event_id":"k3JdX9.1f#17"})"),
              kafka("k3JdX9.1f#17"));
    EXPECT_EQ(partition_of(R"({"feature_id":"a","event_id":"1","user_id":"u_81"})", {{"DNT", "1"}}),
              kafka("u_81"))
        << "a retry must meet its first copy, whatever has become of the privacy signal";
}

TEST(Collector, AnswersOnceAllPartitionsHaveAnswered) {
    TestCollector shop({}, 4);
    std::string events;
    for (int i = 0; i < 100; ++i) {
        events += std::string(i > 0 ? "," : "") + R"({"feature_id":"f","user_id":"u)" +
                  std::to_string(i) + "\"}";
    }
    EXPECT_EQ(shop.click(events).body, R"({"accepted":100,"rejected":[]})");
    EXPECT_EQ(shop.log.records(), 4);
}

TEST(Collector, NamesTheEventsWhosePartitionFailed) {
    TestCollector shop({}, 4);
    const int32_t failing = static_cast<int32_t>(murmur2("bad") & 0x7fffffff) % 4;
    shop.log.fails_on = {failing};
    std::string good = "good";
    while (static_cast<int32_t>(murmur2(good) & 0x7fffffff) % 4 == failing) good += "!";
    const auto response =
        shop.click(R"({"feature_id":"f","user_id":"bad"},{"feature_id":"f","user_id":")" + good +
                   R"("},{"x":1},{"feature_id":"f","user_id":"bad"})");
    EXPECT_EQ(response.status, 200);
    EXPECT_THAT(response.body,
                StartsWith(R"({"accepted":1,"rejected":[{"index":0,"code":"not_stored")"));
    EXPECT_THAT(response.body, HasSubstr(R"({"index":2,"code":"missing_feature_id")"));
    EXPECT_THAT(response.body, HasSubstr(R"({"index":3,"code":"not_stored")"));
}

TEST(Collector, AsksToComeBackWhenNothingCouldBeStored) {
    TestCollector shop;
    shop.log.fails_on = {0};
    const auto response =
        shop.click(std::string(kClick) + ",{}", {{"Origin", "https://a.example"}});
    EXPECT_EQ(response.status, 503);
    EXPECT_THAT(response.body, HasSubstr("event_log_unavailable"));
    EXPECT_GE(std::stoi(header_of(response, "Retry-After")), 1);
    EXPECT_EQ(header_of(response, "Access-Control-Allow-Origin"), "https://a.example");
    EXPECT_EQ(header_of(response, "Access-Control-Expose-Headers"), "Retry-After");
}

TEST(Collector, LimitsTheRateOfAKey) {
    TestCollector shop({.key_events_per_second = 10, .key_burst_events = 3});
    EXPECT_EQ(shop.click(std::string(kClick) + "," + kClick).status, 200);
    EXPECT_EQ(shop.click(std::string(kClick) + "," + kClick).status, 200);  // below empty by one
    const auto refused = shop.click(kClick);
    EXPECT_EQ(refused.status, 429);
    EXPECT_GE(std::stoi(header_of(refused, "Retry-After")), 1);
    EXPECT_LE(std::stoi(header_of(refused, "Retry-After")), 60);
    EXPECT_EQ(shop.send(http::Method::Post, "/v1/events?key=" + shop.key, "").status, 429)
        << "where the key stands in the address the body is not even read";
    shop.clock.advance(std::chrono::milliseconds(101));
    EXPECT_EQ(shop.click(kClick).status, 200);
}

TEST(Collector, PrefersTheKeysOwnRate) {
    TestCollector shop({.key_events_per_second = 1000, .key_burst_events = 2000}, 1, {}, 0.5);
    EXPECT_EQ(shop.click(kClick).status, 200);
    EXPECT_EQ(shop.click(kClick).status, 429);
    shop.clock.advance(std::chrono::seconds(3));
    EXPECT_EQ(shop.click(kClick).status, 200);
}

TEST(Collector, AllowsTheOriginsOfTheKeyOnly) {
    TestCollector shop({}, 1, {"https://shop.example", "https://*.shop.example"});
    for (const char* origin :
         {"https://shop.example", "https://a.shop.example", "https://a.b.shop.example"}) {
        EXPECT_EQ(shop.click(kClick, {{"Origin", origin}}).status, 200) << origin;
    }
    for (const char* origin : {"https://evil.example", "http://shop.example", "null",
                               "https://shop.example:8443", "https://evilshop.example",
                               "https://shop.example.evil.example", "https://.shop.example"}) {
        const auto refused = shop.click(kClick, {{"Origin", origin}});
        EXPECT_EQ(refused.status, 403) << origin;
        EXPECT_EQ(header_of(refused, "Access-Control-Allow-Origin"), origin);
    }
    EXPECT_EQ(shop.click(kClick).status, 200) << "servers and apps have no origin";
    const http::Headers evil = {{"Origin", "https://evil.example"}};
    const std::string target = "/v1/events?key=" + shop.key;
    EXPECT_EQ(shop.send(http::Method::Options, target, "", evil).status, 403);
    EXPECT_EQ(shop.send(http::Method::Options, "/v1/events", "", evil).status, 204);
}

TEST(Collector, ChecksAKeyInTheAddressBeforeTheBodyIsRead) {
    TestCollector shop;
    http::Head head;
    head.method = http::Method::Post;
    head.path = "/v1/events";
    head.query = "key=wk_ffffffffffffffffffffffffffffffff";
    const auto refused = shop.collector->admit(head);
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().status, 401);
    head.query = "key=" + shop.key;
    ASSERT_TRUE(shop.collector->admit(head));
    EXPECT_EQ(shop.collector->admit(head)->sent_bytes, 1 << 20);
    EXPECT_EQ(shop.collector->admit(head)->inflated_bytes, 4 << 20);
}

TEST(Collector, LearnsOfAKeyWithinASecond) {
    TestCollector shop;
    shop.click(kClick);
    const auto made = shop.control->add_key({.project = "shop"});
    ASSERT_TRUE(made);
    EXPECT_EQ(shop.send(http::Method::Post, "/v1/events?key=" + made->text, "{}").status, 400)
        << "an unknown key is looked for at once";
    ASSERT_TRUE(shop.control->disable_key(shop.key_id));
    EXPECT_EQ(shop.click(kClick).status, 200);
    shop.clock.advance(std::chrono::milliseconds(1001));
    const auto refused = shop.click(kClick);
    EXPECT_EQ(refused.status, 401);
    EXPECT_THAT(refused.body, HasSubstr("disabled_key"));
}

TEST(Collector, DoesNotTakeAReadKey) {
    TestCollector shop;
    const auto made = shop.control->add_key({.kind = control::KeyKind::Read, .project = "shop"});
    ASSERT_TRUE(made);
    EXPECT_EQ(shop.send(http::Method::Post, "/v1/events?key=" + made->text, "{}").status, 401);
}

TEST(Collector, CountsAClickWithoutIdentityWhenABrowserAsksForPrivacy) {
    for (const char* signal : {"Sec-GPC", "DNT"}) {
        TestCollector shop;
        const std::string event = R"({"event_id":"install.boot#17","feature_id":"f",)"
                                  R"("user_id":"ann","anonymous_id":"n","session_id":"s"})";
        shop.click(event, {{signal, "1"}});
        shop.click(event, {{signal, "1"}});
        const auto lines = shop.log.lines();
        ASSERT_EQ(lines.size(), 2u);
        for (const char* identity : {"ann", "install", "boot", "_id\":\"n", "_id\":\"s"}) {
            EXPECT_THAT(lines[0].second, Not(HasSubstr(identity)));
        }
        EXPECT_THAT(lines[0].second, HasSubstr("#17\""));
        EXPECT_EQ(lines[0], lines[1]) << "a repeat must still meet its first copy";
        shop.log.clear();
        shop.click(event, {{signal, "0"}});
        EXPECT_THAT(shop.line(), HasSubstr("ann"));
    }
}

TEST(Collector, LeavesAClickOutWhenPrivacySignalsSaySo) {
    TestCollector shop({.privacy_signal = PrivacySignal::Drop});
    const auto response = shop.click(kClick, {{"Sec-GPC", "1"}});
    EXPECT_THAT(response.body,
                StartsWith(R"({"accepted":0,"rejected":[{"index":0,"code":"privacy_signal")"));
    EXPECT_TRUE(shop.log.lines().empty());
    EXPECT_EQ(shop.click(kClick).body, R"({"accepted":1,"rejected":[]})");
}

TEST(Collector, StoresUserIdsAsAKeyedHashWhereItIsTold) {
    TestCollector shop({.hash_user_ids = true});
    const std::string event = R"({"event_id":"1","feature_id":"f","user_id":"ann"})";
    shop.click(event);
    shop.click(event);
    const auto lines = shop.log.lines();
    EXPECT_THAT(lines[0].second, Not(HasSubstr("ann")));
    EXPECT_THAT(lines[0].second, HasSubstr("\"user_id\":\""));
    EXPECT_EQ(lines[0], lines[1]);
    TestCollector other({.hash_user_ids = true});
    other.click(event);
    EXPECT_NE(other.line(), lines[0].second) << "another project has another secret";
}

TEST(Collector, GivesManyPagesOneName) {
    TestCollector shop({.page_patterns = {"/product/:id"}});
    shop.click(R"({"event_id":"1","feature_id":"f","page":"/product/42?ref=mail#reviews"})");
    EXPECT_THAT(shop.line(), HasSubstr(R"("page":"/product/:id")"));
}

TEST(Collector, NeverStoresTheAddress) {
    TestCollector shop;
    shop.address = "203.0.113.77";
    shop.click(kClick, {{"X-Forwarded-For", "203.0.113.77"}});
    EXPECT_THAT(shop.line(), Not(HasSubstr("203.0.113")));
}

TEST(Collector, TakesTheSystemFromClientHintsWhereTheUserAgentHasNone) {
    TestCollector shop;
    shop.click(kClick, {{"User-Agent", "MyShop/4.1"},
                        {"Sec-CH-UA-Platform", "\"Android\""},
                        {"Sec-CH-UA-Mobile", "?1"}});
    EXPECT_THAT(shop.line(), HasSubstr(R"("os":"Android")"));
    EXPECT_THAT(shop.line(), HasSubstr(R"("device":"mobile")"));
}

TEST(Collector, BoundsWhatTheContextMakesOfARequest) {
    TestCollector shop;
    std::string events = kClick;
    for (int i = 1; i < 1000; ++i) events += std::string(",") + kClick;
    const auto response =
        shop.click(events, {}, R"("context":{"x":")" + std::string(8000, 'x') + "\"},");
    EXPECT_EQ(response.body, R"({"accepted":1000,"rejected":[]})");
    EXPECT_GE(shop.log.records(), 8) << "no record may pass 4 MiB";
}

TEST(Collector, SaysWhichGeoFileItCannotOpen) {
    TestCollector shop;
    const auto opened =
        Collector::open({.geo_file = shop.folder.path + "/none.mmdb"},
                        {shop.log, *shop.control, shop.clock, *shop.logger, shop.registry});
    ASSERT_FALSE(opened);
    EXPECT_THAT(opened.error().message(), HasSubstr("none.mmdb"));
}

}  // namespace
}  // namespace clickmill::collector
