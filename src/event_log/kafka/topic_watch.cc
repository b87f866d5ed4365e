#include "event_log/kafka/topic_watch.h"

#include <fmt/format.h>

#include <charconv>

namespace clickmill::event_log::kafka {
namespace {

// A topic that was just made is not known to every broker at once.
constexpr std::chrono::milliseconds kNewTopicTime{3'000};
constexpr std::chrono::milliseconds kAskAgain{50};
// While a question waits for a broker that refuses connections, librdkafka tries to connect without
// a pause: such waits are kept short. A connection that takes longer is made beside them.
constexpr std::chrono::milliseconds kLookTime{2'000};
constexpr std::chrono::milliseconds kShortLookTime{200};

}  // namespace

Result<std::unique_ptr<TopicWatch>> TopicWatch::open(const KafkaOptions& options,
                                                     telemetry::Logger& logger) {
    ASSIGN_OR_RETURN(auto client, TopicClient::make(options, logger));
    const auto deadline = std::chrono::steady_clock::now() + options.start_timeout;
    const auto unknown_until = std::chrono::steady_clock::now() + kNewTopicTime;
    Result<TopicDescription> found = client->describe(options.request_timeout);
    while (!found) {
        const bool may_be_new = found.error().code == ErrorCode::NotFound;
        if (!may_be_new && !found.error().is_worth_retrying()) break;
        if (client->is_refused()) break;
        if (std::chrono::steady_clock::now() > (may_be_new ? unknown_until : deadline)) break;
        std::this_thread::sleep_for(kAskAgain);
        found = client->describe(options.request_timeout);
    }
    if (!found) return std::unexpected(std::move(found).error());
    return std::unique_ptr<TopicWatch>(
        new TopicWatch(options, std::move(client), *std::move(found)));
}

Result<void> TopicWatch::check() const {
    const std::lock_guard lock(mutex_);
    return identity_;
}

Result<void> TopicWatch::is_reachable() const {
    const std::lock_guard lock(mutex_);
    return reachability_;
}

void TopicWatch::start(Writability& writability) {
    thread_ = std::jthread([this, &writability](std::stop_token stop) {
        while (!stop.stop_requested()) {
            look(writability);
            std::unique_lock lock(mutex_);
            changed_.wait_for(lock, stop, options_.watch_interval, [] { return false; });
        }
    });
}

void TopicWatch::look(Writability& writability) {
    const int64_t before = writability.before_look();
    const auto timeout = is_reachable() ? kLookTime : kShortLookTime;
    const Result<TopicDescription> found = client_->describe(timeout);
    if (found) {
        writability.looked(before, writability_of(*found));
    } else {
        writability.looked(before, std::unexpected(found.error()));
    }
    const bool is_gone = !found && found.error().code == ErrorCode::NotFound;
    const std::lock_guard lock(mutex_);
    // While nobody answers, the topic is taken for what it was. A broker that has just come back
    // may not know the topic yet: that it is gone takes two looks.
    reachability_ = {};
    if (!found && !is_gone) reachability_ = std::unexpected(found.error());
    if (found) identity_ = identity_of(*found);
    if (is_gone && was_gone_) identity_ = std::unexpected(found.error());
    was_gone_ = is_gone;
}

Result<void> TopicWatch::identity_of(const TopicDescription& found) const {
    if (found.id != opened_.id) {
        return fail(ErrorCode::Conflict, "the topic is not the one that was opened", options_.topic,
                    fmt::format("it was deleted and made again: its id was {} and is {}; start "
                                "again, with a new metrics store or another topic",
                                opened_.id, found.id));
    }
    if (found.partition_count != opened_.partition_count) {
        return fail(ErrorCode::Conflict, "the number of partitions changed", options_.topic,
                    fmt::format("it was {} and is {}: repeats would no longer meet their first "
                                "copies; use a new topic for another number of partitions",
                                opened_.partition_count, found.partition_count));
    }
    return {};
}

Result<void> TopicWatch::writability_of(const TopicDescription& found) const {
    if (!found.without_leader.empty()) {
        return fail(
            ErrorCode::Unavailable, "cannot append record", options_.topic,
            fmt::format("nobody leads partition {}", fmt::join(found.without_leader, ", ")));
    }
    const auto settings = client_->settings();
    if (!settings) return {};  // who may not read them can still write
    const auto text = settings->find("min.insync.replicas");
    if (text == settings->end()) return {};
    int32_t wanted = 1;
    std::from_chars(text->second.data(), text->second.data() + text->second.size(), wanted);
    if (found.in_sync >= wanted) return {};
    return fail(
        ErrorCode::Unavailable, "cannot append record", options_.topic,
        fmt::format("{} replicas are in sync, min.insync.replicas is {}", found.in_sync, wanted));
}

}  // namespace clickmill::event_log::kafka
