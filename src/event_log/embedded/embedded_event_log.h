// The event log of one machine: a SQLite file, one row a group commit. One partition. The bytes are
// specified in docs/design/event-log-format.md.
#pragma once

#include "base/clock.h"
#include "event_log/embedded/options.h"
#include "event_log/event_log.h"
#include "telemetry/logger.h"
#include "telemetry/metrics.h"

#include <memory>

namespace clickmill::event_log {

// Any thread. Readers go before it does; it stores what waits before it goes.
class EmbeddedEventLog final : public EventLog {
public:
    // Starts in milliseconds, whatever the size; a damaged file is salvaged first, which reads all
    // of it. InvalidInput: no such folder, or a file of a newer version. On a disk that cannot be
    // written it starts all the same, says so in health() and goes on by itself. `registry` may be
    // null. All outlive the log.
    static Result<std::unique_ptr<EmbeddedEventLog>> open(EmbeddedOptions options, Clock& clock,
                                                          telemetry::Logger& logger,
                                                          telemetry::Registry* registry = nullptr);
    ~EmbeddedEventLog() override;

    void append(PartitionId partition, Record record, AppendDone done) override;
    int32_t partition_count() const override { return 1; }
    Result<PartitionState> state(PartitionId partition) override;
    Result<std::unique_ptr<Reader>> read(PartitionId partition, Offset from) override;
    void allow_deletion(PartitionId partition, ReaderRole reader, Offset keep_from) override;
    Result<void> health() override;

private:
    struct Threads;
    explicit EmbeddedEventLog(std::unique_ptr<Threads> threads, FileName name);
    Result<void> check(PartitionId partition) const;

    const FileName name_;
    const std::unique_ptr<Threads> threads_;
};

}  // namespace clickmill::event_log
