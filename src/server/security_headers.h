// The headers that keep pages and answers from being misused (docs/design/http.md). Source: OWASP
// secure headers project.
#pragma once

#include "http/message.h"
#include "http/server.h"

namespace clickmill::server {

// Scripts, styles and questions from here alone; nothing inline; no frames; no plug-ins.
inline constexpr std::string_view kContentSecurityPolicy =
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src "
    "'self'; "
    "connect-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'";

// Adds what every answer needs and has not set itself.
void add_security_headers(http::Response& response);

// Serves what `inner` serves, with those headers. `inner` outlives it.
class SecureHandler final : public http::Handler {
public:
    explicit SecureHandler(http::Handler& inner) : inner_(inner) {}
    std::expected<http::BodyLimits, http::Response> admit(const http::Head& head) override;
    void handle(http::Request request, http::Respond respond) override;
    void decorate(const http::Head& head, http::Response& refusal) override;

private:
    http::Handler& inner_;
};

}  // namespace clickmill::server
