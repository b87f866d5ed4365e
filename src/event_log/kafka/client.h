// The edge to librdkafka: owners of its handles, and its failures as our Errors. Only this folder
// includes its header; what it costs and which settings matter: docs/guide/kafka.md.
#pragma once

#include "base/result.h"
#include "event_log/kafka/options.h"
#include "telemetry/logger.h"

#include <librdkafka/rdkafka.h>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>

namespace clickmill::event_log::kafka {

// What other readers of the topic see of our records, beside the value. Stored: never change.
inline constexpr const char* kContentTypeHeader = "content-type";
inline constexpr std::string_view kContentType = "application/x-ndjson";
inline constexpr const char* kVersionHeader = "clickmill-version";
inline constexpr std::string_view kVersion = "1";

template <auto destroy>
struct Destroy {
    template <typename T>
    void operator()(T* handle) const {
        destroy(handle);
    }
};

using Client = std::unique_ptr<rd_kafka_t, Destroy<rd_kafka_destroy>>;
using Queue = std::unique_ptr<rd_kafka_queue_t, Destroy<rd_kafka_queue_destroy>>;
using Event = std::unique_ptr<rd_kafka_event_t, Destroy<rd_kafka_event_destroy>>;
using Message = std::unique_ptr<rd_kafka_message_t, Destroy<rd_kafka_message_destroy>>;
using Failure = std::unique_ptr<rd_kafka_error_t, Destroy<rd_kafka_error_destroy>>;
using Topic = std::unique_ptr<rd_kafka_topic_t, Destroy<rd_kafka_topic_destroy>>;
using Partitions = std::unique_ptr<rd_kafka_topic_partition_list_t,
                                   Destroy<rd_kafka_topic_partition_list_destroy>>;

using Settings = std::span<const std::pair<std::string_view, std::string>>;

// A client of `type`: `ours`, then what the operator set by name. What librdkafka says goes to
// `logger`, which outlives it. InvalidInput: a setting that it does not know or take, or that is
// ours. `events` (RD_KAFKA_EVENT_...) are taken from its queue.
Result<Client> make_client(rd_kafka_type_t type, const KafkaOptions& options, Settings ours,
                           telemetry::Logger& logger, int events = 0);

// What `code` means for the caller; `why` where librdkafka said more than the code's own sentence.
Error error_of(rd_kafka_resp_err_t code, std::string what, std::string where, std::string why = {});

}  // namespace clickmill::event_log::kafka
