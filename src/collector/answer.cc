#include "collector/answer.h"

#include "base/hash.h"
#include "base/json_writer.h"

#include <algorithm>

namespace clickmill::collector {
namespace {

constexpr Fault kNotStored{"not_stored", "the event log could not take it; send it again"};
constexpr Fault kUnavailable{"event_log_unavailable",
                             "nothing was stored; send the same events again later", 503};

}  // namespace

Counters::Counters(telemetry::Registry& the_registry)
    : registry(the_registry),
      accepted(
          registry.counter("clickmill_collector_accepted_events_total",
                           "Events that the event log has and that were answered as accepted")),
      crawlers(registry.counter("clickmill_collector_crawler_events_total",
                                "Accepted events marked as sent by a known crawler")),
      anonymous(registry.counter("clickmill_collector_anonymous_events_total",
                                 "Accepted events whose identity a privacy signal removed")),
      client_dropped(registry.counter("clickmill_collector_client_dropped_events_total",
                                      "Events that senders say they gave up, such as clicks of "
                                      "over 20 hours ago; never received, so in no accounting")),
      append_seconds(registry.histogram("clickmill_collector_append_seconds",
                                        "From reading a request to the event log's answer")) {}

void Counters::count_rejected(std::string_view code) {
    registry
        .counter("clickmill_collector_rejected_events_total", "Events rejected, by code",
                 {{"code", std::string(code)}})
        .add();
}

void Counters::count_refused(std::string_view code) {
    registry
        .counter("clickmill_collector_refused_requests_total", "Requests refused whole, by code",
                 {{"code", std::string(code)}})
        .add();
}

http::Response refusal(const Fault& fault) {
    return http::error_response(fault.status, fault.code, fault.message);
}

// The jitter keeps those who wait from coming back all at once.
http::Response refusal_until(const Fault& fault, std::chrono::nanoseconds wait) {
    constexpr int64_t kLongest = 60;
    constexpr uint64_t kJitter = 4;
    const int64_t seconds = std::chrono::ceil<std::chrono::seconds>(wait).count();
    const int64_t jitter = static_cast<int64_t>(random_u64() % kJitter);
    http::Response response = refusal(fault);
    response.headers.emplace_back(
        "Retry-After", std::to_string(std::clamp<int64_t>(seconds + jitter, 1, kLongest)));
    return response;
}

Answer::Answer(http::Respond respond, std::function<void(http::Response&)> finish,
               std::vector<Rejected> rejected, std::shared_ptr<Counters> counters)
    : respond_(std::move(respond)),
      finish_(std::move(finish)),
      counters_(std::move(counters)),
      started_(std::chrono::steady_clock::now()),
      rejected_(std::move(rejected)) {
    for (const Rejected& event : rejected_) counters_->count_rejected(event.code);
}

void Answer::append(event_log::EventLog& event_log, std::vector<Chunk> chunks) {
    if (chunks.empty()) return send();
    open_chunks_.store(chunks.size(), std::memory_order_relaxed);
    for (Chunk& chunk : chunks) {
        const auto count = static_cast<int32_t>(chunk.indices.size());
        event_log.append(
            PartitionId{chunk.partition}, {std::move(chunk.lines), count},
            [self = shared_from_this(), indices = std::move(chunk.indices)](
                const Result<Offset>& result) { self->finish_chunk(result, indices); });
    }
}

void Answer::finish_chunk(const Result<Offset>& result, const std::vector<uint32_t>& indices) {
    {
        const std::lock_guard lock(mutex_);
        if (result) {
            accepted_ += static_cast<int64_t>(indices.size());
        } else {
            not_stored_ += static_cast<int64_t>(indices.size());
            for (const uint32_t index : indices) {
                rejected_.push_back({index, kNotStored.code, kNotStored.message});
            }
        }
    }
    if (open_chunks_.fetch_sub(1, std::memory_order_acq_rel) == 1) send();
}

void Answer::send() {
    const std::lock_guard lock(mutex_);
    counters_->accepted.add(accepted_);
    const auto took = std::chrono::steady_clock::now() - started_;
    counters_->append_seconds.observe(std::chrono::duration<double>(took).count());
    http::Response response;
    if (not_stored_ > 0 && accepted_ == 0) {
        counters_->count_refused(kUnavailable.code);
        response = refusal_until(kUnavailable, std::chrono::seconds(2));
    } else {
        for (int64_t i = 0; i < not_stored_; ++i) counters_->count_rejected(kNotStored.code);
        std::sort(rejected_.begin(), rejected_.end(),
                  [](const Rejected& a, const Rejected& b) { return a.index < b.index; });
        JsonWriter json;
        json.begin_object().field("accepted", accepted_).key("rejected").begin_array();
        for (const Rejected& event : rejected_) {
            json.begin_object().field("index", static_cast<int64_t>(event.index));
            json.field("code", event.code).field("message", event.message).end_object();
        }
        json.end_array().end_object();
        response.body = json.take();
    }
    finish_(response);
    respond_(std::move(response));
}

}  // namespace clickmill::collector
