#include "http/server.h"

#include "http/core.h"
#include "http/shared.h"

#include <algorithm>
#include <thread>

namespace clickmill::http {
namespace {

class BeastServer final : public Server {
public:
    explicit BeastServer(std::unique_ptr<Shared> shared) : shared_(std::move(shared)) {}
    ~BeastServer() override { stop(std::chrono::milliseconds(0)); }

    // The first core learns the port, the others share it.
    Result<void> listen() {
        port_ = shared_->options().port;
        for (int i = 0; i < std::max(1, shared_->options().threads); ++i) {
            auto core = std::make_unique<Core>(*shared_);
            ASSIGN_OR_RETURN(port_, core->listen(shared_->options().host, port_, i == 0));
            cores_.push_back(std::move(core));
        }
        for (const auto& core : cores_) threads_.emplace_back([&core] { core->run(); });
        return {};
    }

    uint16_t port() const override { return port_; }

    void stop(std::chrono::milliseconds deadline) override {
        if (threads_.empty()) return;
        std::latch begun(static_cast<std::ptrdiff_t>(cores_.size()));
        for (const auto& core : cores_) core->begin_stop(begun);
        begun.wait();
        shared_->wait_until_idle(std::chrono::steady_clock::now() + deadline);
        for (const auto& core : cores_) core->cut();
        for (std::thread& thread : threads_) thread.join();
        threads_.clear();
        cores_.clear();
    }

private:
    std::unique_ptr<Shared> shared_;
    uint16_t port_ = 0;
    std::vector<std::unique_ptr<Core>> cores_;
    std::vector<std::thread> threads_;
};

}  // namespace

Result<std::unique_ptr<Server>> Server::start(ServerOptions options, std::vector<Route> routes) {
    ASSIGN_OR_RETURN(auto proxies, TrustedProxies::parse(options.trusted_proxies));
    auto server = std::make_unique<BeastServer>(
        std::make_unique<Shared>(std::move(options), std::move(routes), std::move(proxies)));
    RETURN_IF_ERROR(server->listen());
    return server;
}

}  // namespace clickmill::http
