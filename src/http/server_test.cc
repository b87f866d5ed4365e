#include "http/server.h"

#include "http/gzip.h"
#include "http/response_writer.h"
#include "http/smuggling_corpus.h"
#include "http/test_client.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <deque>
#include <thread>

namespace clickmill::http {
namespace {

using testing::HasSubstr;
using testing::Not;

std::string post(const std::string& path, const std::string& body, const std::string& fields = "") {
    return "POST " + path + " HTTP/1.1\r\nHost: x\r\n" + fields +
           "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body;
}

std::string get(const std::string& path, const std::string& fields = "") {
    return "GET " + path + " HTTP/1.1\r\nHost: x\r\n" + fields + "\r\n";
}

TEST(Server, AnswersRequestAfterRequestOnOneConnection) {
    EchoServer server;
    TestClient client(server.port());
    client.send(post("/echo?a=1", "hello"));
    EXPECT_EQ(client.read_response().body, "POST /echo?a=1 hello");
    client.send(get("/b%20c"));
    EXPECT_EQ(client.read_response().body, "GET /b c ");
}

TEST(Server, AnswersPipelinedRequestsInTheirOrder) {
    EchoServer server;
    TestClient client(server.port());
    std::string all = post("/later", "0");
    for (int i = 1; i < 200; ++i) all += post(i % 3 == 0 ? "/later" : "/now", std::to_string(i));
    std::thread sender([&] { client.send(all); });
    std::atomic<bool> is_done = false;
    std::thread answerer([&] {
        while (!is_done) {
            server.handler.answer_waiting();
            std::this_thread::yield();
        }
    });
    for (int i = 0; i < 200; ++i) {
        const std::string path = i % 3 == 0 ? "/later" : "/now";
        EXPECT_EQ(client.read_response().body, "POST " + path + " " + std::to_string(i));
    }
    is_done = true;
    sender.join();
    answerer.join();
}

TEST(Server, TakesNoMorePipelinedRequestsThanItsBound) {
    EchoServer server;
    TestClient client(server.port());
    std::string all;
    for (int i = 0; i < 500; ++i) all += get("/later");
    client.send(all + get("/later"));
    // Another connection's round trips show that the server had every chance to read on.
    TestClient other(server.port());
    for (int i = 0; i < 50; ++i) {
        other.send(get("/echo"));
        other.read_response();
    }
    EXPECT_LE(server.handler.handled(), 50 + 64);
}

TEST(Server, PutsAChunkedBodyTogether) {
    EchoServer server;
    TestClient client(server.port());
    client.send(
        "POST /a HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n"
        "3\r\nabc\r\n2;x=y\r\nde\r\n0\r\nX-Sum: 5\r\n\r\n" +
        get("/next"));
    EXPECT_EQ(client.read_response().body, "POST /a abcde");
    EXPECT_EQ(client.read_response().body, "GET /next ");
}

TEST(Server, InflatesAGzipBody) {
    EchoServer server;
    TestClient client(server.port());
    client.send(post("/a", gzip("hello"), "Content-Encoding: gzip\r\n"));
    EXPECT_EQ(client.read_response().body, "POST /a hello");
    client.send(post("/a", gzip("hello").substr(0, 10), "Content-Encoding: gzip\r\n"));
    EXPECT_EQ(client.read_response().status, 400);
    client.send(post("/a", "hello", "Content-Encoding: gzip\r\n"));
    EXPECT_EQ(client.read_response().status, 400);
}

TEST(Server, RefusesABodyOverTheLimitBeforeItIsRead) {
    EchoServer server;
    server.handler.limits = {.sent_bytes = 10, .inflated_bytes = 20};
    TestClient client(server.port());
    client.send("POST /a HTTP/1.1\r\nHost: x\r\nContent-Length: 11\r\n\r\n");
    const auto response = client.read_response();
    EXPECT_EQ(response.status, 413);
    EXPECT_EQ(response.header("Connection"), "close");
    EXPECT_EQ(response.header("X-Decorated"), "yes");
    EXPECT_EQ(server.handler.handled(), 0);
}

TEST(Server, CountsAChunkedBodyToo) {
    EchoServer server;
    server.handler.limits = {.sent_bytes = 10, .inflated_bytes = 20};
    TestClient client(server.port());
    client.send(
        "POST /a HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n"
        "8\r\n01234567\r\n3\r\n012\r\n0\r\n\r\n");
    EXPECT_EQ(client.read_response().status, 413);
    EXPECT_EQ(server.handler.handled(), 0);
}

TEST(Server, LetsTheHandlerDressTheRefusalOfABrokenChunk) {
    EchoServer server;
    TestClient client(server.port());
    client.send("POST /a HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n");
    const auto response = client.read_response();
    EXPECT_EQ(response.status, 400);
    EXPECT_EQ(response.header("X-Decorated"), "yes");
}

TEST(Server, StopsInflatingAtTheCap) {
    EchoServer server;
    TestClient client(server.port());
    client.send(post("/a", gzip(std::string(5 << 20, '0')), "Content-Encoding: gzip\r\n"));
    EXPECT_EQ(client.read_response().status, 413);
    EXPECT_EQ(server.handler.handled(), 0);
}

TEST(Server, LetsALargeClientReadItsRefusal) {
    EchoServer server;
    server.handler.limits = {.sent_bytes = 10, .inflated_bytes = 20};
    TestClient client(server.port());
    client.send(post("/a", std::string(3 << 20, 'x')));
    EXPECT_EQ(client.read_response().status, 413);
}

TEST(Server, BoundsTheBytesOfAllRequestsTogether) {
    EchoServer server({.max_bytes_in_flight = 1000});
    TestClient first(server.port());
    first.send(post("/later", std::string(800, 'x')));
    while (server.handler.handled() < 1) std::this_thread::yield();
    TestClient second(server.port());
    second.send(post("/echo", std::string(800, 'x')));
    const auto refused = second.read_response();
    EXPECT_EQ(refused.status, 503);
    EXPECT_NE(refused.header("Retry-After"), "");
    server.handler.answer_waiting();
    EXPECT_EQ(first.read_response().status, 200);
    TestClient third(server.port());
    third.send(post("/echo", std::string(800, 'x')));
    EXPECT_EQ(third.read_response().status, 200);
}

TEST(Server, NamesTheCodingsThatItDoesNotKnow) {
    EchoServer server;
    TestClient content(server.port());
    content.send(post("/a", "x", "Content-Encoding: br\r\n"));
    EXPECT_EQ(content.read_response().status, 415);
    TestClient transfer(server.port());
    transfer.send("POST /a HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: gzip\r\n\r\n");
    EXPECT_EQ(transfer.read_response().status, 501);
}

TEST(Server, GivesEveryStatusThatItAnswersWithItsReason) {
    for (const int status : {200, 204, 303, 304, 400, 401, 403, 404, 405, 408,
                             413, 414, 415, 417, 429, 431, 500, 501, 503, 505}) {
        std::string out;
        append_response(out, {.status = status}, {});
        const std::string line = out.substr(0, out.find("\r\n"));
        EXPECT_THAT(line, testing::MatchesRegex("HTTP/1.1 [0-9]+ [A-Z][A-Za-z ]+")) << status;
    }
}

TEST(Server, InvitesABodyThatWaitsForIt) {
    EchoServer server;
    TestClient client(server.port());
    const std::string head =
        "POST /a HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n";
    client.send(head);
    EXPECT_EQ(client.read_response().status, 100);
    client.send("ok");
    EXPECT_EQ(client.read_response().body, "POST /a ok");
    client.send(head + "go");
    EXPECT_EQ(client.read_response().body, "POST /a go");
}

TEST(Server, RefusesABodyThatWaitsAndIsNotWanted) {
    EchoServer server;
    TestClient client(server.port());
    client.send(
        "POST /refuse HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n");
    EXPECT_EQ(client.read_response().status, 403);
    EXPECT_TRUE(client.is_closed());
}

TEST(Server, KeepsTheConnectionWhenItRefusesARequestWithoutABody) {
    EchoServer server;
    TestClient client(server.port());
    client.send(get("/refuse"));
    EXPECT_EQ(client.read_response().status, 403);
    client.send(get("/a"));
    EXPECT_EQ(client.read_response().status, 200);
}

TEST(Server, LeavesTheBodyOutOfAnAnswerToHead) {
    EchoServer server;
    TestClient client(server.port());
    client.send("HEAD /a HTTP/1.1\r\nHost: x\r\n\r\n");
    const auto response = client.read_response(false);
    EXPECT_EQ(response.header("Content-Length"), "8");
    client.send(get("/b"));
    EXPECT_EQ(client.read_response().body, "GET /b ");
}

TEST(Server, CompressesALargeAnswerForWhoTakesGzip) {
    EchoServer server;
    TestClient client(server.port());
    client.send(get("/large", "Accept-Encoding: br, gzip\r\n"));
    const auto small = client.read_response();
    EXPECT_EQ(small.header("Content-Encoding"), "gzip");
    EXPECT_LT(small.body.size(), 1000u);
    client.send(get("/large"));
    const auto large = client.read_response();
    EXPECT_EQ(large.header("Content-Encoding"), "");
    EXPECT_EQ(large.header("Vary"), "Accept-Encoding");
    EXPECT_EQ(large.body.size(), 100'000u);
}

TEST(Server, ClosesWhenTheClientWishesItOrSpeaksHttp10) {
    EchoServer server;
    TestClient wishes(server.port());
    wishes.send(get("/a", "Connection: close\r\n"));
    EXPECT_EQ(wishes.read_response().header("Connection"), "close");
    EXPECT_TRUE(wishes.is_closed());
    TestClient old(server.port());
    old.send("GET /a HTTP/1.0\r\n\r\n");
    EXPECT_EQ(old.read_response().body, "GET /a ");
    EXPECT_TRUE(old.is_closed());
    TestClient old_but_kept(server.port());
    old_but_kept.send("GET /a HTTP/1.0\r\nConnection: keep-alive\r\n\r\n");
    EXPECT_EQ(old_but_kept.read_response().header("Connection"), "keep-alive");
}

TEST(Server, AnswersAClientThatHasFinishedSending) {
    EchoServer server;
    TestClient client(server.port());
    client.send(get("/later") + get("/b") + "GET /unfinished");
    client.finish_sending();
    while (server.handler.handled() < 2) std::this_thread::yield();
    server.handler.answer_waiting();
    EXPECT_EQ(client.read_response().body, "GET /later ");
    EXPECT_EQ(client.read_response().body, "GET /b ");
    EXPECT_TRUE(client.is_closed());
}

TEST(Server, ForgetsARequestWhoseClientGoesAway) {
    EchoServer server;
    {
        TestClient client(server.port());
        client.send("POST /a HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\nhalf");
        client.finish_sending();
        EXPECT_TRUE(client.is_closed());
    }
    EXPECT_EQ(server.handler.handled(), 0);
}

TEST(Server, AnswersForAHandlerThatDropsARequest) {
    EchoServer server;
    TestClient client(server.port());
    client.send(get("/drop"));
    EXPECT_EQ(client.read_response().status, 500);
}

TEST(Server, ChoosesTheLongestRouteThatFits) {
    EchoHandler all, api;
    const auto server = *Server::start({}, {{"/", &all}, {"/api/", &api}, {"/v1/events", &api}});
    TestClient client(server->port());
    for (const char* path : {"/api/x", "/v1/events", "/v1/events/"}) {
        client.send(get(path));
        client.read_response();
    }
    EXPECT_EQ(api.handled(), 3);
    for (const char* path : {"/", "/apix", "/v1/eventsx"}) {
        client.send(get(path));
        client.read_response();
    }
    EXPECT_EQ(all.handled(), 3);
}

TEST(Server, AnswersNotFoundWhereNoRouteFits) {
    EchoHandler handler;
    const auto server = *Server::start({}, {{"/a", &handler}});
    TestClient client(server->port());
    client.send(get("/b"));
    EXPECT_EQ(client.read_response().status, 404);
    client.send(get("/a"));
    EXPECT_EQ(client.read_response().status, 200);
}

TEST(Server, TellsTheClientsAddressBehindATrustedProxy) {
    EchoServer direct;
    TestClient stranger(direct.port());
    stranger.send(get("/address", "X-Forwarded-For: 203.0.113.9\r\n"));
    EXPECT_EQ(stranger.read_response().body, "127.0.0.1");
    EchoServer behind({.trusted_proxies = {"127.0.0.0/8"}});
    TestClient proxy(behind.port());
    proxy.send(
        get("/address", "X-Forwarded-For: 203.0.113.9\r\nX-Forwarded-For: 198.51.100.4\r\n"));
    EXPECT_EQ(proxy.read_response().body, "198.51.100.4");
}

TEST(Server, TurnsConnectionsOverTheCapsAway) {
    for (const ServerOptions& options : {ServerOptions{.threads = 1, .max_connections = 1},
                                         ServerOptions{.max_connections_per_address = 1}}) {
        EchoServer server(options);
        auto first = std::make_unique<TestClient>(server.port());
        first->send(get("/a"));
        EXPECT_EQ(first->read_response().status, 200);
        TestClient second(server.port());
        const auto refused = second.read_response();
        EXPECT_EQ(refused.status, 503);
        EXPECT_NE(refused.header("Retry-After"), "");
        EXPECT_THAT(refused.body, HasSubstr("too_many_connections"));
        EXPECT_TRUE(second.is_closed());
        first.reset();
        // Until the server has seen the first one go. 0: the reset of a close over an unread
        // request has overtaken the refusal.
        int status = 503;
        while (status == 503 || status == 0) {
            TestClient third(server.port());
            third.send(get("/a"));
            status = third.read_response().status;
        }
        EXPECT_EQ(status, 200);
    }
}

TEST(Server, EndsWhatIsTooSlow) {
    EchoServer server(
        {.header_timeout = std::chrono::seconds(0), .body_timeout = std::chrono::seconds(0)});
    TestClient head(server.port()), body(server.port());
    head.send("POST /a HTTP/1.1\r\nHost:");
    body.send("POST /a HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\nab");
    EXPECT_EQ(head.read_response().status, 408);
    EXPECT_TRUE(head.is_closed());
    EXPECT_EQ(body.read_response().status, 408);
    EXPECT_TRUE(body.is_closed());
    EchoServer impatient({.idle_timeout = std::chrono::seconds(0)});
    EXPECT_TRUE(TestClient(impatient.port()).is_closed());
}

TEST(Server, CutsAClientThatDoesNotRead) {
    EchoServer server({.write_timeout = std::chrono::seconds(0)});
    TestClient client(server.port());
    std::string all;
    for (int i = 0; i < 60; ++i) all += get("/large");
    while (client.send(all)) {
    }
    SUCCEED();
}

TEST(Server, WaitsForALateAnswerHoweverLongItTakes) {
    EchoServer server({.header_timeout = std::chrono::seconds(0),
                       .body_timeout = std::chrono::seconds(0),
                       .idle_timeout = std::chrono::seconds(1)});
    TestClient client(server.port());
    client.send(post("/later", "x"));
    while (server.handler.handled() < 1) std::this_thread::yield();
    TestClient idle(server.port());
    EXPECT_TRUE(idle.is_closed());  // so a sweep past the deadline of both has passed
    server.handler.answer_waiting();
    EXPECT_EQ(client.read_response().body, "POST /later x");
}

TEST(Server, AnswersWhatIsInFlightWhenItStops) {
    EchoServer server({.threads = 1});  // each thread learns of the stop at its own time
    TestClient busy(server.port()), idle(server.port()), half(server.port());
    busy.send(post("/later", "x"));
    half.send("POST /a HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\n\r\nab");
    idle.send(get("/a"));
    idle.read_response();
    while (server.handler.handled() < 2) std::this_thread::yield();
    std::thread stopper([&] { server.server->stop(std::chrono::seconds(20)); });
    EXPECT_TRUE(idle.is_closed());
    half.send("cd");
    const auto finished = half.read_response();
    EXPECT_EQ(finished.body, "POST /a abcd");
    EXPECT_EQ(finished.header("Connection"), "close");
    server.handler.answer_waiting();
    EXPECT_EQ(busy.read_response().body, "POST /later x");
    EXPECT_TRUE(busy.is_closed());
    stopper.join();
    EXPECT_FALSE(TestClient(server.port()).is_connected());
}

// Connections that wait in the kernel's queue, and requests in its buffers, count as in flight.
TEST(Server, AnswersWhoHasSentBeforeItStops) {
    for (int round = 0; round < 5; ++round) {
        EchoServer server({.threads = 2});
        std::deque<TestClient> clients;
        for (int i = 0; i < 30; ++i) {
            clients.emplace_back(server.port()).send(post("/a", std::to_string(i)));
        }
        std::thread stopper([&] { server.server->stop(std::chrono::seconds(20)); });
        for (int i = 0; i < 30; ++i) {
            EXPECT_EQ(clients[i].read_response().body, "POST /a " + std::to_string(i));
        }
        stopper.join();
    }
}

TEST(Server, CutsWhatIsStillOpenAtTheDeadline) {
    EchoServer server;
    TestClient client(server.port());
    client.send(get("/later"));
    while (server.handler.handled() < 1) std::this_thread::yield();
    server.server->stop(std::chrono::milliseconds(1));
    EXPECT_TRUE(client.is_closed());
    server.server.reset();
    server.handler.answer_waiting();  // into an empty house
}

TEST(Server, SaysWhichAddressItCannotTake) {
    EchoServer server;
    EchoHandler handler;
    const auto second = Server::start({.port = server.port()}, {{"/", &handler}});
    ASSERT_FALSE(second);
    EXPECT_EQ(second.error().code, ErrorCode::Unavailable);
    EXPECT_THAT(second.error().message(), HasSubstr(std::to_string(server.port())));
    const auto nonsense = Server::start({.host = "example"}, {{"/", &handler}});
    ASSERT_FALSE(nonsense);
    EXPECT_EQ(nonsense.error().code, ErrorCode::InvalidInput);
}

TEST(Server, CountsWhatItAnswers) {
    telemetry::Registry registry;
    EchoServer server({.registry = &registry});
    TestClient client(server.port());
    client.send(get("/a") + get("/refuse"));
    client.read_response();
    client.read_response();
    EXPECT_THAT(registry.text(), HasSubstr("class=\"2xx\"} 1"));
    EXPECT_THAT(registry.text(), HasSubstr("class=\"4xx\"} 1"));
}

// Sends `bytes` in two pieces and a second request behind them; returns the first status, and fails
// when anything but a refusal and a close comes back.
int status_of_smuggled(EchoServer& server, const std::string& bytes, size_t cut) {
    TestClient client(server.port());
    client.send(bytes.substr(0, cut));
    client.send(bytes.substr(cut) + get("/poison"));
    const auto response = client.read_response();
    EXPECT_EQ(response.header("Connection"), "close") << bytes << " cut at " << cut;
    client.finish_sending();
    EXPECT_EQ(client.read_to_end(), "") << bytes << " cut at " << cut;
    return response.status;
}

TEST(Server, LetsNoSecondRequestThroughInTheBytesOfABadHead) {
    EchoServer server;
    for (const BadHead& bad : bad_heads()) {
        for (size_t cut = 0; cut < bad.bytes.size(); ++cut) {
            EXPECT_EQ(status_of_smuggled(server, bad.bytes, cut), bad.status)
                << bad.why << " cut at " << cut;
        }
    }
    EXPECT_EQ(server.handler.handled(), 0);
}

TEST(Server, LetsNoSecondRequestThroughInTheBytesOfABadChunkedBody) {
    EchoServer server;
    const std::string head = post_head("Transfer-Encoding: chunked\r\n");
    for (const std::string& chunks : bad_chunks()) {
        for (size_t cut = head.size() - 3; cut < head.size() + chunks.size(); ++cut) {
            EXPECT_EQ(status_of_smuggled(server, head + chunks, cut), 400)
                << chunks << " cut at " << cut;
        }
    }
    EXPECT_EQ(server.handler.handled(), 0);
}

}  // namespace
}  // namespace clickmill::http
