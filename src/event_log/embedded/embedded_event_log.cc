#include "event_log/embedded/embedded_event_log.h"

#include "event_log/embedded/answers.h"
#include "event_log/embedded/embedded_reader.h"
#include "event_log/embedded/log_state.h"
#include "event_log/embedded/writer.h"

#include <fmt/core.h>

#include <filesystem>
#include <utility>

namespace clickmill::event_log {

// In the order of starting: the writer stops first, then its answers are given.
struct EmbeddedEventLog::Threads {
    Threads(EmbeddedOptions options, Clock& clock, telemetry::Logger& logger,
            telemetry::Registry* registry)
        : state(clock), writer(std::move(options), {clock, logger, registry, state, answers}) {}

    LogState state;
    Answers answers;
    Writer writer;
};

Result<std::unique_ptr<EmbeddedEventLog>> EmbeddedEventLog::open(EmbeddedOptions options,
                                                                 Clock& clock,
                                                                 telemetry::Logger& logger,
                                                                 telemetry::Registry* registry) {
    FileName name{options.path, options.vfs};
    const std::filesystem::path folder = std::filesystem::path(options.path).parent_path();
    std::error_code ignored;
    if (options.vfs.empty() && !folder.empty() && !std::filesystem::is_directory(folder, ignored)) {
        return fail(ErrorCode::InvalidInput, "cannot open event log", options.path,
                    "its folder does not exist");
    }
    auto threads = std::make_unique<Threads>(std::move(options), clock, logger, registry);
    if (const Result<void> opened = threads->writer.open(); !opened) {
        if (opened.error().code == ErrorCode::InvalidInput) return std::unexpected(opened.error());
        logger.error("event log cannot be opened, trying on",
                     {{"error", opened.error().message()}});
        Error why = opened.error();
        why.code = ErrorCode::Unavailable;
        threads->state.report(std::unexpected(std::move(why)), 0);
    }
    threads->writer.start();
    return std::unique_ptr<EmbeddedEventLog>(
        new EmbeddedEventLog(std::move(threads), std::move(name)));
}

EmbeddedEventLog::EmbeddedEventLog(std::unique_ptr<Threads> threads, FileName name)
    : name_(std::move(name)), threads_(std::move(threads)) {}

EmbeddedEventLog::~EmbeddedEventLog() = default;

Result<void> EmbeddedEventLog::check(PartitionId partition) const {
    if (partition.value == 0) return {};
    return fail(ErrorCode::InvalidInput, "no such partition",
                fmt::format("partition {}", partition.value), "the embedded log has one");
}

void EmbeddedEventLog::append(PartitionId partition, Record record, AppendDone done) {
    const auto refuse = [&](ErrorCode code, std::string why) {
        std::vector<Answer> answers;
        answers.push_back(
            {std::move(done), fail(code, "cannot append record", name_.path, std::move(why))});
        threads_->answers.give(std::move(answers));
    };
    const auto bytes = static_cast<int64_t>(record.payload.size());
    if (partition.value != 0) return refuse(ErrorCode::InvalidInput, "no such partition");
    if (record.event_count < 1 || bytes == 0)
        return refuse(ErrorCode::InvalidInput, "it has no event");
    if (bytes > kMaxRecordBytes) {
        return refuse(ErrorCode::TooMuch,
                      fmt::format("{} bytes, at most {}", bytes, kMaxRecordBytes));
    }
    Append append{std::move(record), std::move(done)};
    if (threads_->writer.enqueue(append)) return;
    done = std::move(append.done);
    refuse(ErrorCode::TooMuch, "max_queue_bytes are waiting to be stored; send again later");
}

Result<PartitionState> EmbeddedEventLog::state(PartitionId partition) {
    RETURN_IF_ERROR(check(partition));
    const LogState::View view = threads_->state.view();
    if (view.generation == 0) return std::unexpected(view.health.error());
    return PartitionState{.log_id = view.summary.log_id,
                          .first = view.summary.first,
                          .end = view.summary.end,
                          .total_events = view.summary.total_events,
                          .total_before_first = view.summary.total_before_first,
                          .bytes = view.bytes};
}

Result<std::unique_ptr<Reader>> EmbeddedEventLog::read(PartitionId partition, Offset from) {
    ASSIGN_OR_RETURN(const PartitionState found, state(partition));
    const std::string where = fmt::format("{} at offset {}", name_.path, from.value);
    if (from < found.first) {
        return fail(
            ErrorCode::NotFound, "cannot read event log", where,
            fmt::format("retention has passed it; the oldest record is {}", found.first.value));
    }
    if (from > found.end) {
        return fail(ErrorCode::Conflict, "cannot read event log", where,
                    fmt::format("the log ends at {}; the position belongs to another log",
                                found.end.value));
    }
    return std::make_unique<EmbeddedReader>(threads_->state, name_, from);
}

void EmbeddedEventLog::allow_deletion(PartitionId partition, ReaderRole reader, Offset keep_from) {
    if (partition.value == 0) threads_->writer.allow_deletion(reader, keep_from);
}

Result<void> EmbeddedEventLog::health() {
    return threads_->state.view().health;
}

}  // namespace clickmill::event_log
