#include "event_log/embedded/read_only_event_log.h"

#include "event_log/embedded/embedded_reader.h"

#include <fmt/core.h>

#include <filesystem>
#include <utility>

namespace clickmill::event_log {

namespace {

// The ends and the newest row are read one after the other: while the owner appends they may
// differ for a moment, which looks like damage.
constexpr int kTries = 20;

Result<std::unique_ptr<LogFile>> open_file(const FileName& name) {
    Result<std::unique_ptr<LogFile>> file = LogFile::open(name, {});
    for (int i = 1; i < kTries && !file && file.error().code == ErrorCode::Corrupt; ++i) {
        file = LogFile::open(name, {});
    }
    return file;
}

}  // namespace

Result<std::unique_ptr<ReadOnlyEventLog>> ReadOnlyEventLog::open(FileName name, Clock& clock) {
    std::error_code ignored;
    if (!std::filesystem::exists(name.path, ignored)) {
        return fail(ErrorCode::NotFound, "cannot read the event log", name.path,
                    "there is no such file; name the data folder with --data");
    }
    std::unique_ptr<ReadOnlyEventLog> log(new ReadOnlyEventLog(std::move(name), clock));
    ASSIGN_OR_RETURN(const std::unique_ptr<LogFile> file, open_file(log->name_));
    log->state_.opened(file->summary(), file->gaps());
    return log;
}

void ReadOnlyEventLog::append(PartitionId, Record, AppendDone done) {
    done(
        fail(ErrorCode::InvalidInput, "cannot append record", name_.path, "it is open to be read"));
}

Result<PartitionState> ReadOnlyEventLog::state(PartitionId partition) {
    if (partition.value != 0) {
        return fail(ErrorCode::InvalidInput, "no such partition",
                    fmt::format("partition {}", partition.value), "the embedded log has one");
    }
    const LogState::View view = state_.view();
    return PartitionState{.log_id = view.summary.log_id,
                          .first = view.summary.first,
                          .end = view.summary.end,
                          .total_events = view.summary.total_events,
                          .total_before_first = view.summary.total_before_first,
                          .bytes = view.bytes};
}

Result<std::unique_ptr<Reader>> ReadOnlyEventLog::read(PartitionId partition, Offset from) {
    ASSIGN_OR_RETURN(const PartitionState found, state(partition));
    if (from < found.first || from > found.end) {
        return fail(ErrorCode::NotFound, "cannot read event log",
                    fmt::format("{} at offset {}", name_.path, from.value),
                    fmt::format("it holds {} to {}", found.first.value, found.end.value));
    }
    return std::make_unique<EmbeddedReader>(state_, name_, from);
}

}  // namespace clickmill::event_log
