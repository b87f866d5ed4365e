#include "aggregator/store_answers.h"

#include <algorithm>

namespace clickmill::aggregator {

Result<void> provide_days(fold::PartitionFold& fold, metrics_store::MetricsStore& store,
                          PartitionId partition) {
    for (const fold::MissingDay& missing : fold.missing_days()) {
        ASSIGN_OR_RETURN(const std::vector<fold::Labels> stored,
                         store.labels_of(missing.view, partition, missing.hours));
        fold.provide_day(missing.view, missing.day, stored);
    }
    return {};
}

Result<void> provide_cells(fold::PartitionFold& fold, metrics_store::MetricsStore& store,
                           PartitionId partition) {
    for (auto& [id, view] : fold.views()) {
        const std::vector<fold::CellKey> keys = view.missing_cells();
        if (keys.empty()) continue;
        ASSIGN_OR_RETURN(const std::vector<fold::StoredCell> stored,
                         store.load(id, partition, keys));
        RETURN_IF_ERROR(view.provide_cells(stored));
    }
    return {};
}

fold::Position position_of(const metrics_store::Progress& progress, fold::ViewId view) {
    const auto stored =
        std::ranges::find(progress.views, view, &std::pair<fold::ViewId, fold::Position>::first);
    return stored == progress.views.end() ? fold::Position{} : stored->second;
}

Result<Offset> next_to_fold(metrics_store::MetricsStore& store, PartitionId partition) {
    ASSIGN_OR_RETURN(const metrics_store::Progress progress, store.progress(partition));
    if (!progress.has_ledger) return Offset{};
    ASSIGN_OR_RETURN(const auto snapshot, store.snapshot());
    ASSIGN_OR_RETURN(const std::vector<fold::View> views, snapshot->views());
    Offset next = progress.ledger.through;
    for (const fold::View& view : views) {
        if (view.state == fold::ViewState::Current)
            next = std::min(next, position_of(progress, view.id).through);
    }
    return next;
}

bool is_near(fold::ViewId view, const metrics_store::Progress& progress, int64_t within) {
    const Offset through = position_of(progress, view).through;
    return progress.ledger.through.value - through.value <= within;
}

}  // namespace clickmill::aggregator
