// What the settler and the query API read: one transaction of one reader.
#pragma once

#include "metrics_store/sqlite/database.h"

namespace clickmill::metrics_store {

// One thread.
class SqliteMetricsStore::SqliteSnapshot final : public Snapshot {
public:
    SqliteSnapshot(SqliteMetricsStore& store, Reading reading)
        : store_(store), reading_(std::move(reading)) {}

    Result<std::vector<fold::View>> views() override;
    Result<std::vector<fold::Ledger>> ledgers() override;
    Result<std::vector<PartitionPosition>> positions(fold::ViewId view) override;
    Result<std::vector<PartitionMark>> marks(fold::ViewId view, BucketRange hours) override;
    Result<std::vector<Header>> headers(fold::ViewId view, calendar::Grain grain,
                                        BucketRange buckets) override;
    Result<RowsAnswer> rows(const RowsQuestion& question) override;
    Result<std::vector<SettledRow>> bucket_rows(fold::ViewId view, bool is_live,
                                                calendar::Grain grain,
                                                calendar::BucketKey bucket) override;

private:
    // Passes an answer on; a damaged file is set aside first.
    template <typename Value>
    Result<Value> checked(Result<Value> answer);

    SqliteMetricsStore& store_;
    Reading reading_;
};

// A partition's ledgers as stored; all of them, or one.
Result<std::vector<fold::Ledger>> read_ledgers(Session& session,
                                               std::optional<PartitionId> only = std::nullopt);
Result<RowsAnswer> read_rows(Session& session, const Catalog& catalog,
                             const RowsQuestion& question);
Result<std::vector<SettledRow>> read_bucket(Session& session, const Catalog& catalog,
                                            const RowsQuestion& of);

}  // namespace clickmill::metrics_store
