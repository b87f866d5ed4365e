// Changes of a ClickHouse store: inserts one after the other, each of which may come late, again or
// not at all (design section 5; src/metrics_store/metrics_store.h says in which order).
#pragma once

#include "fold/rows.h"
#include "metrics_store/clickhouse/client.h"
#include "metrics_store/clickhouse/row_binary.h"
#include "metrics_store/clickhouse/tables.h"
#include "metrics_store/snapshot.h"
#include "metrics_store/sql/catalog.h"

#include <chrono>
#include <initializer_list>
#include <map>
#include <mutex>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <tuple>
#include <utility>
#include <vector>

namespace clickmill::metrics_store {

// Any thread.
class ChWriter {
public:
    ChWriter(ChClient& client, ChLayout layout, std::chrono::seconds keeps_old_builds)
        : client_(client), layout_(std::move(layout)), keeps_old_builds_(keeps_old_builds) {}

    // As MetricsStore.
    Result<void> commit(const Catalog& catalog, const fold::Commit& commit);
    Result<void> settle(const Catalog& catalog, const Build& build);
    Result<int64_t> settle_all(const Catalog& catalog, std::span<const Build> builds);
    Result<void> retire(const Catalog& catalog, fold::ViewId view,
                        std::span<const calendar::BucketKey> hours);
    Result<void> forget(const Catalog& catalog, fold::ViewId view, calendar::Grain grain,
                        std::span<const calendar::BucketKey> buckets);
    // Deletes everything that is stored of a dropped view.
    Result<void> clear(const Catalog& catalog, fold::ViewId view);

private:
    using BucketId = std::tuple<fold::ViewId, calendar::Grain, calendar::BucketKey>;
    using Headers = std::map<BucketId, Header>;

    Result<void> check_from(const fold::Commit& commit);
    Result<void> write_ledger(const fold::Ledger& ledger);
    Result<void> write_pieces(const fold::Commit& commit);
    Result<void> drop_pieces(const fold::Commit& commit);
    Result<void> write_marks(const fold::Commit& commit);
    Result<void> write_hours(const Catalog& catalog,
                             std::span<const std::pair<fold::ViewId, calendar::BucketKey>> hours);
    Result<void> write_rows(const StoredView& stored, const fold::ViewChanges& changes,
                            PartitionId partition);
    Result<void> write_positions(const fold::Commit& commit);

    // The headers that are stored of the builds' buckets, and perhaps others.
    Result<Headers> headers_before(std::span<const Build> builds);
    Result<void> write_builds(const Catalog& catalog,
                              const std::map<BucketId, const Build*>& builds);
    Result<void> write_build_rows(const StoredView& stored, std::span<const Build* const> builds,
                                  int64_t number);
    // A number above that of every build before, by the server's clock; two at one moment differ.
    Result<int64_t> next_build();
    Result<void> sweep_old_builds(const Catalog& catalog, int64_t build);
    Result<std::vector<Header>> headers_of(fold::ViewId view, calendar::Grain grain,
                                           std::span<const calendar::BucketKey> buckets);
    // Writes the headers, which say it, and deletes the rows of their buckets.
    Result<void> let_go(fold::ViewId view, std::span<const Header> headers,
                        std::string_view bucket_column,
                        std::initializer_list<std::string_view> tables);

    static void append_labels(RowBinaryWriter& rows, const fold::Labels& labels,
                              const StoredView& stored);
    Result<void> insert(std::string_view table, std::string_view columns,
                        const RowBinaryWriter& rows);

    ChClient& client_;
    const ChLayout layout_;
    const std::chrono::seconds keeps_old_builds_;
    std::mutex mutex_;  // guards what follows
    std::set<std::pair<fold::ViewId, calendar::BucketKey>> known_hours_;
    int64_t swept_build_ = 0;  // when old builds were last swept
};

}  // namespace clickmill::metrics_store
