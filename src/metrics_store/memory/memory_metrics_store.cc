#include "metrics_store/memory/memory_metrics_store.h"

#include "metrics_store/header_rules.h"

#include <algorithm>
#include <optional>
#include <set>

namespace clickmill::metrics_store {
namespace {

// Writes `value` unless a row that is complete further is there.
template <typename Map, typename Key, typename Value>
void keep_higher(Map& map, const Key& key, Value value) {
    const auto [at, is_new] = map.try_emplace(key, value);
    if (!is_new && at->second.through < value.through) at->second = std::move(value);
}

void put(MemoryState& state, const fold::Ledger& ledger) {
    const auto [at, is_new] = state.ledgers.try_emplace(ledger.partition, ledger);
    const auto age = [](const fold::Ledger& l) { return std::pair(l.through, l.complete_through); };
    if (!is_new && age(at->second) <= age(ledger)) at->second = ledger;
}

void put(MemoryState& state, PartitionId partition, const fold::RepeatPiece& piece) {
    const auto [at, is_new] = state.pieces.try_emplace({partition, piece.first}, piece);
    if (!is_new && at->second.next < piece.next) at->second = piece;
}

void drop_pieces(MemoryState& state, PartitionId partition, Offset from) {
    std::erase_if(state.pieces, [&](const auto& entry) {
        return entry.first.first == partition && entry.second.next <= from;
    });
}

void put(MemoryState& state, fold::ViewId view, PartitionId partition,
         const fold::Position& position) {
    fold::Position& stored = state.positions[{view, partition}];
    stored.through = std::max(stored.through, position.through);
    stored.newest_hour = std::max(stored.newest_hour, position.newest_hour);
    stored.complete_through = std::max(stored.complete_through, position.complete_through);
}

}  // namespace

Result<std::vector<fold::View>> MemoryMetricsStore::change_views(const PlanViews& ask) {
    const std::lock_guard lock(mutex_);
    ASSIGN_OR_RETURN(const ViewPlan plan, ask(state_.views));
    for (fold::View view : plan.added) {
        view.id.value = static_cast<int32_t>(state_.views.size()) + 1;
        state_.views.push_back(std::move(view));
    }
    for (const fold::View& view : plan.changed)
        *std::ranges::find(state_.views, view.id, &fold::View::id) = view;
    return as_stored(plan, state_.views);
}

Result<Progress> MemoryMetricsStore::progress(PartitionId partition) {
    const std::lock_guard lock(mutex_);
    Progress progress;
    if (const auto ledger = state_.ledgers.find(partition); ledger != state_.ledgers.end()) {
        progress.has_ledger = true;
        progress.ledger = ledger->second;
    }
    for (const auto& [key, position] : state_.positions) {
        if (key.second == partition) progress.views.emplace_back(key.first, position);
    }
    return progress;
}

Result<std::vector<fold::RepeatPiece>> MemoryMetricsStore::repeat_pieces(PartitionId partition) {
    const std::lock_guard lock(mutex_);
    std::vector<fold::RepeatPiece> found;
    for (const auto& [key, piece] : state_.pieces) {
        if (key.first == partition) found.push_back(piece);
    }
    return found;
}

Result<std::vector<fold::StoredCell>> MemoryMetricsStore::load(
    fold::ViewId view, PartitionId partition, std::span<const fold::CellKey> keys) {
    const std::lock_guard lock(mutex_);
    std::vector<fold::StoredCell> cells;
    cells.reserve(keys.size());
    for (const fold::CellKey& key : keys) {
        fold::StoredCell& cell = cells.emplace_back();
        const LiveKey live{view, key, partition};
        if (const auto row = state_.rows.find(live); row != state_.rows.end()) {
            cell.clicks = row->second.clicks;
            cell.clicks_through = row->second.through;
        }
        if (const auto row = state_.sketches.find(live); row != state_.sketches.end()) {
            cell.sketch = row->second.sketch;
            cell.sketch_through = row->second.through;
        }
    }
    return cells;
}

Result<std::vector<fold::Labels>> MemoryMetricsStore::labels_of(
    fold::ViewId view, PartitionId partition, std::span<const calendar::BucketKey> hours) {
    const std::lock_guard lock(mutex_);
    std::set<fold::Labels> labels;
    const auto gather = [&](const auto& rows) {
        for (const auto& [key, row] : rows) {
            if (std::get<2>(key) == partition) labels.insert(std::get<1>(key).labels);
        }
    };
    for (const calendar::BucketKey hour : hours) {
        gather(of_hour(state_.rows, view, hour));
        gather(of_hour(state_.sketches, view, hour));
    }
    return std::vector<fold::Labels>(labels.begin(), labels.end());
}

Result<void> MemoryMetricsStore::check_known(fold::ViewId id) const {
    const bool is_known =
        std::any_of(state_.views.begin(), state_.views.end(), [&](const fold::View& view) {
            return view.id == id && view.state != fold::ViewState::Gone;
        });
    if (is_known) return {};
    return fail(ErrorCode::NotFound, "cannot use view", std::to_string(id.value),
                "no such view is declared here; declare it again");
}

Result<void> MemoryMetricsStore::check_from(const fold::Commit& commit) const {
    for (const fold::ViewChanges& changes : commit.views) {
        RETURN_IF_ERROR(check_known(changes.view));
        const auto stored = state_.positions.find({changes.view, commit.ledger.partition});
        const Offset through = stored == state_.positions.end() ? Offset{} : stored->second.through;
        if (through != changes.from) {
            return fail(ErrorCode::Conflict, "cannot commit",
                        "view " + std::to_string(changes.view.value) + " at offset " +
                            std::to_string(through.value),
                        "the commit goes on from offset " + std::to_string(changes.from.value) +
                            "; read progress again");
        }
    }
    return {};
}

Result<void> MemoryMetricsStore::commit(const fold::Commit& commit) {
    const auto shared = std::make_shared<const fold::Commit>(commit);
    const std::lock_guard lock(mutex_);
    RETURN_IF_ERROR(check_from(commit));
    for (const Write& write : writes_of(shared)) write(state_);
    return {};
}

std::vector<std::function<void()>> MemoryMetricsStore::commit_steps(fold::Commit commit,
                                                                    bool fenced) {
    const auto shared = std::make_shared<const fold::Commit>(std::move(commit));
    const auto is_refused = std::make_shared<bool>(false);
    std::vector<std::function<void()>> steps;
    if (fenced) {
        steps.emplace_back([this, shared, is_refused] {
            const std::lock_guard lock(mutex_);
            *is_refused = !check_from(*shared);
        });
    }
    for (Write& write : writes_of(shared)) {
        steps.emplace_back([this, is_refused, write = std::move(write)] {
            const std::lock_guard lock(mutex_);
            if (!*is_refused) write(state_);
        });
    }
    return steps;
}

// Each write keeps the commit alive, as it may run long after the caller has gone.
std::vector<MemoryMetricsStore::Write> MemoryMetricsStore::writes_of(
    const std::shared_ptr<const fold::Commit>& commit) {
    std::vector<Write> writes;
    const PartitionId partition = commit->ledger.partition;
    writes.emplace_back([commit](MemoryState& state) { put(state, commit->ledger); });
    for (const fold::RepeatPiece& piece : commit->pieces) {
        writes.emplace_back(
            [commit, &piece, partition](MemoryState& state) { put(state, partition, piece); });
    }
    if (!commit->pieces.empty()) {
        writes.emplace_back([commit, partition](MemoryState& state) {
            drop_pieces(state, partition, commit->pieces_from);
        });
    }
    for (const fold::ViewChanges& view : commit->views) {
        for (const fold::Mark& mark : view.marks) {
            writes.emplace_back([commit, &view, &mark, partition](MemoryState& state) {
                Offset& touched = state.marks[{view.view, mark.hour, partition}];
                touched = std::max(touched, mark.touched);
            });
        }
    }
    for (const fold::ViewChanges& view : commit->views) {
        for (const fold::LiveRow& row : view.rows) {
            writes.emplace_back([commit, &view, &row, partition](MemoryState& state) {
                keep_higher(state.rows, LiveKey{view.view, row.key, partition},
                            LiveClicks{row.clicks, view.position.through});
            });
        }
        for (const fold::LiveSketch& sketch : view.sketches) {
            writes.emplace_back([commit, &view, &sketch, partition](MemoryState& state) {
                keep_higher(state.sketches, LiveKey{view.view, sketch.key, partition},
                            LiveUsers{sketch.sketch, view.position.through});
            });
        }
    }
    for (const fold::ViewChanges& view : commit->views) {
        writes.emplace_back([commit, &view, partition](MemoryState& state) {
            put(state, view.view, partition, view.position);
        });
    }
    return writes;
}

Result<void> MemoryMetricsStore::settle(const Build& build) {
    const auto shared = std::make_shared<Build>(build);
    const std::lock_guard lock(mutex_);
    RETURN_IF_ERROR(check_known(build.view));
    const auto stored = state_.headers.find({build.view, build.header.grain, build.header.bucket});
    if (stored != state_.headers.end()) RETURN_IF_ERROR(may_replace(stored->second, build.header));
    for (const Write& write : writes_of(shared)) write(state_);
    return {};
}

Result<int64_t> MemoryMetricsStore::settle_all(std::span<const Build> builds) {
    int64_t stored = 0;
    for (const Build& build : builds) {
        const Result<void> done = settle(build);
        if (!done && done.error().code != ErrorCode::Conflict) return std::unexpected(done.error());
        if (done) ++stored;
    }
    return stored;
}

std::vector<std::function<void()>> MemoryMetricsStore::settle_steps(Build build) {
    std::vector<std::function<void()>> steps;
    for (Write& write : writes_of(std::make_shared<Build>(std::move(build)))) {
        steps.emplace_back([this, write = std::move(write)] {
            const std::lock_guard lock(mutex_);
            write(state_);
        });
    }
    return steps;
}

std::vector<MemoryMetricsStore::Write> MemoryMetricsStore::writes_of(
    const std::shared_ptr<Build>& build) {
    const BucketId bucket{build->view, build->header.grain, build->header.bucket};
    const auto write_rows = [build, bucket](MemoryState& state) {
        build->header.build = ++state.last_build;
        state.builds[{bucket, build->header.build}] = build->rows;
    };
    const auto write_header = [build, bucket](MemoryState& state) {
        const auto stored = state.headers.find(bucket);
        if (stored != state.headers.end()) {
            if (!may_replace(stored->second, build->header)) return;
            state.builds.erase({bucket, stored->second.build});
        }
        state.headers[bucket] = build->header;
    };
    return {write_rows, write_header};
}

Result<void> MemoryMetricsStore::retire(fold::ViewId view,
                                        std::span<const calendar::BucketKey> hours) {
    const std::lock_guard lock(mutex_);
    RETURN_IF_ERROR(check_known(view));
    for (const calendar::BucketKey hour : hours) {
        const auto header = state_.headers.find({view, calendar::Grain::Hour, hour});
        if (header == state_.headers.end() || !counts(state_, view, header->second)) continue;
        header->second.is_live_gone = true;
        const auto rows = of_hour(state_.rows, view, hour);
        state_.rows.erase(rows.begin(), rows.end());
        const auto sketches = of_hour(state_.sketches, view, hour);
        state_.sketches.erase(sketches.begin(), sketches.end());
    }
    return {};
}

Result<void> MemoryMetricsStore::forget(fold::ViewId view, calendar::Grain grain,
                                        std::span<const calendar::BucketKey> buckets) {
    const std::lock_guard lock(mutex_);
    RETURN_IF_ERROR(check_known(view));
    for (const calendar::BucketKey bucket : buckets) {
        const BucketId id{view, grain, bucket};
        const auto found = state_.headers.find(id);
        if (found == state_.headers.end()) continue;
        Header& header = found->second;
        if (grain == calendar::Grain::Hour && !header.is_live_gone) continue;
        header.is_forgotten = true;
        state_.builds.erase({id, header.build});
    }
    return {};
}

// Reads its own copy of the state, or the store's own at each call.
class MemoryMetricsStore::MemorySnapshot final : public Snapshot {
public:
    explicit MemorySnapshot(MemoryMetricsStore& store) : store_(store) {
        const std::lock_guard lock(store_.mutex_);
        if (store_.options_.has_snapshots) copy_ = store_.state_;
    }

