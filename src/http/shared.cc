#include "http/shared.h"

namespace clickmill::http {

Shared::Shared(ServerOptions options, std::vector<Route> routes, TrustedProxies proxies)
    : options_(std::move(options)), routes_(std::move(routes)), proxies_(std::move(proxies)) {
    if (options_.registry == nullptr) return;
    const std::string port = std::to_string(options_.port);
    for (size_t digit = 1; digit < answers_.size(); ++digit) {
        answers_[digit] = &options_.registry->counter(
            "clickmill_http_answers_total", "HTTP answers sent",
            {{"listener", port}, {"class", std::to_string(digit) + "xx"}});
    }
    refused_ = &options_.registry->counter("clickmill_http_refused_connections_total",
                                           "Connections closed at once because a cap was reached",
                                           {{"listener", port}});
    open_ = &options_.registry->gauge("clickmill_http_connections", "Open HTTP connections",
                                      {{"listener", port}});
}

Handler* Shared::handler_of(std::string_view path) const {
    const Route* best = nullptr;
    for (const Route& route : routes_) {
        const bool fits = path.starts_with(route.prefix) &&
                          (path.size() == route.prefix.size() || route.prefix.ends_with('/') ||
                           path[route.prefix.size()] == '/');
        if (fits && (best == nullptr || route.prefix.size() > best->prefix.size())) best = &route;
    }
    return best == nullptr ? nullptr : best->handler;
}

bool Shared::add_connection(const std::string& address) {
    const std::lock_guard lock(mutex_);
    if (connections_.load(std::memory_order_relaxed) >= options_.max_connections) return false;
    if (!proxies_.contains(address)) {
        const auto found = by_address_.find(address);
        if (found == by_address_.end()) {
            if (options_.max_connections_per_address < 1) return false;
            by_address_.emplace(address, 1);
        } else {
            if (found->second >= options_.max_connections_per_address) return false;
            ++found->second;
        }
    }
    connections_.fetch_add(1, std::memory_order_relaxed);
    return true;
}

void Shared::remove_connection(const std::string& address) {
    const std::lock_guard lock(mutex_);
    if (const auto found = by_address_.find(address); found != by_address_.end()) {
        if (--found->second == 0) by_address_.erase(found);
    }
    if (connections_.fetch_sub(1, std::memory_order_relaxed) == 1) idle_.notify_all();
}

bool Shared::wait_until_idle(std::chrono::steady_clock::time_point deadline) {
    std::unique_lock lock(mutex_);
    return idle_.wait_until(lock, deadline, [this] { return connections() == 0; });
}

bool Shared::reserve(int64_t bytes) {
    const int64_t before = in_flight_.fetch_add(bytes, std::memory_order_relaxed);
    if (before + bytes <= options_.max_bytes_in_flight) return true;
    release(bytes);
    return false;
}

void Shared::count_answer(int status) {
    const auto digit = static_cast<size_t>(status / 100);
    if (digit < answers_.size() && answers_[digit] != nullptr) answers_[digit]->add();
}

void Shared::count_refused_connection() {
    if (refused_ != nullptr) refused_->add();
}

void Shared::show_connections() {
    if (open_ != nullptr) open_->set(connections());
}

}  // namespace clickmill::http
