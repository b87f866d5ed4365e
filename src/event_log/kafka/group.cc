#include "event_log/kafka/group.h"

#include <fmt/format.h>

#include <algorithm>
#include <string_view>
#include <tuple>
#include <vector>

namespace clickmill::event_log::kafka {
namespace {

constexpr std::chrono::seconds kInterval{2};
constexpr std::chrono::milliseconds kSlice{50};  // between looks at the stop token
constexpr std::chrono::seconds kToLeave{5};

std::vector<PartitionId> ids_of(const rd_kafka_topic_partition_list_t& partitions) {
    std::vector<PartitionId> ids;
    ids.reserve(static_cast<size_t>(partitions.cnt));
    for (int i = 0; i < partitions.cnt; ++i) ids.push_back({partitions.elems[i].partition});
    return ids;
}

}  // namespace

class Group::Membership final : public Assignment {
public:
    Membership(Group& group, Client client)
        : group_(group),
          client_(std::move(client)),
          queue_(rd_kafka_queue_get_consumer(client_.get())) {}

    ~Membership() override {
        group_.leave();
        let_go();
        const Failure failure(rd_kafka_consumer_close_queue(client_.get(), queue_.get()));
        const auto deadline = std::chrono::steady_clock::now() + kToLeave;
        while (!rd_kafka_consumer_closed(client_.get()) &&
               std::chrono::steady_clock::now() < deadline) {
            Change ignored;
            std::ignore = poll(ignored);
            let_go();
        }
    }

    Result<Change> next(std::chrono::milliseconds wait, std::stop_token stop) override {
        let_go();
        Change change;
        const auto deadline = std::chrono::steady_clock::now() + wait;
        while (change.given.empty() && change.taken.empty() && !stop.stop_requested() &&
               std::chrono::steady_clock::now() < deadline) {
            RETURN_IF_ERROR(poll(change));
        }
        if (rd_kafka_fatal_error(client_.get(), nullptr, 0)) {
            return fail(ErrorCode::Unavailable, "cannot stay in the consumer group",
                        group_.options_.group, "the client has failed for good; joining again");
        }
        return change;
    }

private:
    bool is_cooperative() const {
        const char* protocol = rd_kafka_rebalance_protocol(client_.get());
        return protocol && std::string_view(protocol) == "COOPERATIVE";
    }

    Result<void> poll(Change& change) {
        Event event(rd_kafka_queue_poll(queue_.get(), static_cast<int>(kSlice.count())));
        if (!event) return {};
        if (rd_kafka_event_type(event.get()) == RD_KAFKA_EVENT_ERROR) return look_at(*event);
        if (rd_kafka_event_type(event.get()) != RD_KAFKA_EVENT_REBALANCE) return {};
        rd_kafka_topic_partition_list_t* partitions =
            rd_kafka_event_topic_partition_list(event.get());
        if (rd_kafka_event_error(event.get()) == RD_KAFKA_RESP_ERR__ASSIGN_PARTITIONS) {
            accept(partitions);
            change.given = ids_of(*partitions);
            return {};
        }
        change.taken = ids_of(*partitions);
        taken_ = std::move(event);
        if (change.taken.empty()) let_go();
        return {};
    }

    // What passes by itself (brokers away) is no error.
    Result<void> look_at(rd_kafka_event_t& event) const {
        const auto code = rd_kafka_event_error(&event);
        if (code != RD_KAFKA_RESP_ERR_GROUP_AUTHORIZATION_FAILED &&
            code != RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED &&
            code != RD_KAFKA_RESP_ERR_UNSUPPORTED_VERSION) {
            return {};
        }
        return std::unexpected(error_of(code, "cannot join the consumer group",
                                        group_.options_.group,
                                        rd_kafka_event_error_string(&event)));
    }

    // Read by others, from positions of ours: here nothing is to be fetched.
    void accept(rd_kafka_topic_partition_list_t* partitions) {
        for (int i = 0; i < partitions->cnt; ++i) {
            partitions->elems[i].offset = RD_KAFKA_OFFSET_END;
        }
        if (is_cooperative()) {
            const Failure failure(rd_kafka_incremental_assign(client_.get(), partitions));
        } else {
            rd_kafka_assign(client_.get(), partitions);
        }
        rd_kafka_pause_partitions(client_.get(), partitions);
    }

