// The log of another process, or of none: what was durable when it was opened, to be read.
#pragma once

#include "base/clock.h"
#include "event_log/embedded/log_file.h"
#include "event_log/embedded/log_state.h"
#include "event_log/event_log.h"

#include <memory>

namespace clickmill::event_log {

// Any thread. Salvages nothing and refuses appends, so it may stand beside a running server.
class ReadOnlyEventLog final : public EventLog {
public:
    // NotFound: no such file. Corrupt: the server that owns it would have to salvage it.
    static Result<std::unique_ptr<ReadOnlyEventLog>> open(FileName name, Clock& clock);

    void append(PartitionId partition, Record record, AppendDone done) override;
    int32_t partition_count() const override { return 1; }
    Result<PartitionState> state(PartitionId partition) override;
    Result<std::unique_ptr<Reader>> read(PartitionId partition, Offset from) override;
    void allow_deletion(PartitionId, ReaderRole, Offset) override {}
    Result<void> health() override { return {}; }

private:
    ReadOnlyEventLog(FileName name, Clock& clock) : name_(std::move(name)), state_(clock) {}

    const FileName name_;
    LogState state_;
};

}  // namespace clickmill::event_log
