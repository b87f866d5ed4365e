// What a browser gets for a path.
#include "server/page_handler.h"

#include "server/operations_handler.h"
#include "server/security_headers.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

namespace clickmill::server {
namespace {

using testing::HasSubstr;
using testing::Not;

Bytes bytes_of(std::string_view text) {
    return {text.data(), text.data() + text.size()};
}

const std::vector<WebFile>& files() {
    static const std::vector<WebFile> kFiles = {
        {"/index.html", bytes_of("<!doctype html> dashboard"), bytes_of("packed")},
        {"/assets/app-1a2b.js", bytes_of("let a = 'application'"), bytes_of("packed js")},
        {"/sdk.js", bytes_of("sdk"), bytes_of("longer when packed")},
        {"/demo/index.html", bytes_of("demo page"), bytes_of("p")},
    };
    return kFiles;
}

std::string header_of(const http::Response& response, std::string_view name) {
    for (const auto& [given, value] : response.headers) {
        if (given == name) return value;
    }
    return "";
}

http::Response get(http::Handler& handler, std::string path, http::Headers headers = {},
                   http::Method method = http::Method::Get) {
    http::Request request;
    request.head.method = method;
    request.head.path = std::move(path);
    request.head.headers = std::move(headers);
    if (auto admitted = handler.admit(request.head); !admitted) return admitted.error();
    http::Response response;
    handler.handle(std::move(request), [&response](http::Response r) { response = std::move(r); });
    return response;
}

TEST(PageHandler, ServesTheDashboardForEveryClientSideRoute) {
    PageHandler handler({}, files());
    for (const char* path : {"/", "/index.html", "/features/checkout.pay", "/health"}) {
        const http::Response response = get(handler, path);
        EXPECT_EQ(response.status, 200) << path;
        EXPECT_EQ(response.body, "<!doctype html> dashboard") << path;
        EXPECT_EQ(response.content_type, "text/html; charset=utf-8");
        EXPECT_EQ(header_of(response, "Cache-Control"), "no-cache");
    }
}

TEST(PageHandler, SaysNotFoundForFilesAndInterfacesThatAreNotThere) {
    PageHandler handler({}, files());
    for (const char* path : {"/logo.png", "/assets/old.js", "/assets/", "/assets/old",
                             "/api/v2/series", "/v1/other", "/v1", "/wp-login.php"}) {
        const http::Response response = get(handler, path);
        EXPECT_EQ(response.status, 404) << path;
        EXPECT_EQ(response.content_type, "application/json") << path;
    }
}

TEST(PageHandler, SendsProbesThatWentAstrayToTheOperationsListener) {
    PageHandler handler({}, files());
    for (const char* path : {"/healthz", "/livez", "/readyz", "/metrics", "/version"}) {
        const http::Response response = get(handler, path);
        EXPECT_EQ(response.status, 404) << path;
        EXPECT_THAT(response.body, HasSubstr("server.operations_listen")) << path;
    }
}

TEST(PageHandler, LetsBrowsersKeepFilesWhoseNamesChangeWithTheirContent) {
    PageHandler handler({}, files());
    const http::Response response = get(handler, "/assets/app-1a2b.js");
    EXPECT_EQ(response.content_type, "text/javascript; charset=utf-8");
    EXPECT_THAT(header_of(response, "Cache-Control"), HasSubstr("immutable"));
}

TEST(PageHandler, SendsThePackedFormToThoseWhoTakeItWhereItIsSmaller) {
    PageHandler handler({}, files());
    const http::Response packed = get(handler, "/", {{"Accept-Encoding", "br, gzip"}});
    EXPECT_EQ(packed.body, "packed");
    EXPECT_EQ(header_of(packed, "Content-Encoding"), "gzip");
    EXPECT_EQ(header_of(packed, "Vary"), "Accept-Encoding");
    const http::Response plain = get(handler, "/sdk.js", {{"Accept-Encoding", "gzip"}});
    EXPECT_EQ(plain.body, "sdk");
    EXPECT_EQ(header_of(plain, "Content-Encoding"), "");  // "identity" never stands there
}

TEST(PageHandler, AnswersNotModifiedToABrowserThatHasTheSame) {
    PageHandler handler({}, files());
    const std::string etag = header_of(get(handler, "/"), "ETag");
    const http::Response response = get(handler, "/", {{"If-None-Match", etag}});
    EXPECT_EQ(response.status, 304);
    EXPECT_EQ(response.body, "");
}

TEST(PageHandler, LetsEverySiteLoadTheSdk) {
    PageHandler handler({}, files());
    EXPECT_EQ(header_of(get(handler, "/sdk.js"), "Access-Control-Allow-Origin"), "*");
    EXPECT_EQ(header_of(get(handler, "/"), "Access-Control-Allow-Origin"), "");
}

TEST(PageHandler, ShowsTheDemoInDemoModeOnly) {
    PageHandler plain({}, files());
    EXPECT_EQ(get(plain, "/demo/").status, 404);
    EXPECT_EQ(get(plain, "/demo/config.json").status, 404);

    PageHandler demo({.is_demo = true, .demo_config = "{\"project\":\"demo\"}"}, files());
    EXPECT_EQ(get(demo, "/demo/").body, "demo page");
    EXPECT_EQ(header_of(get(demo, "/demo"), "Location"), "/demo/");
    EXPECT_EQ(get(demo, "/demo/config.json").body, "{\"project\":\"demo\"}");
    EXPECT_EQ(get(demo, "/demo/other").status, 404);
}

TEST(PageHandler, TakesNoOtherMethods) {
    PageHandler handler({}, files());
    const http::Response response = get(handler, "/", {}, http::Method::Post);
    EXPECT_EQ(response.status, 405);
    EXPECT_EQ(header_of(response, "Allow"), "GET, HEAD");
}

TEST(PageHandler, SaysHowToBuildThePagesWhenTheyAreAbsent) {
    PageHandler handler({}, {});
    const http::Response response = get(handler, "/");
    EXPECT_EQ(response.status, 503);
    EXPECT_THAT(response.body, HasSubstr("script/build"));
    EXPECT_EQ(get(handler, "/api/none").status, 404);
}

TEST(SecureHandler, AddsAStrictPolicyToEveryAnswerAndRefusal) {
    PageHandler inner({}, files());
    SecureHandler handler(inner);
    for (const http::Method method : {http::Method::Get, http::Method::Post}) {
        const http::Response response = get(handler, "/", {}, method);
        EXPECT_EQ(header_of(response, "X-Content-Type-Options"), "nosniff");
        EXPECT_EQ(header_of(response, "Referrer-Policy"), "no-referrer");
        const std::string policy = header_of(response, "Content-Security-Policy");
        EXPECT_THAT(policy, HasSubstr("frame-ancestors 'none'"));
        EXPECT_THAT(policy, HasSubstr("default-src 'none'"));
        EXPECT_THAT(policy, Not(HasSubstr("unsafe")));
    }
}

TEST(SecureHandler, ProtectsWhatTheServerRefusesForItsHandler) {
    PageHandler inner({}, files());
    SecureHandler handler(inner);
    http::Response refusal{.status = 413};
    handler.decorate({}, refusal);
    EXPECT_EQ(header_of(refusal, "X-Content-Type-Options"), "nosniff");
    EXPECT_EQ(header_of(refusal, "X-Frame-Options"), "DENY");
}

TEST(OperationsHandler, IsAliveWhileItAnswersAndReadyWhenEveryPartIs) {
    telemetry::Registry registry;
    telemetry::Health health;
    int refreshed = 0;
    OperationsHandler handler(registry, health, [&refreshed] { ++refreshed; });
    health.report("event_log", fail(ErrorCode::Unavailable, "cannot append", "", "disk full"));
    EXPECT_EQ(get(handler, "/livez").status, 200);
    EXPECT_EQ(get(handler, "/healthz").status, 200);
    EXPECT_EQ(get(handler, "/readyz").status, 503);
    EXPECT_THAT(get(handler, "/readyz").body, HasSubstr("disk full"));
    health.report("event_log", {});
    EXPECT_EQ(get(handler, "/readyz").status, 200);
    EXPECT_EQ(refreshed, 3);
}

TEST(OperationsHandler, ServesMetricsAndVersion) {
    telemetry::Registry registry;
    registry.counter("clickmill_x_total", "X.").add();
    const telemetry::Health health;
    OperationsHandler handler(registry, health, [] {});
    EXPECT_THAT(get(handler, "/metrics").body, HasSubstr("clickmill_x_total 1\n"));
    EXPECT_THAT(get(handler, "/metrics").content_type, HasSubstr("version=0.0.4"));
    EXPECT_THAT(get(handler, "/version").body, HasSubstr("\"version\":\""));
    EXPECT_EQ(get(handler, "/other").status, 404);
    EXPECT_EQ(get(handler, "/metrics", {}, http::Method::Post).status, 405);
}

TEST(PageHandler, LetsTheDemoPageAloneSendToAnotherCollector) {
    PageHandler inner({.is_demo = true, .collector_url = "http://127.0.0.1:8081"}, files());
    SecureHandler handler(inner);
    const auto policy = [&](const char* path) {
        return header_of(get(handler, path), "Content-Security-Policy");
    };

    EXPECT_THAT(policy("/demo/"), HasSubstr("connect-src 'self' http://127.0.0.1:8081;"));
    EXPECT_EQ(policy("/"), kContentSecurityPolicy);
}

}  // namespace
}  // namespace clickmill::server
