#include "metrics_store/postgres/postgres_metrics_store.h"

#include "metrics_store/postgres/schema.h"
#include "metrics_store/sql/reads.h"
#include "metrics_store/sql/sql_snapshot.h"

#include <tuple>
#include <utility>

namespace clickmill::metrics_store {
// A connection that nobody else uses, until it goes.
class PostgresMetricsStore::Lease {
public:
    Lease(PostgresMetricsStore& store, std::unique_ptr<Connection> connection)
        : store_(&store), connection_(std::move(connection)) {}
    Lease(Lease&&) noexcept = default;
    Lease& operator=(Lease&&) = delete;
    ~Lease() {
        if (connection_) store_->give_back(std::move(connection_));
    }
    Connection& connection() { return *connection_; }

private:
    PostgresMetricsStore* store_;
    std::unique_ptr<Connection> connection_;
};

// A transaction that reads: everything is of one moment.
class PostgresMetricsStore::Reading {
public:
    static Result<Reading> begin(PostgresMetricsStore& store) {
        ASSIGN_OR_RETURN(Lease lease, store.take());
        Reading reading(std::move(lease));
        RETURN_IF_ERROR(
            reading.session().execute("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY"));
        ASSIGN_OR_RETURN(reading.catalog_, store.look(reading.session()));
        return reading;
    }
    Reading(Reading&&) noexcept = default;
    Reading& operator=(Reading&&) = delete;
    ~Reading() = default;

    sql::PgSession& session() { return *lease_.connection().session; }
    const Catalog& catalog() const { return *catalog_; }

private:
    explicit Reading(Lease lease) : lease_(std::move(lease)) {}

