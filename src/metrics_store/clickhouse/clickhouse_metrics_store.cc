#include "metrics_store/clickhouse/clickhouse_metrics_store.h"

#include "metrics_store/clickhouse/catalog.h"
#include "metrics_store/clickhouse/reads.h"
#include "metrics_store/clickhouse/session.h"
#include "metrics_store/sql/reads.h"
#include "metrics_store/sql/sql_snapshot.h"

#include <algorithm>
#include <chrono>
#include <tuple>
#include <utility>

namespace clickmill::metrics_store {
namespace {

constexpr std::chrono::seconds kLookAnew{1};

}  // namespace

class ClickHouseMetricsStore::ChSnapshot final : public SqlSnapshot {
public:
    ChSnapshot(ChClient& client, Known catalog)
        : SqlSnapshot(session_, *catalog), client_(client), catalog_(std::move(catalog)) {}

    Result<std::vector<fold::Ledger>> ledgers() override { return read_ch_ledgers(client_); }

private:
    ChClient& client_;
    ChReadSession session_{client_};
    Known catalog_;
};

ClickHouseMetricsStore::ClickHouseMetricsStore(ClickHouseOptions options, ChAddress address)
    : options_(std::move(options)),
      layout_{options_.cluster},
      client_(std::move(address), {.is_cluster = layout_.is_cluster()}) {}

ClickHouseMetricsStore::~ClickHouseMetricsStore() = default;

Result<std::unique_ptr<ClickHouseMetricsStore>> ClickHouseMetricsStore::open(
    ClickHouseOptions options) {
    ASSIGN_OR_RETURN(ChAddress address, parse_clickhouse_url(options.url));
    std::unique_ptr<ClickHouseMetricsStore> store(
        new ClickHouseMetricsStore(std::move(options), std::move(address)));
    std::ignore = store->look();  // health() knows from the start
    store->health_.watch("clickhouse", [&of = *store] { return of.look_anew().has_value(); });
    return store;
}

Result<void> ClickHouseMetricsStore::prepare() {
    {
        const std::lock_guard lock(mutex_);
        if (is_prepared_) return {};
    }
    RETURN_IF_ERROR(options_.only_reads ? check_ch_schema(client_)
                                        : prepare_ch_schema(client_, layout_));
    const std::lock_guard lock(mutex_);
    is_prepared_ = true;
    return {};
}

Result<ClickHouseMetricsStore::Known> ClickHouseMetricsStore::look() {
    {
        const std::lock_guard lock(mutex_);
        if (catalog_ && std::chrono::steady_clock::now() - looked_ < kLookAnew) return catalog_;
    }
    return look_anew();
}

Result<ClickHouseMetricsStore::Known> ClickHouseMetricsStore::look_anew() {
    const auto read = [&]() -> Result<Known> {
        RETURN_IF_ERROR(prepare());
        ASSIGN_OR_RETURN(Catalog catalog, load_ch_catalog(client_));
        return std::make_shared<const Catalog>(std::move(catalog));
    };
    auto known = read();
    if (known) keep(*known);
    health_.asked(failure_of(known));
    return known;
}

void ClickHouseMetricsStore::keep(Known catalog) {
    const std::lock_guard lock(mutex_);
    if (catalog_ && catalog->change < catalog_->change) return;
    catalog_ = std::move(catalog);
    looked_ = std::chrono::steady_clock::now();
}

template <typename Work>
auto ClickHouseMetricsStore::change(Work work) -> decltype(work(std::declval<const Catalog&>())) {
    if (options_.only_reads) {
        return fail(ErrorCode::Unavailable, "cannot change metrics", "ClickHouse",
                    "another process writes them");
    }
    const auto run = [&]() -> decltype(work(std::declval<const Catalog&>())) {
        ASSIGN_OR_RETURN(const Known known, look());
        return work(*known);
    };
    auto done = run();
    health_.changed(failure_of(done));
    return done;
}

Result<std::vector<fold::View>> ClickHouseMetricsStore::change_views(const PlanViews& plan) {
    return change([&](const Catalog&) -> Result<std::vector<fold::View>> {
        ASSIGN_OR_RETURN(Changed changed, change_ch_views(client_, layout_, plan));
        keep(std::move(changed.catalog));
        return std::move(changed.views);
    });
}

Result<Progress> ClickHouseMetricsStore::progress(PartitionId partition) {
    RETURN_IF_ERROR(prepare());
    return read_ch_progress(client_, partition);
}

Result<std::vector<fold::RepeatPiece>> ClickHouseMetricsStore::repeat_pieces(
    PartitionId partition) {
    RETURN_IF_ERROR(prepare());
    ChReadSession session(client_);
    return read_repeat_pieces(session, partition);
}

Result<std::vector<fold::StoredCell>> ClickHouseMetricsStore::load(
    fold::ViewId view, PartitionId partition, std::span<const fold::CellKey> keys) {
    ASSIGN_OR_RETURN(const Known known, look());
    const StoredView* stored = known->find(view);
    if (!stored) return std::vector<fold::StoredCell>(keys.size());
    return read_ch_cells(client_, *stored, partition, keys);
}

Result<std::vector<fold::Labels>> ClickHouseMetricsStore::labels_of(
    fold::ViewId view, PartitionId partition, std::span<const calendar::BucketKey> hours) {
    ASSIGN_OR_RETURN(const Known known, look());
    ChReadSession session(client_);
    return read_labels_of(session, *known, view, partition, hours);
}

Result<void> ClickHouseMetricsStore::commit(const fold::Commit& commit) {
    return change([&](const Catalog& catalog) { return writer_.commit(catalog, commit); });
}

Result<void> ClickHouseMetricsStore::settle(const Build& build) {
    return change([&](const Catalog& catalog) { return writer_.settle(catalog, build); });
}

Result<int64_t> ClickHouseMetricsStore::settle_all(std::span<const Build> builds) {
    return change([&](const Catalog& catalog) { return writer_.settle_all(catalog, builds); });
}

Result<void> ClickHouseMetricsStore::retire(fold::ViewId view,
                                            std::span<const calendar::BucketKey> hours) {
    return change([&](const Catalog& catalog) { return writer_.retire(catalog, view, hours); });
}

Result<void> ClickHouseMetricsStore::forget(fold::ViewId view, calendar::Grain grain,
                                            std::span<const calendar::BucketKey> buckets) {
    return change(
        [&](const Catalog& catalog) { return writer_.forget(catalog, view, grain, buckets); });
}

Result<bool> ClickHouseMetricsStore::clear_some(fold::ViewId view) {
    return change([&](const Catalog& catalog) -> Result<bool> {
        RETURN_IF_ERROR(writer_.clear(catalog, view));
        ASSIGN_OR_RETURN(Changed changed,
                         change_ch_views(client_, layout_, [&](std::span<const fold::View> stored) {
                             ViewPlan plan;
                             plan.changed = {*std::ranges::find(stored, view, &fold::View::id)};
                             plan.changed.front().state = fold::ViewState::Gone;
                             return plan;
                         }));
        keep(std::move(changed.catalog));
        return false;
    });
}

Result<std::unique_ptr<Snapshot>> ClickHouseMetricsStore::snapshot() {
    ASSIGN_OR_RETURN(Known known, look());
    return std::make_unique<ChSnapshot>(client_, std::move(known));
}

Result<void> ClickHouseMetricsStore::health() {
    return health_.what();
}

}  // namespace clickmill::metrics_store
