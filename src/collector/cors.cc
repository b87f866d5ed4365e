#include "collector/cors.h"

#include <string>

namespace clickmill::collector {

// The origin is mirrored with credentials allowed because navigator.sendBeacon() always sends them;
// nothing here reads a cookie.
void add_cors_headers(const http::Head& head, http::Response& response) {
    const std::string_view origin = head.header("origin");
    if (origin.empty()) {
        response.headers.emplace_back("Access-Control-Allow-Origin", "*");
        return;
    }
    response.headers.emplace_back("Access-Control-Allow-Origin", origin);
    response.headers.emplace_back("Access-Control-Allow-Credentials", "true");
    response.headers.emplace_back("Access-Control-Expose-Headers", "Retry-After");
    response.headers.emplace_back("Vary", "Origin");
}

http::Response preflight_response(const http::Head& head) {
    http::Response response{.status = 204};
    add_cors_headers(head, response);
    auto& headers = response.headers;
    headers.emplace_back("Access-Control-Allow-Methods", "POST, OPTIONS");
    const std::string_view asked = head.header("access-control-request-headers");
    headers.emplace_back(
        "Access-Control-Allow-Headers",
        asked.empty() ? std::string_view("content-type, content-encoding") : asked);
    headers.emplace_back("Access-Control-Max-Age", "86400");
    if (head.header("access-control-request-private-network") == "true") {
        headers.emplace_back("Access-Control-Allow-Private-Network", "true");
    }
    return response;
}

}  // namespace clickmill::collector
