#include "query_api/query_api.h"

#include "metrics_store/memory/memory_metrics_store.h"
#include "query_api/test_shop.h"

#include <fmt/format.h>

#include <thread>

namespace clickmill::query_api {
namespace {

using http::Method;
using metrics_store::MemoryMetricsStore;
using std::chrono::minutes;

std::string header_of(const http::Response& response, std::string_view name) {
    for (const auto& [field, value] : response.headers)
        if (field == name) return value;
    return "";
}

class QueryApiTest : public testing::Test {
protected:
    QueryApiTest() {
        shop.click({.at = "2026-11-06T09:00"});
        shop.commit("2026-11-07T11:59");
    }
    // Signs a new person in and returns the Cookie field.
    std::string signed_in(control::Role role = control::Role::Viewer) {
        const auto response = shop.send(Method::Get, "/signin?token=" + link("ann", role), {});
        const std::string cookie = header_of(response, "Set-Cookie");
        return cookie.substr(0, cookie.find(';'));
    }
    std::string link(const std::string& name, control::Role role = control::Role::Viewer) {
        const auto person = shop.control().add_person(name, role);
        return *shop.control().make_sign_in(person->id, minutes(15));
    }
    std::string get_with(const std::string& target, http::Headers headers) {
        return shop.refusal(shop.send(Method::Get, target, std::move(headers)));
    }

