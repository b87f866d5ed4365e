#include "telemetry/metrics.h"

#include "base/check.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace clickmill::telemetry {

namespace {

// Latencies of this program lie between a cache hit and a disk that has gone to sleep.
const std::vector<double> kSecondBounds = {0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005,
                                           0.01,   0.025,   0.05,   0.1,   0.25,   0.5,
                                           1,      2.5,     5,      10};

std::string number_text(double value) {
    if (std::isnan(value)) return "NaN";
    if (std::isinf(value)) return value > 0 ? "+Inf" : "-Inf";
    return fmt::format("{}", value);
}

void append_escaped(std::string& out, std::string_view text, bool with_quotes) {
    for (const char c : text) {
        if (c == '\\') {
            out += "\\\\";
        } else if (c == '\n') {
            out += "\\n";
        } else if (c == '"' && with_quotes) {
            out += "\\\"";
        } else {
            out += c;
        }
    }
}

std::string label_text(const Labels& labels) {
    std::string out;
    for (const auto& [name, value] : labels) {
        if (!out.empty()) out += ',';
        out += name;
        out += "=\"";
        append_escaped(out, value, true);
        out += '"';
    }
    return out;
}

void append_sample(std::string& out, std::string_view name, std::string_view labels,
                   std::string_view value) {
    out += name;
    if (!labels.empty()) fmt::format_to(std::back_inserter(out), "{{{}}}", labels);
    out += ' ';
    out += value;
    out += '\n';
}

}  // namespace

Histogram::Histogram(std::vector<double> bounds)
    : bounds_(std::move(bounds)), counts_(bounds_.size() + 1) {
    CHECK(std::is_sorted(bounds_.begin(), bounds_.end()));
}

void Histogram::observe(double value) {
    const auto bound = std::lower_bound(bounds_.begin(), bounds_.end(), value);
    counts_[static_cast<size_t>(bound - bounds_.begin())].fetch_add(1, std::memory_order_relaxed);
    sum_.fetch_add(value, std::memory_order_relaxed);
}

int64_t Histogram::count() const {
    int64_t total = 0;
    for (const auto& count : counts_) total += count.load(std::memory_order_relaxed);
    return total;
}

void Histogram::append_text(std::string& out, std::string_view name,
                            std::string_view labels) const {
    const std::string bucket = fmt::format("{}_bucket", name);
    const std::string separator = labels.empty() ? "" : ",";
    int64_t total = 0;
    for (size_t i = 0; i < counts_.size(); ++i) {
        total += counts_[i].load(std::memory_order_relaxed);
        const std::string bound = i < bounds_.size() ? number_text(bounds_[i]) : "+Inf";
        append_sample(out, bucket, fmt::format("{}{}le=\"{}\"", labels, separator, bound),
                      std::to_string(total));
    }
    append_sample(out, fmt::format("{}_sum", name), labels,
                  number_text(sum_.load(std::memory_order_relaxed)));
    append_sample(out, fmt::format("{}_count", name), labels, std::to_string(total));
}

// One of the three is set, by the type of the family.
struct Registry::Metric {
    std::unique_ptr<Counter> counter;
    std::unique_ptr<Gauge> gauge;
    std::unique_ptr<Histogram> histogram;
};

struct Registry::Family {
    std::string help;
    std::string type;
    std::map<std::string, Metric> metrics;  // by the text of their labels
};

Registry::Metric& Registry::metric(std::string_view name, std::string_view help,
                                   std::string_view type, const Labels& labels) {
    auto found = families_.find(name);
    if (found == families_.end()) {
        auto family = std::make_shared<Family>(
            Family{.help = std::string(help), .type = std::string(type), .metrics = {}});
        found = families_.emplace(std::string(name), std::move(family)).first;
    }
    CHECK(found->second->type == type);
    return found->second->metrics[label_text(labels)];
}

Counter& Registry::counter(std::string_view name, std::string_view help, const Labels& labels) {
    const std::lock_guard lock(mutex_);
    Metric& wanted = metric(name, help, "counter", labels);
    if (!wanted.counter) wanted.counter = std::make_unique<Counter>();
    return *wanted.counter;
}

Gauge& Registry::gauge(std::string_view name, std::string_view help, const Labels& labels) {
    const std::lock_guard lock(mutex_);
    Metric& wanted = metric(name, help, "gauge", labels);
    if (!wanted.gauge) wanted.gauge = std::make_unique<Gauge>();
    return *wanted.gauge;
}

Histogram& Registry::histogram(std::string_view name, std::string_view help, const Labels& labels,
                               const std::vector<double>& bounds) {
    const std::lock_guard lock(mutex_);
    Metric& wanted = metric(name, help, "histogram", labels);
    if (!wanted.histogram) {
        wanted.histogram = std::make_unique<Histogram>(bounds.empty() ? kSecondBounds : bounds);
    }
    return *wanted.histogram;
}

std::string Registry::text() const {
    std::string out;
    const std::lock_guard lock(mutex_);
    for (const auto& [name, family] : families_) {
        out += fmt::format("# HELP {} ", name);
        append_escaped(out, family->help, false);
        out += fmt::format("\n# TYPE {} {}\n", name, family->type);
        for (const auto& [labels, metric] : family->metrics) {
            if (metric.counter) {
                append_sample(out, name, labels, std::to_string(metric.counter->value()));
            } else if (metric.gauge) {
                append_sample(out, name, labels, number_text(metric.gauge->value()));
            } else {
                metric.histogram->append_text(out, name, labels);
            }
        }
    }
    return out;
}

}  // namespace clickmill::telemetry
