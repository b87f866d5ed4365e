#include "http/server.h"

#include "http/test_client.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <thread>

namespace clickmill::http {
namespace {

using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

TEST(Server, AnswersARequestWithItsBody) {
    EchoServer server;
    TestClient client(server.port());
    client.send("POST /echo?a=1 HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\nhello");
    EXPECT_EQ(client.read_response().body, "POST /echo?a=1 hello");
}

}  // namespace
}  // namespace clickmill::http