    Shop shop{std::make_unique<MemoryMetricsStore>(), "Europe/Berlin"};
};

TEST_F(QueryApiTest, AsksForACredential) {
    const auto response = shop.send(Method::Get, "/api/v1/series", {});
    EXPECT_EQ(shop.refusal(response), "401 missing_credential");
    EXPECT_EQ(header_of(response, "WWW-Authenticate"), "Bearer");
    EXPECT_EQ(get_with("/api/v1/series", {{"Authorization", "Bearer rk_wrong"}}),
              "401 unknown_key");
    EXPECT_EQ(get_with("/api/v1/series", {{"Authorization", "Basic abc"}}),
              "401 missing_credential");
    EXPECT_EQ(get_with("/api/v1/series?project=shop", {{"Cookie", "clickmill_session=old"}}),
              "401 session_expired");
}

TEST_F(QueryApiTest, TakesAReadKeyForItsProjectAlone) {
    EXPECT_EQ(shop.get("/api/v1/series").status, 200);
    EXPECT_EQ(shop.get("/api/v1/series?project=shop").status, 200);
    EXPECT_EQ(shop.refusal(shop.get("/api/v1/series?project=other")), "403 other_project");
}

TEST_F(QueryApiTest, RefusesAWriteKeyAndADisabledOne) {
    const auto write =
        *shop.control().add_key({.kind = control::KeyKind::Write, .project = "shop"});
    EXPECT_EQ(get_with("/api/v1/series", {{"Authorization", "Bearer " + write.text}}),
              "403 write_key");
    const auto read = *shop.control().add_key({.kind = control::KeyKind::Read, .project = "shop"});
    const http::Headers headers = {{"Authorization", "bearer " + read.text}};
    EXPECT_EQ(shop.send(Method::Get, "/api/v1/series", headers).status, 200);
    ASSERT_TRUE(shop.control().disable_key(read.key.id));
    EXPECT_EQ(get_with("/api/v1/series", headers), "401 unknown_key");
}

TEST_F(QueryApiTest, TakesASessionForEveryProject) {
    const http::Headers headers = {{"Cookie", "theme=dark; " + signed_in()}};
    EXPECT_EQ(shop.send(Method::Get, "/api/v1/series?project=shop", headers).status, 200);
    EXPECT_EQ(get_with("/api/v1/series", headers), "400 missing_project");
    EXPECT_EQ(get_with("/api/v1/series?project=none", headers), "404 unknown_project");
    // A project that was made a moment ago: the aggregator has not declared its views yet.
    EXPECT_EQ(get_with("/api/v1/series?project=other", headers), "503 unavailable");
}

TEST_F(QueryApiTest, SignsInOnceAndSetsACookieThatScriptsCannotRead) {
    const std::string token = link("ann");
    const auto response = shop.send(Method::Get, "/signin?token=" + token, {});
    EXPECT_EQ(response.status, 303);
    EXPECT_EQ(header_of(response, "Location"), "/");
    const std::string cookie = header_of(response, "Set-Cookie");
    for (const char* part : {"HttpOnly", "SameSite=Strict", "Path=/", "Max-Age=2592000"})
        EXPECT_TRUE(cookie.contains(part)) << cookie;
    EXPECT_FALSE(cookie.contains("Secure")) << "plain HTTP on this machine";
    EXPECT_EQ(shop.send(Method::Get, "/signin?token=" + token, {}).status, 404);
    EXPECT_EQ(shop.send(Method::Get, "/signin", {}).status, 400);
}

TEST_F(QueryApiTest, SetsASecureCookieBehindHttps) {
    const auto response =
        shop.send(Method::Get, "/signin?token=" + link("ann"), {{"X-Forwarded-Proto", "https"}});
    EXPECT_TRUE(header_of(response, "Set-Cookie").ends_with("; Secure"));
}

TEST_F(QueryApiTest, LeavesALinkToThePersonWhenSomethingElseLooksAtIt) {
    const std::string target = "/signin?token=" + link("ann");
    EXPECT_EQ(shop.send(Method::Head, target, {}).status, 200);
    for (const http::Headers& headers :
         {http::Headers{{"Sec-Purpose", "prefetch;prerender"}},
          http::Headers{{"Purpose", "prefetch"}}, http::Headers{{"Sec-Fetch-Mode", "no-cors"}},
          http::Headers{{"User-Agent", "Slackbot-LinkExpanding 1.0"}},
          http::Headers{{"User-Agent", "facebookexternalhit/1.1"}}})
        EXPECT_EQ(shop.send(Method::Get, target, headers).status, 200);
    EXPECT_EQ(shop.send(Method::Get, target,
                        {{"Sec-Fetch-Mode", "navigate"}, {"User-Agent", "CUBOT NOTE"}})
                  .status,
              303);
}

TEST_F(QueryApiTest, SaysWhoIsSignedInAndWhichProjectsThereAre) {
    const auto write =
        *shop.control().add_key({.kind = control::KeyKind::Write, .project = "shop"});
    const auto response =
        shop.send(Method::Get, "/api/v1/session", {{"Cookie", signed_in(control::Role::Admin)}});
    EXPECT_EQ(response.body,
              fmt::format("{{\"person\":{{\"name\":\"ann\",\"role\":\"admin\"}},\"projects\":["
                          "{{\"id\":\"other\",\"name\":\"other\",\"zone\":\"Europe/Berlin\","
                          "\"week_start\":\"monday\",\"is_sample\":false,\"write_key_hint\":null}},"
                          "{{\"id\":\"shop\",\"name\":\"The shop\",\"zone\":\"Europe/Berlin\","
                          "\"week_start\":\"monday\",\"is_sample\":false,"
                          "\"write_key_hint\":\"{}\"}}]}}",
                          write.key.hint));
    EXPECT_EQ(header_of(response, "Cache-Control"), "no-store");
    const auto by_key = shop.json("/api/v1/session");
    EXPECT_TRUE(by_key["person"].is_null());
    EXPECT_EQ(by_key["projects"].get_array().size(), 1u);
}

TEST_F(QueryApiTest, SignsOutFromItsOwnPagesOnly) {
    const std::string cookie = signed_in();
    const auto sign_out = [&](http::Headers headers) {
        headers.emplace_back("Cookie", cookie);
        headers.emplace_back("Host", "clickmill.example:8080");
        return shop.send(Method::Post, "/api/v1/session/sign-out", std::move(headers)).status;
    };
    EXPECT_EQ(sign_out({{"Sec-Fetch-Site", "cross-site"}}), 403);
    EXPECT_EQ(sign_out({{"Sec-Fetch-Site", "same-site"}}), 403);
    EXPECT_EQ(sign_out({{"Origin", "https://evil.example"}}), 403);
    EXPECT_EQ(sign_out({{"Origin", "null"}}), 403);
    EXPECT_EQ(shop.send(Method::Get, "/api/v1/session", {{"Cookie", cookie}}).status, 200);
    EXPECT_EQ(sign_out({{"Origin", "http://clickmill.example:8080"}}), 204);
    EXPECT_EQ(shop.send(Method::Get, "/api/v1/session", {{"Cookie", cookie}}).status, 401);
    EXPECT_EQ(sign_out({{"Sec-Fetch-Site", "same-origin"}}), 204);
}

TEST_F(QueryApiTest, RefusesOtherPathsAndMethods) {
    EXPECT_EQ(shop.refusal(shop.get("/api/v1/clicks")), "404 unknown_path");
    EXPECT_EQ(shop.refusal(shop.get("/api/v1/series/")), "404 unknown_path");
    const auto response = shop.send(Method::Delete, "/api/v1/series", {});
    EXPECT_EQ(shop.refusal(response), "405 method_not_allowed");
    EXPECT_EQ(header_of(response, "Allow"), "GET, HEAD");
    EXPECT_EQ(shop.refusal(shop.get("/api/v1/session/sign-out")), "405 method_not_allowed");
    EXPECT_EQ(shop.refusal(shop.get("/api/v1/series?search=" + std::string(9000, 'a'))),
              "400 invalid_parameter");
}

TEST_F(QueryApiTest, AnswersNotModifiedUntilSomethingChanged) {
    const std::string question = "/api/v1/series?from=2026-11-06&to=2026-11-08";
    const auto first = shop.get(question);
    const std::string etag = header_of(first, "ETag");
    EXPECT_EQ(header_of(first, "Cache-Control"), "private, no-cache");

    const auto again = shop.get(question, {{"If-None-Match", "\"x\", " + etag}});
    EXPECT_EQ(again.status, 304);
    EXPECT_EQ(again.body, "");
    EXPECT_EQ(header_of(again, "ETag"), etag);
    EXPECT_EQ(shop.get(question + "&feature_id=a", {{"If-None-Match", etag}}).status, 200)
        << "another question";

    EXPECT_EQ(shop.get("/api/v1/series?grain=", {{"If-None-Match", "*"}}).status, 400)
        << "a bad question has no answer that could be the same";

    shop.click({.at = "2026-11-07T11:59:30"});
    shop.commit("2026-11-07T11:59");
    EXPECT_EQ(shop.get(question, {{"If-None-Match", etag}}).status, 200);
}

TEST_F(QueryApiTest, AnswersFromTheCacheWhileNothingChanged) {
    const std::string question = "/api/v1/series?from=2026-11-06&to=2026-11-07";
    EXPECT_EQ(shop.get(question).body, shop.get(question).body);
    shop.click({.at = "2026-11-06T10:00"});
    shop.commit("2026-11-07T11:59");
    EXPECT_EQ(int64_t(shop.json(question)["series"].at(0)["total"]), 2);
}

TEST_F(QueryApiTest, RefusesATokenThatItNeverGave) {
    EXPECT_EQ(shop.refusal(shop.get("/api/v1/changes?since=" + std::string(65, '0'))),
              "400 invalid_parameter");
    EXPECT_EQ(shop.get("/api/v1/changes?since=" + std::string(64, '0')).status, 200);
}

TEST_F(QueryApiTest, TellsWhoWaitsAsSoonAsSomethingIsCounted) {
    const std::string token{std::string_view(shop.json("/api/v1/changes")["token"])};
    std::string next;
    std::jthread waiter([&] {
        const auto response = shop.get("/api/v1/changes?wait=25&since=" + token);
        next = response.body;
    });
    // A look that finds nothing new has surely been taken, or will find the click: both must do.
    shop.click({.at = "2026-11-07T11:59:30"});
    shop.commit("2026-11-07T11:59:40");
    waiter.join();
    EXPECT_TRUE(next.contains("\"is_changed\":true")) << next;
    EXPECT_TRUE(next.contains("2026-11-07T11:59:40+01:00")) << next;
}

TEST_F(QueryApiTest, AnswersThoseWhoWaitWhenItStops) {
    const std::string token{std::string_view(shop.json("/api/v1/changes")["token"])};
    std::string answer;
    std::jthread waiter([&] { answer = shop.get("/api/v1/changes?wait=25&since=" + token).body; });
    shop.api().stop_waiting();
    waiter.join();
    EXPECT_TRUE(answer.contains("\"is_changed\":false")) << answer;
}

TEST_F(QueryApiTest, NamesTheParametersThatAPathKnows) {
    const auto answer = shop.get("/api/v1/changes?until=now");
    EXPECT_TRUE(answer.body.contains("known are project, since, wait")) << answer.body;
}

TEST_F(QueryApiTest, RefusesBadWishesToWait) {
    EXPECT_EQ(shop.refusal(shop.get("/api/v1/changes?wait=26")), "400 invalid_parameter");
    EXPECT_EQ(shop.refusal(shop.get("/api/v1/changes?until=now")), "400 unknown_parameter");
    EXPECT_EQ(get_with("/api/v1/changes", {}), "401 missing_credential");
}

TEST_F(QueryApiTest, ShowsThatEveryAcceptedClickWentSomewhere) {
    shop.pending = 3;
    const auto answer = shop.json("/api/v1/accounting");
    EXPECT_EQ(int64_t(answer["accepted"]), 4);
    EXPECT_EQ(int64_t(answer["counted"]), 1);
    EXPECT_EQ(int64_t(answer["pending"]), 3);
    EXPECT_TRUE(bool(answer["is_balanced"]));
    EXPECT_EQ(double(answer["lag_seconds"]), 60);
    EXPECT_EQ(int64_t(answer["repeat_window_seconds"]), 86'400);
    EXPECT_EQ(int64_t(answer["project"]["counted"]), 1);
    EXPECT_EQ(answer["partitions"].get_array().size(), 1u);
    EXPECT_EQ(int64_t(answer["partitions"].at(0)["end"]), 4);
}

// Pending 0 would say that all is counted.
TEST_F(QueryApiTest, DoesNotKnowWhatIsPendingWhileTheLogIsAway) {
    Shop new_shop{std::make_unique<MemoryMetricsStore>(), "Europe/Berlin"};  // without a ledger
    for (Shop* of : {&shop, &new_shop}) {
        of->is_log_away = true;
        const auto answer = of->json("/api/v1/accounting");
        EXPECT_TRUE(answer["accepted"].is_null());
        EXPECT_TRUE(answer["pending"].is_null());
        EXPECT_FALSE(bool(answer["is_balanced"]));
    }
}

TEST_F(QueryApiTest, ShowsRollupsWithTheirPositions) {
    const auto answer = shop.json("/api/v1/status");
    EXPECT_EQ(std::string_view(answer["version"]), "0.1.0");
    EXPECT_EQ(std::string_view(answer["stores"]["metrics_store"]), "ok");
    EXPECT_EQ(answer["rollups"].get_array().size(), 4u);
    EXPECT_EQ(int64_t(answer["rollups"].at(0)["positions"].at(0)["through"]), 1);
}

TEST_F(QueryApiTest, SaysThatItIsBusyWhenTooManyAskAtOnce) {
    // One thread that is held by a question to the log's tail; one place in the queue.
    std::promise<void> release;
    auto released = release.get_future().share();
    std::atomic<int> held = 0;
    telemetry::Registry metrics;
    const auto logger = telemetry::make_silent_logger();
    QueryApi api({.version = "0", .threads = 1, .queue_limit = 1},
                 {shop.store(), shop.control(), shop.clock(), metrics, *logger,
                  [&]() -> Result<std::vector<PartitionTail>> {
                      ++held;
                      held.notify_all();
                      released.wait();
                      return std::vector<PartitionTail>{};
                  }});
    std::vector<std::future<http::Response>> answers;
    const auto ask = [&] {
        auto promise = std::make_shared<std::promise<http::Response>>();
        answers.push_back(promise->get_future());
        http::Request request;
        request.head.path = "/api/v1/accounting";
        request.head.headers = {{"Authorization", "Bearer " + shop.key()}};
        api.handle(std::move(request),
                   [promise](http::Response response) { promise->set_value(std::move(response)); });
    };
    ask();
    held.wait(0);
    ask();
    ask();
    const auto refused = answers[2].get();
    EXPECT_EQ(shop.refusal(refused), "503 busy");
    EXPECT_EQ(header_of(refused, "Retry-After"), "1");
    release.set_value();
    EXPECT_EQ(answers[0].get().status, 200);
    EXPECT_EQ(answers[1].get().status, 200);
}

TEST_F(QueryApiTest, EndsAQuestionThatReadsTooMuch) {
    shop.options().question_rows = 1;
    shop.start();
    shop.click({.at = "2026-11-05T09:00"});
    shop.commit("2026-11-07T11:59");
    EXPECT_EQ(shop.refusal(shop.get("/api/v1/series")), "400 too_wide");
}

TEST_F(QueryApiTest, SendsTheSameNumbersAsCsv) {
    shop.click({.at = "2026-11-06T10:00", .feature = "=cmd|'/c calc'!A1"});
    shop.commit("2026-11-07T11:59");
    const auto series = shop.get(
        "/api/v1/series.csv?feature_id=%3Dcmd%7C'/c%20calc'!A1,checkout.pay&from=2026-11-05"
        "&to=2026-11-08");
    EXPECT_EQ(series.content_type, "text/csv; charset=utf-8");
    EXPECT_EQ(header_of(series, "Content-Disposition"),
              "attachment; filename=\"clickmill-shop-by-day.csv\"");
    EXPECT_EQ(series.body,
              "day,'=cmd|'/c calc'!A1,checkout.pay\r\n2026-11-05,,\r\n2026-11-06,1,1\r\n"
              "2026-11-07,0,0\r\n");
    EXPECT_EQ(shop.get("/api/v1/features.csv?from=2026-11-06&to=2026-11-07").body,
              "feature_id,clicks,share,previous_clicks,change\r\n"
              "'=cmd|'/c calc'!A1,1,0.5,,\r\ncheckout.pay,1,0.5,,\r\n");
}

TEST_F(QueryApiTest, ListsDimensionsWithTheirValues) {
    shop.click({.at = "2026-11-06T10:00", .platform = "ios"});
    shop.click({.at = "2026-11-06T10:00", .platform = "ios"});
    shop.commit("2026-11-07T11:59");
    const auto answer = shop.json("/api/v1/dimensions?dimension=platform");
    const auto platform = answer["dimensions"].at(0);
    EXPECT_EQ(std::string_view(platform["name"]), "platform");
    EXPECT_EQ(std::string_view(platform["values"].at(0)["value"]), "ios");
    EXPECT_EQ(int64_t(platform["values"].at(0)["clicks"]), 2);
    EXPECT_EQ(int64_t(platform["value_count"]), 2);
    EXPECT_EQ(shop.json("/api/v1/dimensions")["dimensions"].get_array().size(), 5u);
    EXPECT_EQ(shop.refusal(shop.get("/api/v1/dimensions?dimension=browser")),
              "400 invalid_parameter");
}

TEST_F(QueryApiTest, CountsItsAnswers) {
    shop.get("/api/v1/series");
    EXPECT_TRUE(shop.metrics().text().contains(
        "clickmill_query_answers_total{path=\"/api/v1/series\",status=\"200\"} 1"));
}

}  // namespace
}  // namespace clickmill::query_api