    // Whoever followed them has noted its last: from here on they are another one's to tell of.
    void let_go() {
        if (!taken_) return;
        group_.forget(ids_of(*rd_kafka_event_topic_partition_list(taken_.get())));
        if (is_cooperative()) {
            const Failure failure(rd_kafka_incremental_unassign(
                client_.get(), rd_kafka_event_topic_partition_list(taken_.get())));
        } else {
            rd_kafka_assign(client_.get(), nullptr);
        }
        taken_.reset();
    }

    Group& group_;
    Client client_;
    Queue queue_;
    Event taken_;  // what others get once we have let go of it
};

Result<std::unique_ptr<Assignment>> Group::join() {
    std::vector<std::pair<std::string_view, std::string>> ours = {
        {"group.id", options_.group},
        {"enable.auto.commit", "false"},
        {"enable.auto.offset.store", "false"},
    };
    const bool is_new_protocol = std::ranges::any_of(options_.settings, [](const auto& setting) {
        return setting.first == "group.protocol" && setting.second == "consumer";
    });
    if (!is_new_protocol) {  // else the brokers decide these
        ours.emplace_back("partition.assignment.strategy", "cooperative-sticky");
        ours.emplace_back("session.timeout.ms", "6000");  // then others count a dead one's clicks
        ours.emplace_back("heartbeat.interval.ms", "1500");
    }
    ASSIGN_OR_RETURN(Client client, make_client(RD_KAFKA_CONSUMER, options_, ours, logger_,
                                                RD_KAFKA_EVENT_REBALANCE | RD_KAFKA_EVENT_ERROR));
    rd_kafka_poll_set_consumer(client.get());
    const Partitions topic(rd_kafka_topic_partition_list_new(1));
    rd_kafka_topic_partition_list_add(topic.get(), options_.topic.c_str(), RD_KAFKA_PARTITION_UA);
    if (const auto code = rd_kafka_subscribe(client.get(), topic.get())) {
        return std::unexpected(error_of(code, "cannot join the consumer group", options_.group));
    }
    const std::lock_guard lock(mutex_);
    client_ = client.get();
    answers_.reset(rd_kafka_queue_new(client.get()));
    return std::make_unique<Membership>(*this, std::move(client));
}

void Group::leave() {
    const std::lock_guard lock(mutex_);
    if (noted_ != sent_) send();
    client_ = nullptr;
    answers_.reset();
    noted_.clear();
    sent_.clear();
}

void Group::forget(std::span<const PartitionId> partitions) {
    const std::lock_guard lock(mutex_);
    for (const PartitionId partition : partitions) {
        noted_.erase(partition);
        sent_.erase(partition);
    }
}

void Group::note(PartitionId partition, Offset through) {
    const std::lock_guard lock(mutex_);
    if (!client_) return;
    noted_[partition] = through;
    take_answers();
    if (clock_.steady() < next_send_ || noted_ == sent_) return;
    next_send_ = clock_.steady() + kInterval;
    send();
}

void Group::send() {
    const Partitions offsets(rd_kafka_topic_partition_list_new(static_cast<int>(noted_.size())));
    for (const auto& [partition, through] : noted_) {
        rd_kafka_topic_partition_list_add(offsets.get(), options_.topic.c_str(), partition.value)
            ->offset = through.value;
    }
    const auto refused =
        rd_kafka_commit_queue(client_, offsets.get(), answers_.get(), nullptr, nullptr);
    if (!refused) sent_ = noted_;
}

// A failure is told once, until it is another one; those of a rebalance pass by themselves.
void Group::take_answers() {
    while (const Event answer{rd_kafka_queue_poll(answers_.get(), 0)}) {
        const auto failure = rd_kafka_event_error(answer.get());
        if (failure) sent_.clear();
        const bool passes = failure == RD_KAFKA_RESP_ERR_ILLEGAL_GENERATION ||
                            failure == RD_KAFKA_RESP_ERR_REBALANCE_IN_PROGRESS ||
                            failure == RD_KAFKA_RESP_ERR_UNKNOWN_MEMBER_ID ||
                            failure == RD_KAFKA_RESP_ERR_STALE_MEMBER_EPOCH;
        if (failure && !passes && failure != last_failure_) {
            logger_.warn("cannot tell Kafka how far the aggregator is; only its tools miss it",
                         {{"group", options_.group}, {"error", rd_kafka_err2str(failure)}});
        }
        last_failure_ = failure;
    }
}

}  // namespace clickmill::event_log::kafka
