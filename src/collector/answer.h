// What becomes of a request's events: rejected at once, or on their way into the event log; and the
// answer once all of them have an end.
#pragma once

#include "base/result.h"
#include "base/types.h"
#include "collector/body_reader.h"
#include "collector/line_writer.h"
#include "event_log/event_log.h"
#include "http/message.h"
#include "telemetry/metrics.h"

#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

namespace clickmill::collector {

struct Rejected {
    uint32_t index = 0;
    std::string_view code;     // static text
    std::string_view message;  // static text
};

// Counts that outlive every request: answers may come after the collector has gone.
struct Counters {
    explicit Counters(telemetry::Registry& registry);

    telemetry::Registry& registry;
    telemetry::Counter& accepted;
    telemetry::Counter& crawlers;
    telemetry::Counter& anonymous;
    telemetry::Counter& client_dropped;
    telemetry::Histogram& append_seconds;
    void count_rejected(std::string_view code);
    void count_refused(std::string_view code);
};

// One request's answer. Any thread.
class Answer : public std::enable_shared_from_this<Answer> {
public:
    // `finish` gives every answer what it must carry (CORS).
    Answer(http::Respond respond, std::function<void(http::Response&)> finish,
           std::vector<Rejected> rejected, std::shared_ptr<Counters> counters);

    // Appends the chunks and answers when the last of them has an end; at once when there are none.
    void append(event_log::EventLog& event_log, std::vector<Chunk> chunks);

private:
    void finish_chunk(const Result<Offset>& result, const std::vector<uint32_t>& indices);
    void send();

    http::Respond respond_;
    const std::function<void(http::Response&)> finish_;
    const std::shared_ptr<Counters> counters_;
    const std::chrono::steady_clock::time_point started_;
    std::atomic<size_t> open_chunks_{0};
    std::mutex mutex_;  // guards what follows
    int64_t accepted_ = 0;
    int64_t not_stored_ = 0;
    std::vector<Rejected> rejected_;
};

// A refusal of the whole request, with Retry-After where trying again helps.
http::Response refusal(const Fault& fault);
http::Response refusal_until(const Fault& fault, std::chrono::nanoseconds wait);

}  // namespace clickmill::collector
