// A question over HTTP, an answer in JSON or CSV: /api/v1/... and /signin, as api/openapi.yaml
// describes them. It reads rollups and cannot reach raw events.
#pragma once

#include "base/clock.h"
#include "base/result.h"
#include "base/types.h"
#include "control/control.h"
#include "http/server.h"
#include "metrics_store/metrics_store.h"
#include "telemetry/logger.h"
#include "telemetry/metrics.h"

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace clickmill::query_api {

struct Options {
    std::string version;    // of the program, for /api/v1/status
    bool is_https = false;  // the address that browsers use: makes the session cookie Secure
    size_t threads = 2;
    size_t queue_limit = 256;                         // questions waiting for a thread; beyond: 503
    std::chrono::milliseconds question_time{10'000};  // beyond: 400 too_wide
    int64_t question_rows = 20'000'000;               // read from the store; beyond: 400 too_wide
    int64_t cache_bytes = 32 << 20;
    size_t max_waiting = 1'000;                      // waiting for changes; beyond: 503
    std::chrono::milliseconds change_interval{200};  // between looks while somebody waits
};

// How much of the event log there is to fold, per partition. This room may not know the log, so the
// wiring hands it in.
struct PartitionTail {
    PartitionId partition;
    Offset end;                           // one past the newest durable record
    std::optional<int64_t> total_events;  // ever appended; unset: the log counts records only
    int64_t bytes = 0;
};
using Tails = std::function<Result<std::vector<PartitionTail>>()>;

// Of the newest clicks, counted as a rollup would: what it would hold for so many hours.
struct RollupSample {
    int64_t events = 0;  // that were read, of all projects
    int64_t hours = 0;   // of the project's clicks among them
    int64_t rows = 0;    // different ones of those hours
    double seconds = 0;  // that reading and counting took
};
// What needs raw clicks, or the making of rollups, which this room may not know either. Empty:
// nobody does it here. InvalidInput: no rollup can be like that.
struct RollupWorks {
    std::function<Result<RollupSample>(const std::string& project,
                                       const std::vector<std::string>& dimensions)>
        sample;
    // Conflict: there is one of that name.
    std::function<Result<void>(const std::string& project, const fold::RollupDefinition& rollup)>
        add;
};

struct Sources {  // all outlive the QueryApi
    metrics_store::MetricsStore& store;
    control::Control& control;
    Clock& clock;
    telemetry::Registry& metrics;
    telemetry::Logger& logger;
    Tails tails;
    RollupWorks rollups = {};
};

// Routes: "/api/" and "/signin". Any thread.
class QueryApi final : public http::Handler {
public:
    QueryApi(Options options, Sources sources);
    ~QueryApi() override;

    std::expected<http::BodyLimits, http::Response> admit(const http::Head& head) override;
    void handle(http::Request request, http::Respond respond) override;

    // Answers those who wait for changes at once, and whoever asks from now on. Call it before the
    // server stops, which waits for answers.
    void stop_waiting();

private:
    struct State;
    std::unique_ptr<State> state_;
};

}  // namespace clickmill::query_api
