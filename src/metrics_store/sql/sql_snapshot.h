// What the settler and the query API read of a SQL store.
#pragma once

#include "metrics_store/snapshot.h"
#include "metrics_store/sql/catalog.h"

namespace clickmill::metrics_store {

// One thread.
class SqlSnapshot : public Snapshot {
public:
    // In a transaction, if any, that whoever derives from this holds; both outlive it.
    SqlSnapshot(sql::ReadSession& session, const Catalog& catalog)
        : session_(session), catalog_(catalog) {}

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

protected:
    // An answer's error on its way to whoever asked.
    virtual Error noticed(Error error) { return error; }

private:
    template <typename Value>
    Result<Value> checked(Result<Value> answer);

    sql::ReadSession& session_;
    const Catalog& catalog_;
};

}  // namespace clickmill::metrics_store
