#include "server/security_headers.h"

#include <algorithm>
#include <array>
#include <utility>

namespace clickmill::server {

namespace {

bool has_header(const http::Response& response, std::string_view name) {
    return std::any_of(response.headers.begin(), response.headers.end(),
                       [name](const auto& header) { return header.first == name; });
}

constexpr std::array<std::pair<std::string_view, std::string_view>, 4> kForEveryAnswer = {{
    {"X-Content-Type-Options", "nosniff"},
    {"Referrer-Policy", "no-referrer"},
    {"X-Frame-Options", "DENY"},
    {"Content-Security-Policy", kContentSecurityPolicy},
}};

}  // namespace

void add_security_headers(http::Response& response) {
    for (const auto& [name, value] : kForEveryAnswer) {
        if (!has_header(response, name)) response.headers.emplace_back(name, value);
    }
}

std::expected<http::BodyLimits, http::Response> SecureHandler::admit(const http::Head& head) {
    auto admitted = inner_.admit(head);
    if (!admitted) add_security_headers(admitted.error());
    return admitted;
}

void SecureHandler::handle(http::Request request, http::Respond respond) {
    inner_.handle(std::move(request),
                  [respond = std::move(respond)](http::Response response) mutable {
                      add_security_headers(response);
                      respond(std::move(response));
                  });
}

void SecureHandler::decorate(const http::Head& head, http::Response& refusal) {
    inner_.decorate(head, refusal);
    add_security_headers(refusal);
}

}  // namespace clickmill::server
