// Changes of a SQL store, each one transaction.
#pragma once

#include "fold/rows.h"
#include "metrics_store/snapshot.h"
#include "metrics_store/sql/catalog.h"
#include "metrics_store/sql/labels.h"

#include <map>
#include <span>
#include <string>
#include <vector>

namespace clickmill::metrics_store {

// One thread at a time. Others may write to the same tables.
class Writer {
public:
    explicit Writer(sql::Session& session) : session_(session) {}

    // As MetricsStore.
    Result<void> commit(const Catalog& catalog, const fold::Commit& commit);
    Result<void> settle(const Catalog& catalog, const Build& build);
    Result<int64_t> settle_all(const Catalog& catalog, std::span<const Build> builds);
    Result<void> retire(const Catalog& catalog, fold::ViewId view,
                        std::span<const calendar::BucketKey> hours);
    Result<void> forget(const Catalog& catalog, fold::ViewId view, calendar::Grain grain,
                        std::span<const calendar::BucketKey> buckets);
    Result<bool> clear_some(const Catalog& catalog, fold::ViewId view);

private:
    Result<bool> clear_buckets(const StoredView& stored);
    Result<bool> clear_live(const StoredView& stored);
    Result<void> check_from(const fold::Commit& commit);
    Result<bool> write_ledger(const fold::Ledger& ledger);
    Result<void> write_cuts(const fold::Ledger& ledger);
    Result<void> write_pieces(const fold::Commit& commit);
    Result<void> write_marks(const StoredView& stored, const fold::ViewChanges& changes,
                             PartitionId partition);
    Result<void> write_rows(const StoredView& stored, const fold::ViewChanges& changes,
                            PartitionId partition);
    Result<void> write_position(const fold::ViewChanges& changes, PartitionId partition);
    Result<void> write_hour(const StoredView& stored, calendar::BucketKey hour);
    Result<void> settle_within(const Catalog& catalog, const Build& build);
    Result<void> write_build(const StoredView& stored, const Build& build);
    Result<void> write_header(const Build& build);
    Result<void> delete_settled(const StoredView& stored, calendar::Grain grain,
                                calendar::BucketKey bucket);
    Result<void> delete_live(const StoredView& stored, calendar::BucketKey hour);

    sql::Session& session_;
    std::map<PartitionId, std::vector<fold::SliceCut>> stored_cuts_;  // as far as committed
};

// Whether a change was refused for what it is, so that the next one may well be stored.
bool is_of_the_caller(const Error& error);

}  // namespace clickmill::metrics_store
