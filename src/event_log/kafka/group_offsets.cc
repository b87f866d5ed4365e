#include "event_log/kafka/group_offsets.h"

#include <array>

namespace clickmill::event_log::kafka {
namespace {

constexpr std::chrono::seconds kInterval{2};

}  // namespace

Result<void> GroupOffsets::start() {
    const std::array<std::pair<std::string_view, std::string>, 2> ours = {{
        {"group.id", options_.group},
        {"enable.auto.commit", "false"},
    }};
    ASSIGN_OR_RETURN(client_, make_client(RD_KAFKA_CONSUMER, options_, ours, logger_));
    answers_.reset(rd_kafka_queue_new(client_.get()));
    return {};
}

void GroupOffsets::note(PartitionId partition, Offset through) {
    const std::lock_guard lock(mutex_);
    noted_[partition] = through;
    if (client_) take_answers();
    if (clock_.steady() < next_send_ || noted_ == sent_) return;
    next_send_ = clock_.steady() + kInterval;
    if (!client_ && !start()) return;
    send();
}

void GroupOffsets::send() {
    const Partitions offsets(rd_kafka_topic_partition_list_new(static_cast<int>(noted_.size())));
    for (const auto& [partition, through] : noted_) {
        rd_kafka_topic_partition_list_add(offsets.get(), options_.topic.c_str(), partition.value)
            ->offset = through.value;
    }
    const auto refused =
        rd_kafka_commit_queue(client_.get(), offsets.get(), answers_.get(), nullptr, nullptr);
    if (!refused) sent_ = noted_;
}

// A failure is told once, until it is another one.
void GroupOffsets::take_answers() {
    while (const Event answer{rd_kafka_queue_poll(answers_.get(), 0)}) {
        const auto failure = rd_kafka_event_error(answer.get());
        if (failure) sent_.clear();
        if (failure && failure != last_failure_) {
            logger_.warn("cannot tell Kafka how far the aggregator is; only its tools miss it",
                         {{"group", options_.group}, {"error", rd_kafka_err2str(failure)}});
        }
        last_failure_ = failure;
    }
}

}  // namespace clickmill::event_log::kafka
