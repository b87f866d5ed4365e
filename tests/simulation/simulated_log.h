// An event log whose disk the simulation holds: what is appended is readable and acknowledged only
// once it is synced, and a power cut takes the rest.
#pragma once

#include "base/planted.h"
#include "event/line_reader.h"
#include "event_log/event_log.h"

#include <map>
#include <vector>

namespace clickmill::simulation {

// One thread.
class SimulatedLog final : public event_log::EventLog {
public:
    explicit SimulatedLog(int32_t partitions) : partitions_(static_cast<size_t>(partitions)) {}

    void append_at(PartitionId partition, Moment append_time, event_log::Record record,
                   event_log::AppendDone done) {
        Partition& log = at(partition);
        event_log::StoredRecord stored;
        stored.offset = Offset{static_cast<int64_t>(log.durable.size() + log.waiting.size())};
        stored.append_time = append_time;
        stored.event_count = record.event_count;
        stored.payload = std::move(record.payload);
        stored.payload.reserve(stored.payload.size() + event::kPadding);
        if (is_planted("early acknowledgement")) {
            done(stored.offset);
            done = {};
        }
        log.waiting.emplace_back(std::move(stored), std::move(done));
    }

    // What waits becomes durable, and is acknowledged. Returns how many records.
    size_t sync(PartitionId partition) {
        Partition& log = at(partition);
        const size_t synced = log.waiting.size();
        for (auto& [record, done] : log.waiting) {
            log.durable.push_back(std::move(record));
            if (done) done(log.durable.back().offset);
        }
        log.waiting.clear();
        return synced;
    }
    void lose_power(PartitionId partition) { at(partition).waiting.clear(); }

    // Everything that ever was durable, deleted or not.
    const std::vector<event_log::StoredRecord>& durable(PartitionId partition) {
        return at(partition).durable;
    }

    void append(PartitionId partition, event_log::Record record,
                event_log::AppendDone done) override {
        append_at(partition, {}, std::move(record), std::move(done));
    }
    int32_t partition_count() const override { return static_cast<int32_t>(partitions_.size()); }
    Result<event_log::PartitionState> state(PartitionId partition) override {
        return event_log::PartitionState{
            .log_id = "simulated",
            .first = at(partition).first,
            .end = {static_cast<int64_t>(at(partition).durable.size())}};
    }
    Result<std::unique_ptr<event_log::Reader>> read(PartitionId partition, Offset from) override {
        return std::make_unique<SimulatedReader>(at(partition), from);
    }
    void allow_deletion(PartitionId partition, event_log::ReaderRole, Offset keep_from) override {
        at(partition).first = std::max(at(partition).first, keep_from);
    }
    Result<void> health() override { return {}; }

private:
    struct Partition {
        Offset first;  // no reader sees what is before
        std::vector<event_log::StoredRecord> durable;
        std::vector<std::pair<event_log::StoredRecord, event_log::AppendDone>> waiting;
    };
    class SimulatedReader final : public event_log::Reader {
    public:
        SimulatedReader(const Partition& log, Offset from) : log_(log), next_(from) {}
        Result<event_log::Batch> next(const event_log::ReadOptions& options,
                                      std::stop_token) override {
            if (next_ < log_.first)
                return fail(ErrorCode::NotFound, "cannot read on", "the simulated log",
                            "retention has passed it");
            event_log::Batch batch;
            while (next_.value < static_cast<int64_t>(log_.durable.size()) &&
                   static_cast<int32_t>(batch.records.size()) < options.max_records) {
                const event_log::StoredRecord& record =
                    log_.durable[static_cast<size_t>(next_.value)];
                batch.records.push_back(record);
                batch.records.back().payload.reserve(record.payload.size() + event::kPadding);
                next_ = next_.next();
            }
            batch.next = next_;
            batch.end = {static_cast<int64_t>(log_.durable.size())};
            return batch;
        }

    private:
        const Partition& log_;
        Offset next_;
    };

    Partition& at(PartitionId partition) {
        return partitions_[static_cast<size_t>(partition.value)];
    }

    std::vector<Partition> partitions_;
};

}  // namespace clickmill::simulation
