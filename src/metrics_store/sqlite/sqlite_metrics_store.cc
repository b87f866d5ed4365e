#include "metrics_store/sqlite/sqlite_metrics_store.h"

#include "metrics_store/sql/reads.h"
#include "metrics_store/sql/sql_snapshot.h"
#include "metrics_store/sqlite/database.h"

#include <fmt/core.h>

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <system_error>

namespace clickmill::metrics_store {
namespace {

// Renames the file and what SQLite keeps beside it. Gives the new name.
Result<std::string> move_aside(const std::string& path) {
    const auto now = std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now());
    const std::string wanted = fmt::format("{}.damaged-{}", path, now.time_since_epoch().count());
    std::string target = wanted;
    for (int number = 2; std::filesystem::exists(target); ++number)
        target = fmt::format("{}-{}", wanted, number);
    for (const char* suffix : {"-wal", "-shm", ""}) {
        std::error_code error;
        std::filesystem::rename(path + suffix, target + suffix, error);
        if (error && error != std::errc::no_such_file_or_directory) {
            return fail(ErrorCode::Unavailable, "cannot set damaged metrics store aside",
                        path + suffix, error.message());
        }
    }
    return target;
}

}  // namespace

Result<std::unique_ptr<SqliteMetricsStore>> SqliteMetricsStore::open(SqliteOptions options,
                                                                     telemetry::Logger& logger) {
    std::unique_ptr<SqliteMetricsStore> store(new SqliteMetricsStore(std::move(options), logger));
    auto opened = store->open_database();
    if (!opened && store->options_.follows_another) return store;  // each question looks again
    if (!opened && opened.error().code == ErrorCode::Corrupt) {
        store->found_damage(nullptr, std::move(opened).error());
        RETURN_IF_ERROR(store->health());
        return store;
    }
    RETURN_IF_ERROR(opened);
    return store;
}

SqliteMetricsStore::~SqliteMetricsStore() = default;

Result<void> SqliteMetricsStore::open_database() {
    ASSIGN_OR_RETURN(database_, Database::open(options_));
    return {};
}

std::shared_ptr<SqliteMetricsStore::Database> SqliteMetricsStore::database() const {
    const std::lock_guard lock(mutex_);
    return database_;
}

std::string SqliteMetricsStore::set_aside() const {
    const std::lock_guard lock(mutex_);
    return set_aside_;
}

// Whoever finds the damage first sets the file aside; for the others of the same file it is done.
Error SqliteMetricsStore::found_damage(const std::shared_ptr<Database>& database, Error error) {
    const std::lock_guard lock(mutex_);
    if (database != database_) return error;
    if (options_.follows_another) {  // opened again by the next question
        database_.reset();
        return error;
    }
    if (database_) database_->abandon();
    database_.reset();
    auto moved = move_aside(options_.path);
    if (moved) {
        set_aside_ = *moved;
        auto opened = open_database();
        if (!opened) moved = std::unexpected(std::move(opened).error());
    }
    if (!moved) {
        write_failure_ = moved.error();
        logger_.error("metrics store is damaged and cannot be set aside",
                      {{"damage", error.message()}, {"problem", moved.error().message()}});
        return error;
    }
    logger_.error("metrics store is damaged: set aside, and built again from the event log",
                  {{"damage", error.message()}, {"set_aside", set_aside_}});
    error.why += "; the file is set aside as " + set_aside_ +
                 " and its numbers are built again from the event log";
    return error;
}

template <typename Change>
auto SqliteMetricsStore::change(Change change) -> decltype(change(std::declval<Database&>())) {
    if (options_.follows_another) {
        return fail(ErrorCode::Unavailable, "cannot change metrics", options_.path,
                    "another process writes them");
    }
    std::shared_ptr<Database> current;
    {
        const std::lock_guard lock(mutex_);
        // Another aggregator on the same file may have set it aside.
        if (database_ && !database_->is_current()) {
            database_->abandon();
            database_.reset();
        }
        if (!database_) RETURN_IF_ERROR(open_database());
        current = database_;
    }
    auto done = change(*current);
    if (!done && done.error().code == ErrorCode::Corrupt)
        return std::unexpected(found_damage(current, std::move(done).error()));
    const std::lock_guard lock(mutex_);
    if (done)
        write_failure_.reset();
    else if (!is_of_the_caller(done.error()))
        write_failure_ = done.error();
    return done;
}

