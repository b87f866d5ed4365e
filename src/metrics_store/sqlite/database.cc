#include "metrics_store/sqlite/database.h"

#include "metrics_store/sqlite/schema.h"

#include <sys/stat.h>
#include <utility>

namespace clickmill::metrics_store {
namespace {

sqlite::OpenOptions writing(const SqliteOptions& options, int cache_kib) {
    return {.path = options.path,
            .vfs = options.vfs,
            .cache_kib = cache_kib,
            .automatic_checkpoint = false};
}

sqlite::OpenOptions reading(const SqliteOptions& options) {
    return {.path = options.path,
            .read_only = true,
            .vfs = options.vfs,
            .cache_kib = options.reader_cache_kib};
}

constexpr int kCheckpointCacheKib = 256;
// How long a restart of the write-ahead log may wait for readers while the writer waits for it.
constexpr std::chrono::milliseconds kRestartPatience{50};

// 0: there is no such file.
uint64_t inode_of(const std::string& path) {
    struct stat found{};
    return stat(path.c_str(), &found) == 0 ? found.st_ino : 0;
}

}  // namespace

Result<std::shared_ptr<SqliteMetricsStore::Database>> SqliteMetricsStore::Database::open(
    const SqliteOptions& options) {
    const auto how = [&](int cache_kib) {
        return options.follows_another ? reading(options) : writing(options, cache_kib);
    };
    const uint64_t file = inode_of(options.path);
    if (options.follows_another && file == 0) {
        return fail(ErrorCode::Unavailable, "cannot read metrics", options.path,
                    "no aggregator has made it yet");
    }
    ASSIGN_OR_RETURN(auto writer, sql::SqliteSession::open(how(options.writer_cache_kib)));
    if (options.follows_another) {
        RETURN_IF_ERROR(check_schema(*writer, options.path));
    } else {
        RETURN_IF_ERROR(prepare_schema(*writer, options.path));
    }
    ASSIGN_OR_RETURN(Catalog catalog, load_catalog(*writer));
    sqlite::OpenOptions checkpointing = how(kCheckpointCacheKib);
    checkpointing.busy_timeout = kRestartPatience;
    ASSIGN_OR_RETURN(sqlite::Connection checkpoints, sqlite::Connection::open(checkpointing));
    std::shared_ptr<Database> database(
        new Database(options, std::move(writer), std::move(checkpoints)));
    database->catalog_ = std::make_shared<const Catalog>(std::move(catalog));
    database->file_ = file != 0 ? file : inode_of(options.path);  // it may have been made here
    database->writing_->connection().count_wal_pages(database->wal_pages_);
    return database;
}

bool SqliteMetricsStore::Database::is_current() const {
    return inode_of(options_.path) == file_;
}

Result<void> SqliteMetricsStore::Database::refresh_catalog(sql::Session& session) {
    const auto known = catalog();
    ASSIGN_OR_RETURN(auto newest, newest_catalog(session, known));
    keep(std::move(newest));
    return {};
}

// Nobody else holds a connection any more; the checkpoint thread has its own until it ends.
SqliteMetricsStore::Database::~Database() {
    checkpointer_.stop();
    if (!is_abandoned_) return;
    checkpointer_.connection().leave_files_alone();
    writing_->connection().leave_files_alone();
    for (const auto& reader : readers_) reader->connection().leave_files_alone();
}

std::shared_ptr<const Catalog> SqliteMetricsStore::Database::catalog() const {
    const std::lock_guard lock(mutex_);
    return catalog_;
}

Result<std::vector<fold::View>> SqliteMetricsStore::Database::change_views(const PlanViews& plan) {
    const std::lock_guard lock(writer_mutex_);
    ASSIGN_OR_RETURN(Changed changed, metrics_store::change_views(*writing_, catalog(), plan));
    keep(std::move(changed.catalog));
    return std::move(changed.views);
}

void SqliteMetricsStore::Database::keep(std::shared_ptr<const Catalog> catalog) {
    const std::lock_guard lock(mutex_);
    if (catalog->change > catalog_->change) catalog_ = std::move(catalog);
}

template <typename Change>
auto SqliteMetricsStore::Database::write(Change change) {
    const std::lock_guard lock(writer_mutex_);
    auto done = change(*catalog());
    const int64_t pages = std::exchange(wal_pages_, 0);
    if (pages >= options_.checkpoints.writer_pages) {
        copy_wal_here(pages);
    } else {
        checkpointer_.wal_grew_to(pages);
    }
    return done;
}

void SqliteMetricsStore::Database::copy_wal_here(int64_t pages) {
    sqlite::Connection& connection = writing_->connection();
    connection.wait_for_locks(kRestartPatience);
    // As there: what fails is done again.
    std::ignore = connection.checkpoint(pages, options_.checkpoints);
    connection.wait_for_locks(sqlite::OpenOptions{}.busy_timeout);
}

Result<void> SqliteMetricsStore::Database::commit(const fold::Commit& commit) {
    return write([&](const Catalog& known) { return writer_.commit(known, commit); });
}

Result<void> SqliteMetricsStore::Database::settle(const Build& build) {
    return write([&](const Catalog& known) { return writer_.settle(known, build); });
}

Result<int64_t> SqliteMetricsStore::Database::settle_all(std::span<const Build> builds) {
    return write([&](const Catalog& known) { return writer_.settle_all(known, builds); });
}

Result<void> SqliteMetricsStore::Database::retire(fold::ViewId view,
                                                  std::span<const calendar::BucketKey> hours) {
    return write([&](const Catalog& known) { return writer_.retire(known, view, hours); });
}

Result<void> SqliteMetricsStore::Database::forget(fold::ViewId view, calendar::Grain grain,
                                                  std::span<const calendar::BucketKey> buckets) {
    return write([&](const Catalog& known) { return writer_.forget(known, view, grain, buckets); });
}

Result<bool> SqliteMetricsStore::Database::clear_some(fold::ViewId view) {
    return write([&](const Catalog& known) { return writer_.clear_some(known, view); });
}

Result<std::unique_ptr<sql::SqliteSession>> SqliteMetricsStore::Database::take_reader() {
    {
        const std::lock_guard lock(mutex_);
        if (readers_out_ >= options_.max_readers) {
            return fail(ErrorCode::Unavailable, "cannot read metrics", options_.path,
                        "too many questions at one moment; ask again");
        }
        ++readers_out_;
        if (!readers_.empty()) {
            std::unique_ptr<sql::SqliteSession> session = std::move(readers_.back());
            readers_.pop_back();
            return session;
        }
    }
    auto opened = sql::SqliteSession::open(reading(options_));
    if (opened) return opened;
    const std::lock_guard lock(mutex_);
    --readers_out_;
    return std::unexpected(std::move(opened).error());
}

void SqliteMetricsStore::Database::give_back(std::unique_ptr<sql::SqliteSession> session) {
    const std::lock_guard lock(mutex_);
    --readers_out_;
    readers_.push_back(std::move(session));
}

Result<SqliteMetricsStore::Reading> SqliteMetricsStore::Reading::begin(
    std::shared_ptr<Database> database) {
    ASSIGN_OR_RETURN(auto session, database->take_reader());
    Reading reading(std::move(database), std::move(session));
    RETURN_IF_ERROR(reading.session().connection().execute("BEGIN"));
    // A transaction's moment is that of its first read.
    ASSIGN_OR_RETURN(sql::Statement * first,
                     reading.session().statement("SELECT last FROM builds"));
    RETURN_IF_ERROR(first->run());
    RETURN_IF_ERROR(reading.database_->refresh_catalog(reading.session()));
    reading.catalog_ = reading.database_->catalog();
    return reading;
}

SqliteMetricsStore::Reading::~Reading() {
    if (!session_) return;
    // Fails where SQLite has ended the transaction already; the connection is fresh either way.
    std::ignore = session_->connection().execute("ROLLBACK");
    database_->give_back(std::move(session_));
}

}  // namespace clickmill::metrics_store
