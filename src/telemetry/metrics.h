// Counters, gauges and histograms in Prometheus' text format. Any thread; adding is one relaxed
// atomic. Names follow prometheus.io/docs/practices/naming: clickmill_<room>_<what>_<unit>[_total].
#pragma once

#include <atomic>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

namespace clickmill::telemetry {

class Counter {
public:
    void add(int64_t by = 1) { value_.fetch_add(by, std::memory_order_relaxed); }
    int64_t value() const { return value_.load(std::memory_order_relaxed); }

private:
    std::atomic<int64_t> value_{0};
};

class Gauge {
public:
    void set(double value) { value_.store(value, std::memory_order_relaxed); }
    double value() const { return value_.load(std::memory_order_relaxed); }

private:
    std::atomic<double> value_{0};
};

class Histogram {
public:
    explicit Histogram(std::vector<double> bounds);  // upper bounds, rising
    void observe(double value);
    int64_t count() const;
    // The lines of this histogram. `labels` is "" or `a="b",c="d"`.
    void append_text(std::string& out, std::string_view name, std::string_view labels) const;

private:
    std::vector<double> bounds_;
    std::vector<std::atomic<int64_t>> counts_;  // one a bound, and one above the last
    std::atomic<double> sum_{0};
};

using Labels = std::vector<std::pair<std::string, std::string>>;

// Owns every metric; what it returns lives as long as it does. Asking again for the same name and
// labels returns the same metric.
class Registry {
public:
    Counter& counter(std::string_view name, std::string_view help, const Labels& labels = {});
    Gauge& gauge(std::string_view name, std::string_view help, const Labels& labels = {});
    // In seconds, from 0.1 ms to 10 s, unless `bounds` says otherwise.
    Histogram& histogram(std::string_view name, std::string_view help, const Labels& labels = {},
                         const std::vector<double>& bounds = {});
    std::string text() const;

private:
    struct Family;
    struct Metric;
    Metric& metric(std::string_view name, std::string_view help, std::string_view type,
                   const Labels& labels);

    mutable std::mutex mutex_;  // guards families_
    std::map<std::string, std::shared_ptr<Family>, std::less<>> families_;
};

}  // namespace clickmill::telemetry