Result<std::vector<fold::View>> SqliteMetricsStore::change_views(const PlanViews& plan) {
    return change([&](Database& database) { return database.change_views(plan); });
}

Result<void> SqliteMetricsStore::commit(const fold::Commit& commit) {
    return change([&](Database& database) { return database.commit(commit); });
}

Result<void> SqliteMetricsStore::settle(const Build& build) {
    return change([&](Database& database) { return database.settle(build); });
}

Result<int64_t> SqliteMetricsStore::settle_all(std::span<const Build> builds) {
    return change([&](Database& database) { return database.settle_all(builds); });
}

Result<void> SqliteMetricsStore::retire(fold::ViewId view,
                                        std::span<const calendar::BucketKey> hours) {
    return change([&](Database& database) { return database.retire(view, hours); });
}

Result<void> SqliteMetricsStore::forget(fold::ViewId view, calendar::Grain grain,
                                        std::span<const calendar::BucketKey> buckets) {
    return change([&](Database& database) { return database.forget(view, grain, buckets); });
}

Result<bool> SqliteMetricsStore::clear_some(fold::ViewId view) {
    return change([&](Database& database) { return database.clear_some(view); });
}

// The process that writes may have set the file aside since.
Result<void> SqliteMetricsStore::follow() {
    const std::lock_guard lock(mutex_);
    if (database_ && database_->is_current()) return {};
    database_.reset();
    return open_database();
}

Result<SqliteMetricsStore::Reading> SqliteMetricsStore::begin_reading() {
    if (options_.follows_another) RETURN_IF_ERROR(follow());
    const std::shared_ptr<Database> current = database();
    if (!current) {
        return fail(ErrorCode::Unavailable, "cannot read metrics", options_.path,
                    "the file is damaged and could not be set aside");
    }
    auto reading = Reading::begin(current);
    if (!reading && reading.error().code == ErrorCode::Corrupt)
        return std::unexpected(found_damage(current, std::move(reading).error()));
    return reading;
}

template <typename Work>
auto SqliteMetricsStore::read(Work work) -> decltype(work(std::declval<Reading&>())) {
    ASSIGN_OR_RETURN(Reading reading, begin_reading());
    auto answer = work(reading);
    if (!answer && answer.error().code == ErrorCode::Corrupt)
        return std::unexpected(found_damage(reading.database(), std::move(answer).error()));
    return answer;
}

Result<Progress> SqliteMetricsStore::progress(PartitionId partition) {
    return read([&](Reading& reading) { return read_progress(reading.session(), partition); });
}

Result<std::vector<fold::RepeatPiece>> SqliteMetricsStore::repeat_pieces(PartitionId partition) {
    return read([&](Reading& reading) { return read_repeat_pieces(reading.session(), partition); });
}

Result<std::vector<fold::StoredCell>> SqliteMetricsStore::load(
    fold::ViewId view, PartitionId partition, std::span<const fold::CellKey> keys) {
    return read([&](Reading& reading) {
        return read_cells(reading.session(), reading.catalog(), view, partition, keys);
    });
}

Result<std::vector<fold::Labels>> SqliteMetricsStore::labels_of(
    fold::ViewId view, PartitionId partition, std::span<const calendar::BucketKey> hours) {
    return read([&](Reading& reading) {
        return read_labels_of(reading.session(), reading.catalog(), view, partition, hours);
    });
}

// A damaged file that a question finds is set aside.
class SqliteMetricsStore::SqliteSnapshot final : public SqlSnapshot {
public:
    SqliteSnapshot(SqliteMetricsStore& store, Reading reading)
        : SqlSnapshot(reading.session(), reading.catalog()),
          store_(store),
          reading_(std::move(reading)) {}

private:
    Error noticed(Error error) override {
        if (error.code != ErrorCode::Corrupt) return error;
        return store_.found_damage(reading_.database(), std::move(error));
    }

    SqliteMetricsStore& store_;
    Reading reading_;
};

Result<std::unique_ptr<Snapshot>> SqliteMetricsStore::snapshot() {
    ASSIGN_OR_RETURN(Reading reading, begin_reading());
    return std::make_unique<SqliteSnapshot>(*this, std::move(reading));
}

Result<void> SqliteMetricsStore::health() {
    if (options_.follows_another) return follow();
    const std::lock_guard lock(mutex_);
    if (write_failure_) return std::unexpected(*write_failure_);
    return {};
}

}  // namespace clickmill::metrics_store
