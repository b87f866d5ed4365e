// Appends to Kafka: lines become records, and an append is answered by the delivery reports of all
// its records. A producer that fails for good is replaced by a new one, by itself.
#pragma once

#include "event_log/event_log.h"
#include "event_log/kafka/client.h"
#include "event_log/kafka/writability.h"

#include <atomic>
#include <mutex>
#include <shared_mutex>
#include <thread>
#include <vector>

namespace clickmill::event_log::kafka {

// Any thread. Its own thread takes the reports and answers.
class Producer {
public:
    static Result<std::unique_ptr<Producer>> make(const KafkaOptions& options,
                                                  Writability& writability,
                                                  telemetry::Logger& logger);
    // Delivers what waits, for at most options.stop_timeout; answers everything.
    ~Producer();

    // As EventLog::append; `record` has been checked.
    void append(PartitionId partition, const Record& record, AppendDone done);
    void refuse(AppendDone done, Error why);

    int64_t waiting_bytes() const { return waiting_bytes_.load(std::memory_order_relaxed); }
    int64_t rebuilds() const { return rebuilds_.load(std::memory_order_relaxed); }

private:
    struct Append;
    struct Refusal {  // of `records` records of an append; of a whole one that was never begun: 0
        Append* append;
        int64_t records;
        Error why;
    };
    struct Handle {
        Client client;
        Queue queue;
        Topic topic;
    };

    Producer(const KafkaOptions& options, Writability& writability, telemetry::Logger& logger)
        : options_(options), writability_(writability), logger_(logger) {}
    Result<Handle> make_handle() const;
    rd_kafka_resp_err_t produce(PartitionId partition, std::string_view lines, Append* append);

    void run(std::stop_token stop);
    void wake();
    void take_reports(const Handle& handle, std::chrono::milliseconds wait);
    void take(const rd_kafka_message_t& report);
    void take_refusals();
    void settle(Append* append, int64_t records);
    void rebuild();
    void finish();

    const KafkaOptions options_;
    Writability& writability_;
    telemetry::Logger& logger_;
    std::shared_mutex handle_mutex_;  // shared: who appends; alone: who replaces it
    Handle handle_;
    std::atomic<int64_t> waiting_bytes_{0};
    std::atomic<int64_t> open_appends_{0};
    std::atomic<int64_t> rebuilds_{0};
    mutable std::mutex mutex_;  // guards what follows
    std::vector<Refusal> refusals_;
    std::jthread thread_;
};

}  // namespace clickmill::event_log::kafka
