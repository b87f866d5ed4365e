// clickmill_load: an open-loop load generator for /v1/events and for questions. Prints one line of
// JSON; the latency counts from when a request should have been sent. benchmarks/load/README.md
// says how to read it.
#include "base/json_writer.h"
#include "benchmarks/load/options.h"
#include "benchmarks/load/worker.h"

#include <CLI/CLI.hpp>

#include <algorithm>
#include <cstdio>
#include <memory>
#include <sys/resource.h>
#include <thread>
#include <vector>

namespace {

using clickmill::JsonWriter;
using clickmill::load::Options;
using clickmill::load::Tally;
using clickmill::load::Worker;

double cpu_seconds() {
    rusage usage{};
    ::getrusage(RUSAGE_SELF, &usage);
    const auto seconds = [](const timeval& t) {
        return static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_usec) / 1e6;
    };
    return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

void add_options(CLI::App& app, Options& options) {
    app.add_option("--host", options.host, "IPv4 address");
    app.add_option("--port", options.port, "TCP port");
    app.add_option("--path", options.path, "where clicks are posted");
    app.add_option("--header", options.headers, "\"Name: value\", sent with every request");
    app.add_option("--key", options.keys, "write key; several are used in turn");
    app.add_option("--get", options.get_paths,
                   "GET this instead of sending clicks; several in turn");
    app.add_option("--rate", options.rate,
                   "events (GET: requests) a second; 0: as fast as possible");
    app.add_option("--seconds", options.seconds, "how long; 0: until --events or \"stop\"");
    app.add_option("--warm-up", options.warm_up, "seconds at the start that are not measured");
    app.add_option("--events", options.events, "stop after so many new events");
    app.add_option("--connections", options.connections, "in all");
    app.add_option("--threads", options.threads, "");
    app.add_option("--batch", options.batch, "events in a request")->check(CLI::Range(1, 1000));
    app.add_option("--features", options.features, "different features")
        ->check(CLI::PositiveNumber);
    app.add_option("--zipf", options.zipf, "exponent of their popularity");
    app.add_option("--users", options.users, "different people")->check(CLI::PositiveNumber);
    app.add_option("--repeat-percent", options.repeat_percent,
                   "requests sent again when acknowledged");
    app.add_option("--seed", options.seed, "");
    app.add_option("--id-prefix", options.id_prefix, "stands before every event id");
    app.add_flag("--until-acknowledged", options.until_acknowledged,
                 "retry each request, with the same bytes, until it is acknowledged");
    app.add_option("--journal", options.journal, "file for the bodies of acknowledged requests");
    app.add_flag("--steered", options.is_steered, "obey pause, go and stop on standard input");
}

void print(const Options& options, const Tally& tally, double cpu) {
    const double seconds =
        std::max(0.0, std::chrono::duration<double>(tally.last - tally.first).count());
    const auto per_second = [&](int64_t count) {
        return seconds > 0 ? static_cast<double>(count) / seconds : 0.0;
    };
    JsonWriter json;
    json.begin_object();
    json.field("requests", tally.requests).field("events", tally.events).field("seconds", seconds);
    json.field("requests_per_second", per_second(tally.requests));
    json.field("events_per_second", per_second(tally.events));
    json.field("acknowledged_events", tally.acknowledged);
    json.field("repeated_requests", tally.repeats).field("retried_requests", tally.retries);
    json.field("broken_connections", tally.broken);
    json.key("by_status").begin_object();
    for (const auto& [status, count] : tally.by_status) json.field(std::to_string(status), count);
    json.end_object();
    json.field("latency_counts_from", options.rate > 0 ? "intended send time" : "send time");
    json.key("latency_ms").begin_object();
    json.field("p50", tally.latency.milliseconds_at(0.5));
    json.field("p90", tally.latency.milliseconds_at(0.9));
    json.field("p99", tally.latency.milliseconds_at(0.99));
    json.field("p999", tally.latency.milliseconds_at(0.999));
    json.field("max", tally.latency.max_milliseconds());
    json.end_object().field("generator_cpu_seconds", cpu).end_object();
    std::puts(json.text().c_str());
}

}  // namespace

int main(int argc, char** argv) {
    CLI::App app("Sends clicks or questions on a fixed schedule and says how long answers took.");
    Options options;
    add_options(app, options);
    CLI11_PARSE(app, argc, argv);
    if (options.is_steered || !options.journal.empty()) options.threads = 1;

    std::vector<std::unique_ptr<Worker>> workers;
    for (int i = 0; i < options.threads; ++i)
        workers.push_back(std::make_unique<Worker>(options, i));
    {
        std::vector<std::jthread> threads;
        for (auto& worker : workers) threads.emplace_back([&worker] { worker->run(); });
    }
    Tally all = workers.front()->tally();
    for (size_t i = 1; i < workers.size(); ++i) all.merge(workers[i]->tally());
    print(options, all, cpu_seconds());
    return all.by_status.empty() ? 1 : 0;
}