    Result<std::vector<fold::View>> views() override {
        return read([](const MemoryState& state) {
            std::vector<fold::View> views = state.views;
            std::erase_if(views,
                          [](const auto& view) { return view.state == fold::ViewState::Gone; });
            return views;
        });
    }

    Result<std::vector<fold::Ledger>> ledgers() override {
        return read([](const MemoryState& state) {
            std::vector<fold::Ledger> found;
            found.reserve(state.ledgers.size());
            for (const auto& [partition, ledger] : state.ledgers) found.push_back(ledger);
            return found;
        });
    }

    Result<std::vector<PartitionPosition>> positions(fold::ViewId view) override {
        return read([&](const MemoryState& state) {
            std::vector<PartitionPosition> found;
            for (const auto& [key, position] : state.positions) {
                if (key.first == view) found.push_back({key.second, position});
            }
            return found;
        });
    }

    Result<std::vector<PartitionMark>> marks(fold::ViewId view, BucketRange hours) override {
        return read([&](const MemoryState& state) {
            std::vector<PartitionMark> found;
            auto mark = state.marks.lower_bound({view, hours.first, PartitionId{}});
            for (; mark != state.marks.end(); ++mark) {
                const auto& [mark_view, hour, partition] = mark->first;
                if (mark_view != view || hour > hours.last) break;
                found.push_back({partition, hour, mark->second});
            }
            return found;
        });
    }

