// The small HTTP/1.1 server that collector and query API share: Boost.Beast behind a face that
// needs no Boost. One io_context and one thread per core; limits and deadlines as in
// docs/design/http.md.
#pragma once

#include "base/result.h"
#include "http/message.h"
#include "telemetry/metrics.h"

#include <chrono>
#include <cstdint>
#include <expected>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace clickmill::http {

// What serves a path. Any thread; must not block: what takes long answers later from another
// thread.
class Handler {
public:
    virtual ~Handler() = default;

    // Called when the head is in and before the body is read. A Response refuses the request (the
    // body is not read, the connection closes if one was coming); a BodyLimits lets it come.
    virtual std::expected<BodyLimits, Response> admit(const Head& head) = 0;

    // Called with the whole request, body inflated. `respond` is called exactly once, from any
    // thread.
    virtual void handle(Request request, Respond respond) = 0;

    // Called when the server itself refuses a request whose head it has read (400, 408, 413, 415,
    // 503): the place to add fields that every answer must carry, such as those of CORS.
    virtual void decorate(const Head& /*head*/, Response& /*refusal*/) {}
};

struct Route {
    std::string prefix;  // "/v1/events" or "/api/"; the longest that fits wins; "/" takes the rest
    Handler* handler = nullptr;  // outlives the server
};

struct ServerOptions {
    std::string host = "127.0.0.1";
    uint16_t port = 0;  // 0: any free one
    int threads = 2;
    int max_connections = 10'000;
    int max_connections_per_address = 1'000;
    int64_t max_header_bytes = 16 << 10;
    int64_t max_bytes_in_flight = 256 << 20;  // bodies of requests not yet answered; over it: 503
    std::chrono::seconds header_timeout{5};
    std::chrono::seconds body_timeout{30};
    std::chrono::seconds idle_timeout{30};
    std::chrono::seconds write_timeout{10};
    // Addresses ("10.0.0.7") and networks ("10.0.0.0/8") whose X-Forwarded-For is believed. They
    // are exempt from the cap per address.
    std::vector<std::string> trusted_proxies;
    telemetry::Registry* registry = nullptr;  // outlives the server; null: nothing is counted
};

class Server {
public:
    // Unavailable: the address is taken or not ours; says which.
    static Result<std::unique_ptr<Server>> start(ServerOptions options, std::vector<Route> routes);
    virtual ~Server() = default;

    virtual uint16_t port() const = 0;
    // Stops accepting, answers what is in flight with `Connection: close`, then ends. Requests
    // still open at the deadline are cut.
    virtual void stop(std::chrono::milliseconds deadline) = 0;
};

}  // namespace clickmill::http
