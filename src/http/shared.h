// What all cores of one server share: options, routes, and the few counts that must be kept
// together.
#pragma once

#include "http/proxies.h"
#include "http/server.h"

#include <array>
#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <mutex>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace clickmill::http {

// Any thread.
class Shared {
public:
    Shared(ServerOptions options, std::vector<Route> routes, TrustedProxies proxies);

    const ServerOptions& options() const { return options_; }
    const TrustedProxies& proxies() const { return proxies_; }
    Handler* handler_of(std::string_view path) const;  // null: none fits

    // Takes one place for a connection from `address`; false when one of the caps is reached.
    bool add_connection(const std::string& address);
    void remove_connection(const std::string& address);
    int connections() const { return connections_.load(std::memory_order_relaxed); }
    // Whether every connection has gone by then.
    bool wait_until_idle(std::chrono::steady_clock::time_point deadline);

    // Takes room for bytes of a body; false when max_bytes_in_flight is reached.
    bool reserve(int64_t bytes);
    void release(int64_t bytes) { in_flight_.fetch_sub(bytes, std::memory_order_relaxed); }

    void count_answer(int status);
    void count_refused_connection();
    void show_connections();  // sets the gauge

private:
    const ServerOptions options_;
    const std::vector<Route> routes_;
    const TrustedProxies proxies_;
    std::atomic<int64_t> in_flight_{0};
    std::atomic<int> connections_{0};
    std::array<telemetry::Counter*, 6> answers_{};  // by the status' first digit
    telemetry::Counter* refused_ = nullptr;
    telemetry::Gauge* open_ = nullptr;

    std::mutex mutex_;
    std::condition_variable idle_;                     // signalled when connections_ falls to 0
    std::unordered_map<std::string, int> by_address_;  // guarded by mutex_
};

}  // namespace clickmill::http
