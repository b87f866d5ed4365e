// One metrics.db while it is open: its writer, its readers and its checkpoint thread. A damaged
// file is left by leaving its Database.
#pragma once

#include "metrics_store/sql/catalog.h"
#include "metrics_store/sql/writer.h"
#include "metrics_store/sqlite/checkpointer.h"
#include "metrics_store/sqlite/sqlite_metrics_store.h"
#include "sql/sqlite_session.h"

#include <atomic>
#include <memory>
#include <mutex>
#include <vector>

namespace clickmill::metrics_store {

// Any thread.
class SqliteMetricsStore::Database {
public:
    static Result<std::shared_ptr<Database>> open(const SqliteOptions& options);
    ~Database();

    // The file is about to be renamed: connections end without touching any file by its name.
    void abandon() { is_abandoned_ = true; }

    std::shared_ptr<const Catalog> catalog() const;
    // Of a file that another process writes: reads what that one has declared since.
    Result<void> refresh_catalog(sql::Session& session);
    // Whether the file is still the one of this name.
    bool is_current() const;

    Result<std::vector<fold::View>> change_views(const PlanViews& plan);
    Result<void> commit(const fold::Commit& commit);
    Result<void> settle(const Build& build);
    Result<int64_t> settle_all(std::span<const Build> builds);
    Result<void> retire(fold::ViewId view, std::span<const calendar::BucketKey> hours);
    Result<void> forget(fold::ViewId view, calendar::Grain grain,
                        std::span<const calendar::BucketKey> buckets);

    Result<bool> clear_some(fold::ViewId view);

    // A connection that nobody else uses, until it is given back. Unavailable: too many are out.
    Result<std::unique_ptr<sql::SqliteSession>> take_reader();
    void give_back(std::unique_ptr<sql::SqliteSession> session);

private:
    Database(SqliteOptions options, std::unique_ptr<sql::SqliteSession> writer,
             sqlite::Connection checkpoints)
        : options_(std::move(options)),
          writing_(std::move(writer)),
          writer_(*writing_),
          checkpointer_(std::move(checkpoints), options_.checkpoints) {}
    // Runs a change of the writer.
    template <typename Change>
    auto write(Change change);
    void copy_wal_here(int64_t pages);
    void keep(std::shared_ptr<const Catalog> catalog);  // unless a newer one is known

    const SqliteOptions options_;
    uint64_t file_ = 0;  // its inode
    std::atomic<bool> is_abandoned_ = false;

    std::mutex writer_mutex_;
    int64_t wal_pages_ = 0;  // guarded by writer_mutex_: since the checkpointer was told
    const std::unique_ptr<sql::SqliteSession> writing_;  // guarded by writer_mutex_
    Writer writer_;                                      // guarded by writer_mutex_

    mutable std::mutex mutex_;
    std::shared_ptr<const Catalog> catalog_;  // guarded by mutex_, replaced by declare()
    std::vector<std::unique_ptr<sql::SqliteSession>> readers_;  // guarded by mutex_: those at rest
    size_t readers_out_ = 0;                                    // guarded by mutex_

    Checkpointer checkpointer_;  // last, so that it ends first
};

// A reader with a transaction: everything it reads is of one moment. One thread.
class SqliteMetricsStore::Reading {
public:
    static Result<Reading> begin(std::shared_ptr<Database> database);
    Reading(Reading&&) noexcept = default;
    Reading& operator=(Reading&&) = delete;
    ~Reading();

    sql::SqliteSession& session() { return *session_; }
    const Catalog& catalog() const { return *catalog_; }
    const std::shared_ptr<Database>& database() const { return database_; }

private:
    Reading(std::shared_ptr<Database> database, std::unique_ptr<sql::SqliteSession> session)
        : database_(std::move(database)), session_(std::move(session)) {}

    std::shared_ptr<Database> database_;
    std::unique_ptr<sql::SqliteSession> session_;
    std::shared_ptr<const Catalog> catalog_;
};

}  // namespace clickmill::metrics_store
