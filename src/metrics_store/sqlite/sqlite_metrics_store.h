// The metrics store of embedded mode: `metrics.db`, a SQLite file (WAL, synchronous=FULL) that any
// tool opens; its tables stand in docs/reference/metrics-schema.md. One writer, a pool of readers
// each with a snapshot of its own, and a checkpoint thread, so that commits never wait for one.
//
// What is in the file can be built again from the event log. So a file that SQLite refuses, when it
// is opened or later, is set aside as `metrics.db.damaged-<time>` and a new empty one takes its
// place; the call that found it gets Corrupt, and positions then begin at 0.
#pragma once

#include "base/sqlite.h"
#include "metrics_store/metrics_store.h"
#include "telemetry/logger.h"

#include <memory>
#include <mutex>
#include <optional>
#include <string>

namespace clickmill::metrics_store {

struct SqliteOptions {
    std::string path;  // of metrics.db; its folder exists
    std::string vfs;   // empty: SQLite's default; tests name their own
    int reader_cache_kib = 8192;
    int writer_cache_kib = 32768;
    size_t max_readers = 64;  // snapshots at one moment; more get Unavailable
    sqlite::CheckpointLimits checkpoints;
    // Another process writes the file: here it is only read, what that one declares is seen, and
    // damage is left to it. Changes are refused.
    bool follows_another = false;
};

// Any thread.
class SqliteMetricsStore final : public MetricsStore {
public:
    // InvalidInput: another program's file, or one of a newer version; it is left alone.
    static Result<std::unique_ptr<SqliteMetricsStore>> open(SqliteOptions options,
                                                            telemetry::Logger& logger);
    ~SqliteMetricsStore() override;

    Result<std::vector<fold::View>> change_views(const PlanViews& plan) override;
    Result<Progress> progress(PartitionId partition) override;
    Result<std::vector<fold::RepeatPiece>> repeat_pieces(PartitionId partition) override;
    Result<std::vector<fold::StoredCell>> load(fold::ViewId view, PartitionId partition,
                                               std::span<const fold::CellKey> keys) override;
    Result<std::vector<fold::Labels>> labels_of(
        fold::ViewId view, PartitionId partition,
        std::span<const calendar::BucketKey> hours) override;
    Result<void> commit(const fold::Commit& commit) override;
    Result<void> settle(const Build& build) override;
    Result<int64_t> settle_all(std::span<const Build> builds) override;
    Result<void> retire(fold::ViewId view, std::span<const calendar::BucketKey> hours) override;
    Result<void> forget(fold::ViewId view, calendar::Grain grain,
                        std::span<const calendar::BucketKey> buckets) override;
    Result<bool> clear_some(fold::ViewId view) override;
    Result<std::unique_ptr<Snapshot>> snapshot() override;
    Result<void> health() override;

    // Where the damaged file went that was found last; empty: none was since this store is open.
    std::string set_aside() const;

private:
    class Database;
    class Reading;
    class SqliteSnapshot;

    SqliteMetricsStore(SqliteOptions options, telemetry::Logger& logger)
        : options_(std::move(options)), logger_(logger) {}
    Result<void> open_database();
    Result<void> follow();
    std::shared_ptr<Database> database() const;
    // Runs a change, remembers whether it could be stored, and sets a damaged file aside.
    template <typename Change>
    auto change(Change change) -> decltype(change(std::declval<Database&>()));
    Error found_damage(const std::shared_ptr<Database>& database, Error error);
    Result<Reading> begin_reading();
    template <typename Work>
    auto read(Work work) -> decltype(work(std::declval<Reading&>()));

    const SqliteOptions options_;
    telemetry::Logger& logger_;
    mutable std::mutex mutex_;
    std::shared_ptr<Database>
        database_;           // guarded by mutex_; shared with the snapshots taken of it
    std::string set_aside_;  // guarded by mutex_
    std::optional<Error> write_failure_;  // guarded by mutex_; of the last change
};

}  // namespace clickmill::metrics_store
