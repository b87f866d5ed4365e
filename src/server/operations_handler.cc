#include "server/operations_handler.h"

#include "base/json_writer.h"
#include "server/version.h"

#include <fmt/format.h>

#include <utility>

namespace clickmill::server {

OperationsHandler::OperationsHandler(const telemetry::Registry& registry,
                                     const telemetry::Health& health, std::function<void()> refresh)
    : registry_(registry), health_(health), refresh_(std::move(refresh)) {}

std::expected<http::BodyLimits, http::Response> OperationsHandler::admit(const http::Head& head) {
    if (head.method != http::Method::Get && head.method != http::Method::Head) {
        http::Response refused = http::error_response(
            405, "method_not_allowed", fmt::format("{} takes GET and HEAD only", head.path));
        refused.headers.emplace_back("Allow", "GET, HEAD");
        return std::unexpected(std::move(refused));
    }
    return http::BodyLimits{};
}

void OperationsHandler::handle(http::Request request, http::Respond respond) {
    http::Response response = answer(request.head);
    response.headers.emplace_back("Cache-Control", "no-store");
    respond(std::move(response));
}

http::Response OperationsHandler::answer(const http::Head& head) const {
    if (head.path == "/livez" || head.path == "/healthz") {
        return {.content_type = "text/plain; charset=utf-8", .body = "ok\n"};
    }
    if (head.path == "/version") {
        JsonWriter json;
        json.begin_object().field("version", kVersion).end_object();
        return {.body = json.take()};
    }
    if (head.path == "/readyz") {
        refresh_();
        return {.status = health_.is_ready() ? 200 : 503, .body = health_.json()};
    }
    if (head.path == "/metrics") {
        refresh_();
        return {.content_type = "text/plain; version=0.0.4; charset=utf-8",
                .body = registry_.text()};
    }
    return http::error_response(404, "not_found",
                                "here are /metrics, /healthz, /livez, /readyz and /version");
}

}  // namespace clickmill::server
