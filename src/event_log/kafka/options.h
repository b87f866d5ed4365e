// How the log on Kafka is set up; the limits have the names by which messages speak of them.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

namespace clickmill::event_log {

struct KafkaOptions {
    std::string brokers;  // "host:port,host:port": where to ask first
    std::string topic;
    std::string group = "clickmill";  // of those who count into one metrics store
    // Handed to librdkafka by name ("security.protocol", "SASL_SSL"); what the promises stand on is
    // refused here.
    std::vector<std::pair<std::string, std::string>> settings;
    int64_t max_queue_bytes = 64 << 20;  // payloads that wait for the brokers; beyond: TooMuch
    int64_t events_per_record = 1;       // lines that one record may hold
    int64_t record_bytes = 512 << 10;    // after which a packed record is closed
    std::chrono::milliseconds delivery_timeout{15'000};  // then an append is answered Unavailable
    std::chrono::milliseconds request_timeout{5'000};    // of a question to the brokers
    std::chrono::milliseconds start_timeout{30'000};     // to reach the brokers at first
    std::chrono::milliseconds stop_timeout{5'000};       // to deliver what waits at the end
    std::chrono::milliseconds watch_interval{1'000};     // between looks at the topic
    int64_t read_ahead_kib = 16'384;                     // fetched by one reader, not yet asked for
    // How far the brokers' clocks may stand behind ours: an end that was reached holds for what was
    // appended this much earlier.
    std::chrono::milliseconds clock_tolerance{1'000};
};

}  // namespace clickmill::event_log
