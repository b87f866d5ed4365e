// The metrics store for warehouse scale: a database of a ClickHouse server (24 or newer), over its
// HTTP interface. It has no transactions: a commit writes ledger and marks, then rows, then
// positions, and whatever of it is missing, late or repeated changes no number (design section 5).
// A question's parts are each of the newest moment (snapshot.h says why that is enough).
#pragma once

#include "metrics_store/clickhouse/client.h"
#include "metrics_store/clickhouse/tables.h"
#include "metrics_store/clickhouse/writer.h"
#include "metrics_store/metrics_store.h"
#include "metrics_store/server_health.h"

#include <chrono>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

namespace clickmill::metrics_store {

struct ClickHouseOptions {
    std::string url;  // parse_clickhouse_url()
    std::string cluster;
    bool only_reads = false;  // makes no tables, and refuses changes
    // Builds that no header names are deleted when they are this old, well above what it takes to
    // write one.
    std::chrono::seconds keeps_old_builds{3'600};
};

// Any thread.
class ClickHouseMetricsStore final : public MetricsStore {
public:
    // A server that is away is no error here. InvalidInput: the url is none.
    static Result<std::unique_ptr<ClickHouseMetricsStore>> open(ClickHouseOptions options);
    ~ClickHouseMetricsStore() override;

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
    using Known = std::shared_ptr<const Catalog>;  // what is declared
    class ChSnapshot;

    ClickHouseMetricsStore(ClickHouseOptions options, ChAddress address);
    // The tables are there; what is declared, by others as of a second ago.
    Result<Known> look();
    Result<Known> look_anew();
    void keep(Known catalog);
    Result<void> prepare();
    template <typename Work>
    auto change(Work work) -> decltype(work(std::declval<const Catalog&>()));

    const ClickHouseOptions options_;
    const ChLayout layout_;
    ChClient client_;
    ChWriter writer_{client_, layout_, options_.keeps_old_builds};
    std::mutex mutex_;  // guards what follows
    bool is_prepared_ = false;
    Known catalog_;                                   // as of the last look
    std::chrono::steady_clock::time_point looked_{};  // when that was
    ServerHealth health_;                             // last: its thread looks
};

}  // namespace clickmill::metrics_store
