// For tests: a server that echoes what it was sent, and a client that speaks raw bytes to it.
#pragma once

#include "http/server.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <arpa/inet.h>
#include <charconv>
#include <functional>
#include <mutex>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <string>
#include <string_view>
#include <sys/socket.h>
#include <unistd.h>
#include <vector>

namespace clickmill::http {

struct TestResponse {
    int status = 0;
    std::string head;
    std::string body;

    std::string header(std::string_view name) const {
        const size_t at = head.find("\r\n" + std::string(name) + ": ");
        if (at == std::string::npos) return {};
        const size_t start = at + name.size() + 4;
        return head.substr(start, head.find("\r\n", start) - start);
    }
};

// Blocking, with a time limit after which it fails the test. One thread.
class TestClient {
public:
    explicit TestClient(uint16_t port) : socket_(::socket(AF_INET, SOCK_STREAM, 0)) {
        sockaddr_in address{};
        address.sin_family = AF_INET;
        address.sin_port = htons(port);
        address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        const int on = 1;
        ::setsockopt(socket_, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
        is_connected_ =
            ::connect(socket_, reinterpret_cast<sockaddr*>(&address), sizeof(address)) == 0;
    }
    ~TestClient() { ::close(socket_); }
    TestClient(const TestClient&) = delete;
    TestClient& operator=(const TestClient&) = delete;

    bool is_connected() const { return is_connected_; }

    // False when the server no longer reads.
    bool send(std::string_view bytes) {
        while (!bytes.empty()) {
            const ssize_t sent = ::send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
            if (sent <= 0) return false;
            bytes.remove_prefix(static_cast<size_t>(sent));
        }
        return true;
    }
    void finish_sending() { ::shutdown(socket_, SHUT_WR); }

    TestResponse read_response(bool has_body = true) {
        TestResponse response;
        size_t end = std::string::npos;
        while ((end = input_.find("\r\n\r\n")) == std::string::npos) {
            if (!read_more()) return response;
        }
        response.head = input_.substr(0, end + 4);
        input_.erase(0, end + 4);
        std::from_chars(response.head.data() + 9, response.head.data() + 12, response.status);
        const std::string length = response.header("Content-Length");
        if (!has_body || length.empty()) return response;
        const size_t size = std::stoul(length);
        while (input_.size() < size && read_more()) {
        }
        response.body = input_.substr(0, size);
        input_.erase(0, size);
        return response;
    }

    // Everything until the server closes.
    std::string read_to_end() {
        while (read_more()) {
        }
        return std::exchange(input_, {});
    }

    // Whether the server has closed and nothing more was sent. Waits for it.
    bool is_closed() { return input_.empty() && !read_more(); }

private:
    bool read_more() {
        pollfd ready{socket_, POLLIN, 0};
        constexpr int kPatienceMs = 20'000;
        if (::poll(&ready, 1, kPatienceMs) != 1) {
            ADD_FAILURE() << "the server neither answered nor closed";
            return false;
        }
        char buffer[16 << 10];
        const ssize_t got = ::recv(socket_, buffer, sizeof(buffer), 0);
        if (got <= 0) return false;
        input_.append(buffer, static_cast<size_t>(got));
        return true;
    }

    int socket_;
    bool is_connected_ = false;
    std::string input_;
};

// Answers "METHOD path?query body". Paths steer it: /large answers a long text, /later answers when
// told, /refuse refuses before the body.
class EchoHandler final : public Handler {
public:
    BodyLimits limits{.sent_bytes = 1 << 20, .inflated_bytes = 4 << 20};

    std::expected<BodyLimits, Response> admit(const Head& head) override {
        if (head.path == "/refuse") return std::unexpected(error_response(403, "no", "no"));
        return limits;
    }

    void handle(Request request, Respond respond) override {
        static constexpr const char* kNames[] = {"GET",    "HEAD",  "POST",    "PUT",
                                                 "DELETE", "PATCH", "OPTIONS", "OTHER"};
        Response response;
        response.content_type = "text/plain";
        response.body =
            std::string(kNames[static_cast<size_t>(request.head.method)]) + " " + request.head.path;
        if (!request.head.query.empty()) response.body += "?" + request.head.query;
        response.body += " " + request.body;
        if (request.head.path == "/address") response.body = request.head.remote_address;
        if (request.head.path == "/large") response.body = std::string(100'000, 'x');
        if (request.head.path == "/drop") return;
        const std::lock_guard lock(mutex_);
        ++handled_;
        if (request.head.path == "/later") {
            waiting_.emplace_back(std::move(respond), std::move(response));
        } else {
            respond(std::move(response));
        }
    }

    void decorate(const Head&, Response& refusal) override {
        refusal.headers.emplace_back("X-Decorated", "yes");
    }

    int handled() {
        const std::lock_guard lock(mutex_);
        return handled_;
    }
    // Answers what waits, the newest first.
    void answer_waiting() {
        std::vector<std::pair<Respond, Response>> waiting;
        {
            const std::lock_guard lock(mutex_);
            waiting.swap(waiting_);
        }
        std::reverse(waiting.begin(), waiting.end());
        for (auto& [respond, response] : waiting) respond(std::move(response));
    }

private:
    std::mutex mutex_;  // guards what follows
    int handled_ = 0;
    std::vector<std::pair<Respond, Response>> waiting_;
};

class EchoServer {
public:
    explicit EchoServer(ServerOptions options = {}) {
        auto started = Server::start(std::move(options), {{"/", &handler}});
        if (!started) {
            ADD_FAILURE() << started.error().message();
            return;
        }
        server = std::move(*started);
    }
    uint16_t port() const { return server->port(); }

    EchoHandler handler;
    std::unique_ptr<Server> server;
};

}  // namespace clickmill::http
