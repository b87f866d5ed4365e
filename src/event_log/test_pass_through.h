// For tests: a log in front of another one, of which a test changes what it needs to.
#pragma once

#include "event_log/event_log.h"

#include <memory>

namespace clickmill::event_log {

class PassThrough : public EventLog {
public:
    explicit PassThrough(EventLog& log) : log_(log) {}

    void append(PartitionId partition, Record record, AppendDone done) override {
        log_.append(partition, std::move(record), std::move(done));
    }
    int32_t partition_count() const override { return log_.partition_count(); }
    Result<PartitionState> state(PartitionId partition) override { return log_.state(partition); }
    Result<std::unique_ptr<Reader>> read(PartitionId partition, Offset from) override {
        return log_.read(partition, from);
    }
    void allow_deletion(PartitionId partition, ReaderRole reader, Offset keep_from) override {
        log_.allow_deletion(partition, reader, keep_from);
    }
    Result<void> health() override { return log_.health(); }

protected:
    EventLog& log_;
};

}  // namespace clickmill::event_log
