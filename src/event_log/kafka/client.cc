#include "event_log/kafka/client.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace clickmill::event_log::kafka {
namespace {

using Conf = std::unique_ptr<rd_kafka_conf_t, Destroy<rd_kafka_conf_destroy>>;

// The promises stand on these.
constexpr std::array<std::string_view, 13> kReserved = {
    "acks",
    "request.required.acks",
    "enable.idempotence",
    "transactional.id",
    "enable.auto.commit",
    "auto.commit.enable",
    "enable.auto.offset.store",
    "auto.offset.reset",
    "isolation.level",
    "enable.partition.eof",
    "message.max.bytes",
    "message.timeout.ms",
    "group.id",  // which is kafka.group
};

Result<void> set(rd_kafka_conf_t* conf, std::string_view name, const std::string& value) {
    std::array<char, 512> reason{};
    if (rd_kafka_conf_set(conf, std::string(name).c_str(), value.c_str(), reason.data(),
                          reason.size()) == RD_KAFKA_CONF_OK) {
        return {};
    }
    return fail(ErrorCode::InvalidInput, "cannot use kafka.settings", std::string(name),
                reason.data());
}

Result<void> set_all(rd_kafka_conf_t* conf, const KafkaOptions& options, Settings ours) {
    RETURN_IF_ERROR(set(conf, "bootstrap.servers", options.brokers));
    RETURN_IF_ERROR(set(conf, "client.id", "clickmill"));
    // A broker that comes back is found within a second.
    RETURN_IF_ERROR(set(conf, "reconnect.backoff.max.ms", "1000"));
    for (const auto& [name, value] : ours) RETURN_IF_ERROR(set(conf, name, value));
    for (const auto& [name, value] : options.settings) {
        if (std::find(kReserved.begin(), kReserved.end(), name) != kReserved.end()) {
            return fail(ErrorCode::InvalidInput, "cannot use kafka.settings", name,
                        "Clickmill's promises stand on the value that it gives");
        }
        RETURN_IF_ERROR(set(conf, name, value));
    }
    return {};
}

telemetry::Level level_of(int syslog_level) {
    constexpr int kError = 3;
    constexpr int kWarning = 4;
    constexpr int kInfo = 6;
    if (syslog_level <= kError) return telemetry::Level::Error;
    if (syslog_level <= kWarning) return telemetry::Level::Warn;
    return syslog_level <= kInfo ? telemetry::Level::Info : telemetry::Level::Debug;
}

// Settings of the other kind of client are given to both on purpose; librdkafka warns about them.
void log(const rd_kafka_t* client, int level, const char* facility, const char* text) {
    if (std::string_view(facility) == "CONFWARN") return;
    auto* logger = static_cast<telemetry::Logger*>(rd_kafka_opaque(client));
    logger->write(level_of(level), "kafka client", {{"facility", facility}, {"text", text}});
}

ErrorCode code_of(rd_kafka_resp_err_t code) {
    switch (code) {
        case RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE:
        case RD_KAFKA_RESP_ERR__QUEUE_FULL:
            return ErrorCode::TooMuch;
        case RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART:
        case RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_ID:
        case RD_KAFKA_RESP_ERR__UNKNOWN_TOPIC:
        case RD_KAFKA_RESP_ERR__UNKNOWN_PARTITION:
        case RD_KAFKA_RESP_ERR__AUTO_OFFSET_RESET:
            return ErrorCode::NotFound;
        case RD_KAFKA_RESP_ERR_TOPIC_ALREADY_EXISTS:
            return ErrorCode::Conflict;
        case RD_KAFKA_RESP_ERR__INVALID_ARG:
        case RD_KAFKA_RESP_ERR_INVALID_CONFIG:
        case RD_KAFKA_RESP_ERR_INVALID_PARTITIONS:
        case RD_KAFKA_RESP_ERR_INVALID_REPLICATION_FACTOR:
        case RD_KAFKA_RESP_ERR_TOPIC_EXCEPTION:
            return ErrorCode::InvalidInput;
        case RD_KAFKA_RESP_ERR__BAD_MSG:
        case RD_KAFKA_RESP_ERR__BAD_COMPRESSION:
            return ErrorCode::Corrupt;
        default:
            return ErrorCode::Unavailable;
    }
}

}  // namespace

Result<Client> make_client(rd_kafka_type_t type, const KafkaOptions& options, Settings ours,
                           telemetry::Logger& logger, int events) {
    Conf conf(rd_kafka_conf_new());
    rd_kafka_conf_set_events(conf.get(), events);
    rd_kafka_conf_set_opaque(conf.get(), &logger);
    rd_kafka_conf_set_log_cb(conf.get(), log);
    RETURN_IF_ERROR(set_all(conf.get(), options, ours));
    std::array<char, 512> reason{};
    Client client(rd_kafka_new(type, conf.get(), reason.data(), reason.size()));
    if (!client) {
        return fail(ErrorCode::InvalidInput, "cannot make a Kafka client", options.brokers,
                    reason.data());
    }
    std::ignore = conf.release();  // the client has it now
    return client;
}

Error error_of(rd_kafka_resp_err_t code, std::string what, std::string where, std::string why) {
    if (why.empty()) why = rd_kafka_err2str(code);
    return {.code = code_of(code),
            .what = std::move(what),
            .where = std::move(where),
            .why = fmt::format("{} ({})", why, rd_kafka_err2name(code))};
}

}  // namespace clickmill::event_log::kafka
