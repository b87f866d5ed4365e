#include "event_log/kafka/topic_plan.h"

#include "event_log/event_log.h"
#include "event_log/kafka/topic_client.h"

#include <fmt/format.h>

#include <charconv>
#include <map>

namespace clickmill::event_log {
namespace {

using kafka::TopicClient;
using kafka::TopicDescription;
using Settings = std::map<std::string, std::string>;

// A record of the largest size, and what Kafka puts around it.
constexpr int64_t kMaxMessageBytes = kMaxRecordBytes + (1 << 20);

int64_t number_of(const Settings& settings, const std::string& name) {
    const auto found = settings.find(name);
    int64_t number = 0;
    if (found != settings.end()) {
        const std::string& text = found->second;
        std::from_chars(text.data(), text.data() + text.size(), number);
    }
    return number;
}

std::string text_of(const Settings& settings, const std::string& name) {
    const auto found = settings.find(name);
    return found == settings.end() ? "" : found->second;
}

void check_copies(const TopicDescription& topic, const Settings& settings, const TopicPlan& plan,
                  std::vector<std::string>& problems) {
    if (topic.partition_count != plan.partitions) {
        problems.push_back(fmt::format(
            "it has {} partitions, kafka.partitions is {}: set kafka.partitions to {}, or use a "
            "new topic; adding partitions would keep repeats from meeting their first copies",
            topic.partition_count, plan.partitions, topic.partition_count));
    }
    if (topic.replication < plan.replication) {
        problems.push_back(fmt::format("a partition has {} replicas, kafka.replication is {}",
                                       topic.replication, plan.replication));
    }
    const int64_t in_sync = number_of(settings, "min.insync.replicas");
    if (in_sync < plan.min_insync_replicas) {
        problems.push_back(fmt::format(
            "min.insync.replicas is {}, kafka.min_insync_replicas is {}: an acknowledged click "
            "would be lost with fewer brokers than you think",
            in_sync, plan.min_insync_replicas));
    }
    if (text_of(settings, "unclean.leader.election.enable") == "true") {
        problems.emplace_back(
            "unclean.leader.election.enable is true: acknowledged clicks can be lost; set it to "
            "false");
    }
}

void check_contents(const Settings& settings, const TopicPlan& plan,
                    std::vector<std::string>& problems) {
    if (text_of(settings, "message.timestamp.type") != "LogAppendTime") {
        problems.emplace_back(
            "message.timestamp.type is not LogAppendTime: the repeat window and complete_through "
            "would stand on the clocks of whoever produces");
    }
    if (text_of(settings, "cleanup.policy") != "delete") {
        problems.emplace_back(
            "cleanup.policy is not delete: compaction would keep one click of each person");
    }
    const int64_t retention = number_of(settings, "retention.ms");
    if (retention >= 0 && retention < plan.least_retention.count()) {
        problems.push_back(fmt::format(
            "retention.ms is {}: after a restart the repeat window is read again from the topic, "
            "which takes {} ms",
            retention, plan.least_retention.count()));
    }
    if (number_of(settings, "max.message.bytes") < kMaxMessageBytes) {
        problems.push_back(
            fmt::format("max.message.bytes is {}, below the {} of the largest record",
                        number_of(settings, "max.message.bytes"), kMaxMessageBytes));
    }
}

}  // namespace

Result<void> create_topic(const KafkaOptions& options, const TopicPlan& plan,
                          telemetry::Logger& logger) {
    ASSIGN_OR_RETURN(const auto client, TopicClient::make(options, logger));
    return client->create(plan.partitions, plan.replication,
                          {{"min.insync.replicas", std::to_string(plan.min_insync_replicas)},
                           {"message.timestamp.type", "LogAppendTime"},
                           {"cleanup.policy", "delete"},
                           {"retention.ms", std::to_string(plan.retention.count())},
                           {"max.message.bytes", std::to_string(kMaxMessageBytes)},
                           {"unclean.leader.election.enable", "false"}});
}

Result<std::vector<std::string>> topic_problems(const KafkaOptions& options, const TopicPlan& plan,
                                                telemetry::Logger& logger) {
    ASSIGN_OR_RETURN(const auto client, TopicClient::make(options, logger));
    ASSIGN_OR_RETURN(const TopicDescription topic, client->describe(options.request_timeout));
    ASSIGN_OR_RETURN(const Settings settings, client->settings());
    std::vector<std::string> problems;
    check_copies(topic, settings, plan, problems);
    check_contents(settings, plan, problems);
    return problems;
}

}  // namespace clickmill::event_log
