// The operations listener: how the server is, for machines and operators. Loopback unless told.
#pragma once

#include "http/server.h"
#include "telemetry/health.h"
#include "telemetry/metrics.h"

#include <functional>

namespace clickmill::server {

// /metrics  Prometheus text        /healthz, /livez  200 while the process answers
// /readyz   200 when every part can do its job, else 503; JSON says why
// /version  {"version"}
// Any thread.
class OperationsHandler final : public http::Handler {
public:
    // `refresh` is called before metrics or readiness are read.
    OperationsHandler(const telemetry::Registry& registry, const telemetry::Health& health,
                      std::function<void()> refresh);

    std::expected<http::BodyLimits, http::Response> admit(const http::Head& head) override;
    void handle(http::Request request, http::Respond respond) override;

private:
    http::Response answer(const http::Head& head) const;

    const telemetry::Registry& registry_;
    const telemetry::Health& health_;
    const std::function<void()> refresh_;
};

}  // namespace clickmill::server
