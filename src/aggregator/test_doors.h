// For tests: doors to a log and a store that fail when told, and count what is held.
#pragma once

#include "event_log/test_pass_through.h"
#include "metrics_store/metrics_store.h"

#include <algorithm>
#include <functional>
#include <memory>
#include <vector>

namespace clickmill::aggregator {

// Fails the next calls of a kind, each with an error of its own.
class Failures {
public:
    void add(Error error, int times = 1) { errors_.insert(errors_.end(), times, error); }
    Result<void> next() {
        if (errors_.empty()) return {};
        Error error = std::move(errors_.front());
        errors_.erase(errors_.begin());
        return std::unexpected(std::move(error));
    }

private:
    std::vector<Error> errors_;
};

// The log, with reads that fail when told, and a call at its end: where a test stops the loop.
class DoorToLog final : public event_log::PassThrough {
public:
    using PassThrough::PassThrough;

    Result<event_log::PartitionState> state(PartitionId partition) override {
        ASSIGN_OR_RETURN(event_log::PartitionState state, log_.state(partition));
        if (!counts_events) {
            state.total_events.reset();
            state.total_before_first = 0;
        }
        return state;
    }
    Result<std::unique_ptr<event_log::Reader>> read(PartitionId partition, Offset from) override {
        ASSIGN_OR_RETURN(auto reader, log_.read(partition, from));
        return std::make_unique<DoorToReader>(*this, std::move(reader));
    }
    Failures reads;
    bool counts_events = true;  // false: as Kafka, which counts records
    std::function<void()> at_end;

private:
    class DoorToReader final : public event_log::Reader {
    public:
        DoorToReader(DoorToLog& door, std::unique_ptr<event_log::Reader> reader)
            : door_(door), reader_(std::move(reader)) {}
        Result<event_log::Batch> next(const event_log::ReadOptions& options,
                                      std::stop_token stop) override {
            RETURN_IF_ERROR(door_.reads.next());
            auto batch = reader_->next(options, stop);
            if (batch && batch->at_end_since && door_.at_end) door_.at_end();
            return batch;
        }

    private:
        DoorToLog& door_;
        std::unique_ptr<event_log::Reader> reader_;
    };
};

// A snapshot that counts itself while it is held.
class CountedSnapshot final : public metrics_store::Snapshot {
public:
    CountedSnapshot(std::unique_ptr<metrics_store::Snapshot> snapshot, int& held)
        : snapshot_(std::move(snapshot)), held_(held) {
        ++held_;
    }
    ~CountedSnapshot() override { --held_; }

    Result<std::vector<fold::View>> views() override { return snapshot_->views(); }
    Result<std::vector<fold::Ledger>> ledgers() override { return snapshot_->ledgers(); }
    Result<std::vector<metrics_store::PartitionPosition>> positions(fold::ViewId view) override {
        return snapshot_->positions(view);
    }
    Result<std::vector<metrics_store::PartitionMark>> marks(
        fold::ViewId view, metrics_store::BucketRange hours) override {
        return snapshot_->marks(view, hours);
    }
    Result<std::vector<metrics_store::Header>> headers(
        fold::ViewId view, calendar::Grain grain, metrics_store::BucketRange buckets) override {
        return snapshot_->headers(view, grain, buckets);
    }
    Result<metrics_store::RowsAnswer> rows(const metrics_store::RowsQuestion& question) override {
        return snapshot_->rows(question);
    }
    Result<std::vector<metrics_store::SettledRow>> bucket_rows(
        fold::ViewId view, bool is_live, calendar::Grain grain,
        calendar::BucketKey bucket) override {
        return snapshot_->bucket_rows(view, is_live, grain, bucket);
    }

private:
    std::unique_ptr<metrics_store::Snapshot> snapshot_;
    int& held_;
};

// The store, with commits that fail when told: before they are stored, or with a lost answer.
class DoorToStore final : public metrics_store::MetricsStore {
public:
    explicit DoorToStore(metrics_store::MetricsStore& store) : store_(store) {}

    Result<std::vector<fold::View>> change_views(const metrics_store::PlanViews& plan) override {
        return store_.change_views(plan);
    }
    Result<bool> clear_some(fold::ViewId view) override { return store_.clear_some(view); }
    Result<metrics_store::Progress> progress(PartitionId partition) override {
        return store_.progress(partition);
    }
    Result<std::vector<fold::RepeatPiece>> repeat_pieces(PartitionId partition) override {
        return store_.repeat_pieces(partition);
    }
    Result<std::vector<fold::StoredCell>> load(fold::ViewId view, PartitionId partition,
                                               std::span<const fold::CellKey> keys) override {
        return store_.load(view, partition, keys);
    }
    Result<std::vector<fold::Labels>> labels_of(
        fold::ViewId view, PartitionId partition,
        std::span<const calendar::BucketKey> hours) override {
        return store_.labels_of(view, partition, hours);
    }
    Result<void> commit(const fold::Commit& commit) override {
        ++commits;
        RETURN_IF_ERROR(commits_before.next());
        RETURN_IF_ERROR(store_.commit(commit));
        return commits_after.next();
    }
    Result<void> settle(const metrics_store::Build& build) override { return store_.settle(build); }
    Result<int64_t> settle_all(std::span<const metrics_store::Build> builds) override {
        held_while_writing = std::max(held_while_writing, held);
        return store_.settle_all(builds);
    }
    Result<void> retire(fold::ViewId view, std::span<const calendar::BucketKey> hours) override {
        held_while_writing = std::max(held_while_writing, held);
        return store_.retire(view, hours);
    }
    Result<void> forget(fold::ViewId view, calendar::Grain grain,
                        std::span<const calendar::BucketKey> buckets) override {
        held_while_writing = std::max(held_while_writing, held);
        return store_.forget(view, grain, buckets);
    }
    Result<std::unique_ptr<metrics_store::Snapshot>> snapshot() override {
        ASSIGN_OR_RETURN(auto snapshot, store_.snapshot());
        return std::make_unique<CountedSnapshot>(std::move(snapshot), held);
    }
    Result<void> health() override { return store_.health(); }

    Failures commits_before;
    Failures commits_after;
    int commits = 0;
    int held = 0;  // snapshots
    int held_while_writing = 0;

private:
    metrics_store::MetricsStore& store_;
};

}  // namespace clickmill::aggregator