    Result<std::vector<Header>> headers(fold::ViewId view, calendar::Grain grain,
                                        BucketRange buckets) override {
        return read([&](const MemoryState& state) {
            std::vector<Header> found;
            auto header = state.headers.lower_bound({view, grain, buckets.first});
            for (; header != state.headers.end(); ++header) {
                const auto& [header_view, header_grain, bucket] = header->first;
                if (header_view != view || header_grain != grain || bucket > buckets.last) break;
                found.push_back(header->second);
            }
            return found;
        });
    }

    Result<RowsAnswer> rows(const RowsQuestion& question) override {
        return read([&](const MemoryState& state) { return answer(state, question); });
    }

    Result<std::vector<SettledRow>> bucket_rows(fold::ViewId view, bool is_live,
                                                calendar::Grain grain,
                                                calendar::BucketKey bucket) override {
        return read([&](const MemoryState& state) {
            return metrics_store::bucket_rows(state, view, is_live, grain, bucket);
        });
    }

private:
    template <typename Reading>
    auto read(Reading reading) -> decltype(reading(std::declval<const MemoryState&>())) {
        if (copy_) return reading(*copy_);
        const std::lock_guard lock(store_.mutex_);
        return reading(store_.state_);
    }

    MemoryMetricsStore& store_;
    std::optional<MemoryState> copy_;
};

Result<bool> MemoryMetricsStore::clear_some(fold::ViewId id) {
    const std::lock_guard lock(mutex_);
    RETURN_IF_ERROR(check_known(id));
    fold::View& view = *std::ranges::find(state_.views, id, &fold::View::id);
    RETURN_IF_ERROR(require_dropped(view));
    const auto is_of_view = [&](const auto& entry) { return std::get<0>(entry.first) == id; };
    std::erase_if(state_.positions, is_of_view);
    std::erase_if(state_.marks, is_of_view);
    std::erase_if(state_.rows, is_of_view);
    std::erase_if(state_.sketches, is_of_view);
    std::erase_if(state_.headers, is_of_view);
    std::erase_if(state_.builds,
                  [&](const auto& entry) { return std::get<0>(entry.first.first) == id; });
    view.state = fold::ViewState::Gone;
    return false;
}

Result<std::unique_ptr<Snapshot>> MemoryMetricsStore::snapshot() {
    return std::make_unique<MemorySnapshot>(*this);
}

}  // namespace clickmill::metrics_store
