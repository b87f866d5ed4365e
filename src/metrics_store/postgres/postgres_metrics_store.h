// The metrics store that several processes and analysts share: a schema of a PostgreSQL database
// (docs/reference/metrics-schema.md). A pool of connections, made when they are needed; a server
// that is away or restarts is met with Unavailable until it is back.
//
// Every change is one transaction. A commit that does not go on from the stored position is
// refused, and commits of one partition wait for each other (advisory locks), so of two processes
// that both think that a partition is theirs one gets Conflict.
#pragma once

#include "metrics_store/metrics_store.h"
#include "metrics_store/server_health.h"
#include "metrics_store/sql/writer.h"
#include "sql/postgres_session.h"

#include <memory>
#include <mutex>
#include <string>
#include <vector>

namespace clickmill::metrics_store {

inline constexpr sql::PgPurpose kOfMetrics{"metrics store", "metrics_store.url"};

struct PostgresOptions {
    std::string url;              // postgresql://user:password@host:port/database?..., or key=value
    size_t max_connections = 32;  // at one moment; more questions get Unavailable
    bool only_reads = false;      // makes no tables, and refuses changes
};

// Any thread.
class PostgresMetricsStore final : public MetricsStore {
public:
    // A server that is away is no error here. InvalidInput: this is no url that libpq understands.
    static Result<std::unique_ptr<PostgresMetricsStore>> open(PostgresOptions options);
    ~PostgresMetricsStore() override;

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

private:
    // Any of them may write: what its writer knows of the tables stays true (Writer).
    struct Connection {
        explicit Connection(std::unique_ptr<sql::PgSession> opened)
            : session(std::move(opened)), writer(*session) {}
        std::unique_ptr<sql::PgSession> session;
        Writer writer;
    };
    using Known = std::shared_ptr<const Catalog>;  // what is declared
    class Lease;
    class Reading;
    class PgSnapshot;

    explicit PostgresMetricsStore(PostgresOptions options);
    Result<Lease> take();
    void give_back(std::unique_ptr<Connection> connection);
    Result<std::unique_ptr<sql::PgSession>> connect();
    Result<std::unique_ptr<sql::PgSession>> try_connect();
    // What is declared now, by whomever.
    Result<Known> look(sql::PgSession& session);
    void keep(Known catalog);
    // Runs a change, and remembers whether it could be stored.
    template <typename Change>
    auto change(Change change)
        -> decltype(change(std::declval<Connection&>(), std::declval<const Known&>()));
    template <typename Work>
    auto read(Work work) -> decltype(work(std::declval<Reading&>()));

    const PostgresOptions options_;
    mutable std::mutex mutex_;  // guards what follows
    std::vector<std::unique_ptr<Connection>> idle_;
    size_t out_ = 0;
    bool is_prepared_ = false;  // the tables are there, and of our version
    Known catalog_ = std::make_shared<const Catalog>();
    ServerHealth health_;  // last: its thread connects
};

}  // namespace clickmill::metrics_store