    Lease lease_;
    Known catalog_;
};

class PostgresMetricsStore::PgSnapshot final : public SqlSnapshot {
public:
    explicit PgSnapshot(Reading reading)
        : SqlSnapshot(reading.session(), reading.catalog()), reading_(std::move(reading)) {}

private:
    Reading reading_;
};

PostgresMetricsStore::PostgresMetricsStore(PostgresOptions options)
    : options_(std::move(options)) {}

PostgresMetricsStore::~PostgresMetricsStore() = default;

Result<std::unique_ptr<PostgresMetricsStore>> PostgresMetricsStore::open(PostgresOptions options) {
    RETURN_IF_ERROR(sql::PgSession::check_url(options.url, kOfMetrics));
    std::unique_ptr<PostgresMetricsStore> store(new PostgresMetricsStore(std::move(options)));
    std::ignore = store->take();  // health() knows from the start
    store->health_.watch("postgres", [&of = *store] { return of.take().has_value(); });
    return store;
}

Result<PostgresMetricsStore::Lease> PostgresMetricsStore::take() {
    std::unique_ptr<Connection> connection;
    {
        const std::lock_guard lock(mutex_);
        if (out_ >= options_.max_connections) {
            return fail(ErrorCode::Unavailable, "cannot use metrics store", "PostgreSQL",
                        "too many questions at one moment; ask again");
        }
        ++out_;
        while (!connection && !idle_.empty()) {
            connection = std::move(idle_.back());
            idle_.pop_back();
            if (!connection->session->is_alive()) connection.reset();  // the server was restarted
        }
    }
    if (connection) return Lease(*this, std::move(connection));
    auto connected = connect();
    if (connected) return Lease(*this, std::make_unique<Connection>(*std::move(connected)));
    const std::lock_guard lock(mutex_);
    --out_;
    return std::unexpected(std::move(connected).error());
}

Result<std::unique_ptr<sql::PgSession>> PostgresMetricsStore::connect() {
    auto connected = try_connect();
    health_.asked(failure_of(connected));
    if (connected) {
        const std::lock_guard lock(mutex_);
        is_prepared_ = true;
    }
    return connected;
}

Result<std::unique_ptr<sql::PgSession>> PostgresMetricsStore::try_connect() {
    ASSIGN_OR_RETURN(auto session, sql::PgSession::open(options_.url, kOfMetrics));
    {
        const std::lock_guard lock(mutex_);
        if (is_prepared_) return session;
    }
    RETURN_IF_ERROR(options_.only_reads ? check_schema(*session) : prepare_schema(*session));
    return session;
}

void PostgresMetricsStore::give_back(std::unique_ptr<Connection> connection) {
    connection->session->roll_back();
    const std::lock_guard lock(mutex_);
    --out_;
    if (connection->session->is_idle()) idle_.push_back(std::move(connection));
}

Result<PostgresMetricsStore::Known> PostgresMetricsStore::look(sql::PgSession& session) {
    Known known;
    {
        const std::lock_guard lock(mutex_);
        known = catalog_;
    }
    ASSIGN_OR_RETURN(known, newest_catalog(session, std::move(known)));
    keep(known);
    return known;
}

void PostgresMetricsStore::keep(Known catalog) {
    const std::lock_guard lock(mutex_);
    if (catalog->change > catalog_->change) catalog_ = std::move(catalog);
}

template <typename Change>
auto PostgresMetricsStore::change(Change change)
    -> decltype(change(std::declval<Connection&>(), std::declval<const Known&>())) {
    if (options_.only_reads) {
        return fail(ErrorCode::Unavailable, "cannot change metrics", "PostgreSQL",
                    "another process writes them");
    }
    const auto run =
        [&]() -> decltype(change(std::declval<Connection&>(), std::declval<const Known&>())) {
        ASSIGN_OR_RETURN(Lease lease, take());
        ASSIGN_OR_RETURN(const Known known, look(*lease.connection().session));
        return change(lease.connection(), known);
    };
    auto done = run();
    health_.changed(failure_of(done));
    return done;
}

template <typename Work>
auto PostgresMetricsStore::read(Work work) -> decltype(work(std::declval<Reading&>())) {
    ASSIGN_OR_RETURN(Reading reading, Reading::begin(*this));
    return work(reading);
}

Result<std::vector<fold::View>> PostgresMetricsStore::change_views(const PlanViews& plan) {
    return change(
        [&](Connection& connection, const Known& known) -> Result<std::vector<fold::View>> {
            ASSIGN_OR_RETURN(Changed changed,
                             metrics_store::change_views(*connection.session, known, plan));
            keep(std::move(changed.catalog));
            return std::move(changed.views);
        });
}

Result<Progress> PostgresMetricsStore::progress(PartitionId partition) {
    return read([&](Reading& reading) { return read_progress(reading.session(), partition); });
}

Result<std::vector<fold::RepeatPiece>> PostgresMetricsStore::repeat_pieces(PartitionId partition) {
    return read([&](Reading& reading) { return read_repeat_pieces(reading.session(), partition); });
}

Result<std::vector<fold::StoredCell>> PostgresMetricsStore::load(
    fold::ViewId view, PartitionId partition, std::span<const fold::CellKey> keys) {
    return read([&](Reading& reading) {
        return read_cells(reading.session(), reading.catalog(), view, partition, keys);
    });
}

Result<std::vector<fold::Labels>> PostgresMetricsStore::labels_of(
    fold::ViewId view, PartitionId partition, std::span<const calendar::BucketKey> hours) {
    return read([&](Reading& reading) {
        return read_labels_of(reading.session(), reading.catalog(), view, partition, hours);
    });
}

Result<void> PostgresMetricsStore::commit(const fold::Commit& commit) {
    return change([&](Connection& connection, const Known& known) {
        return connection.writer.commit(*known, commit);
    });
}

Result<void> PostgresMetricsStore::settle(const Build& build) {
    return change([&](Connection& connection, const Known& known) {
        return connection.writer.settle(*known, build);
    });
}

Result<int64_t> PostgresMetricsStore::settle_all(std::span<const Build> builds) {
    return change([&](Connection& connection, const Known& known) {
        return connection.writer.settle_all(*known, builds);
    });
}

Result<void> PostgresMetricsStore::retire(fold::ViewId view,
                                          std::span<const calendar::BucketKey> hours) {
    return change([&](Connection& connection, const Known& known) {
        return connection.writer.retire(*known, view, hours);
    });
}

Result<void> PostgresMetricsStore::forget(fold::ViewId view, calendar::Grain grain,
                                          std::span<const calendar::BucketKey> buckets) {
    return change([&](Connection& connection, const Known& known) {
        return connection.writer.forget(*known, view, grain, buckets);
    });
}

Result<bool> PostgresMetricsStore::clear_some(fold::ViewId view) {
    return change([&](Connection& connection, const Known& known) {
        return connection.writer.clear_some(*known, view);
    });
}

Result<std::unique_ptr<Snapshot>> PostgresMetricsStore::snapshot() {
    ASSIGN_OR_RETURN(Reading reading, Reading::begin(*this));
    return std::make_unique<PgSnapshot>(std::move(reading));
}

Result<void> PostgresMetricsStore::health() {
    return health_.what();
}

}  // namespace clickmill::metrics_store
