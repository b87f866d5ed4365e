// A small world for tests: a log and a store in memory, the store's counts as text, and doors
// between them that fail when told.
#pragma once

#include "aggregator/partition_follower.h"
#include "event/event.h"
#include "event_log/memory/memory_event_log.h"
#include "metrics_store/memory/memory_metrics_store.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

namespace clickmill::aggregator {

inline constexpr int64_t kHour = 3'600;
inline constexpr int64_t kNine = 1'793'523'600;  // 2026-11-01T09:00:00Z
inline Moment at_second(int64_t second) {
    return moment_of(second * 1'000'000);
}

struct TestClick {
    std::string id;
    std::string feature = "pay";
    std::string platform = "web";
    std::string user = "ann";
    std::string project = "shop";
    int64_t at = kNine;
};

inline std::string line_of(const TestClick& click) {
    event::Event event;
    event.project = click.project;
    event.event_id = click.id;
    event.feature_id = click.feature;
    event.user_id = click.user;
    event.platform = click.platform;
    event.received_at = at_second(click.at);
    std::string line;
    append_line(line, event);
    return line;
}

inline fold::ViewDefinition definition_of(std::string rollup, std::vector<std::string> dimensions,
                                          std::string project = "shop") {
    return {.project = std::move(project),
            .rollup = {std::move(rollup), std::move(dimensions), true},
            .zone = "UTC",
            .limits = {}};
}

// Fails the next calls of a kind, each with an error of its own.
class Failures {
public:
    void add(Error error, int times = 1) { errors_.insert(errors_.end(), times, error); }
    bool is_empty() const { return errors_.empty(); }
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
class DoorToLog final : public event_log::EventLog {
public:
    explicit DoorToLog(event_log::EventLog& log) : log_(log) {}

    void append(PartitionId partition, event_log::Record record,
                event_log::AppendDone done) override {
        log_.append(partition, std::move(record), std::move(done));
    }
    int32_t partition_count() const override { return log_.partition_count(); }
    Result<event_log::PartitionState> state(PartitionId partition) override {
        return log_.state(partition);
    }
    Result<std::unique_ptr<event_log::Reader>> read(PartitionId partition, Offset from) override {
        ASSIGN_OR_RETURN(auto reader, log_.read(partition, from));
        return std::make_unique<DoorToReader>(*this, std::move(reader));
    }
    void allow_deletion(PartitionId partition, Offset keep_from) override {
        log_.allow_deletion(partition, keep_from);
    }
    Result<void> health() override { return log_.health(); }

    Failures reads;
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

    event_log::EventLog& log_;
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

    Result<std::vector<fold::View>> declare(std::span<const fold::ViewDefinition> definitions,
                                            Moment now) override {
        return store_.declare(definitions, now);
    }
    Result<metrics_store::Progress> progress(PartitionId partition) override {
        return store_.progress(partition);
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

// One thread, with a clock that stands.
class World {
public:
    explicit World(int32_t partitions = 1)
        : log({.partition_count = partitions, .answers_from_thread = false}, clock) {}

    void click(const TestClick& click, int32_t partition = 0) { clicks({click}, partition); }
    void clicks(const std::vector<TestClick>& clicks, int32_t partition = 0) {
        std::string payload;
        for (const TestClick& click : clicks) payload += line_of(click);
        append(payload, static_cast<int32_t>(clicks.size()), partition);
    }
    void append(std::string payload, int32_t events, int32_t partition = 0) {
        log.append(PartitionId{partition}, {.payload = std::move(payload), .event_count = events},
                   [](Result<Offset> offset) { EXPECT_TRUE(offset); });
    }

    Result<std::unique_ptr<PartitionFolder>> open(int32_t partition = 0,
                                                  FolderOptions options = {}) {
        options.repeat_key = 7;
        return PartitionFolder::open(
            PartitionId{partition}, options, log, store, [this] { return known(); }, clock.now());
    }
    // Folds to the end of the log and commits every view.
    void fold_all(PartitionFolder& folder) {
        do {
            const auto folded = folder.fold_some({.wait = {}}, {}, clock.now());
            ASSERT_TRUE(folded) << folded.error().message();
        } while (!folder.is_at_end());
        commit(folder);
    }
    void commit(PartitionFolder& folder) {
        std::vector<fold::ViewId> all;
        for (const auto& [id, view] : folder.views()) all.push_back(id);
        const fold::Commit changes = folder.changes(all);
        const auto done = store.commit(changes);
        ASSERT_TRUE(done) << done.error().message();
        folder.committed(changes);
    }
    // A process that starts, counts what there is and dies.
    void count_all(int32_t partition = 0, FolderOptions options = {}) {
        const auto folder = open(partition, options);
        ASSERT_TRUE(folder) << folder.error().message();
        fold_all(**folder);
    }

    Result<std::vector<fold::ViewDefinition>> known() { return definitions; }

    fold::View view_of(const std::string& rollup) {
        const auto snapshot = *store.snapshot();
        const auto views = *snapshot->views();
        for (const fold::View& view : views)
            if (view.definition.rollup.name == rollup) return view;
        ADD_FAILURE() << "no view of " << rollup;
        return {};
    }
    // "pay 3" for each feature of the live rows, all hours and partitions.
    std::vector<std::string> counts(const std::string& rollup = "totals") {
        const auto snapshot = *store.snapshot();
        const auto answer = snapshot->rows({.view = view_of(rollup).id,
                                            .is_live = true,
                                            .buckets = {{INT64_MIN, INT64_MAX}},
                                            .by_feature = true});
        std::vector<std::string> lines;
        for (const auto& group : answer->groups)
            lines.push_back(group.feature + " " + std::to_string(group.clicks));
        return lines;
    }
    // Of every project together.
    fold::Accounting accounting(int32_t partition = 0) {
        fold::Accounting sum;
        const fold::Ledger stored = ledger(partition);
        for (const auto& [project, part] : stored.projects) sum += part;
        return sum;
    }
    fold::Ledger ledger(int32_t partition = 0) {
        return store.progress(PartitionId{partition})->ledger;
    }
    event_log::PartitionState log_state(int32_t partition = 0) {
        return *log.state(PartitionId{partition});
    }

    ManualClock clock{at_second(kNine)};
    event_log::MemoryEventLog log;
    metrics_store::MemoryMetricsStore store;
    std::vector<fold::ViewDefinition> definitions{definition_of("totals", {})};
};

}  // namespace clickmill::aggregator
