#include "aggregator/partition_folder.h"

#include "aggregator/store_answers.h"
#include "metrics_store/copy.h"

#include <fmt/core.h>

#include <algorithm>

namespace clickmill::aggregator {
namespace {

// A project that nobody knew is asked for again this much later.
constexpr std::chrono::seconds kAskAgain{1};

Result<void> check_identity(PartitionId partition, const fold::Ledger& ledger,
                            const event_log::PartitionState& state, int32_t partition_count) {
    const std::string where = fmt::format("partition {}", partition.value);
    if (ledger.log_id == metrics_store::kUnfinishedCopy) {
        return fail(ErrorCode::Conflict, "the metrics store is a copy that is not complete", where,
                    "start the same 'clickmill store copy' again: it goes on where it was");
    }
    if (ledger.log_id != state.log_id) {
        return fail(ErrorCode::Conflict, "the metrics belong to another event log", where,
                    fmt::format("stored for log {}, found log {}; bring the right event log back, "
                                "or move metrics.db "
                                "away to count this one from its beginning",
                                ledger.log_id, state.log_id));
    }
    if (ledger.partition_count != partition_count) {
        return fail(
            ErrorCode::Conflict, "the number of partitions changed", where,
            fmt::format("counted with {}, found {}; repeats would no longer meet their first "
                        "copies: go back to that number, or begin with a new topic and an empty "
                        "metrics store",
                        ledger.partition_count, partition_count));
    }
    if (ledger.through > state.end) {
        return fail(ErrorCode::Conflict, "the event log ends before the stored position", where,
                    fmt::format("position {}, end {}; an older copy of the log was put in place: "
                                "bring the newest back, or move metrics.db away to count this one",
                                ledger.through.value, state.end.value));
    }
    return {};
}

}  // namespace

PartitionFolder::PartitionFolder(PartitionId partition, event_log::EventLog& event_log,
                                 metrics_store::MetricsStore& store, Definitions definitions,
                                 fold::PartitionFold::Options options, const fold::Ledger* ledger,
                                 SetAside set_aside)
    : partition_(partition),
      event_log_(event_log),
      store_(store),
      definitions_(std::move(definitions)),
      set_aside_(std::move(set_aside)),
      fold_(std::move(options), ledger) {}

Result<std::unique_ptr<PartitionFolder>> PartitionFolder::open(
    PartitionId partition, const FolderOptions& options, event_log::EventLog& event_log,
    metrics_store::MetricsStore& store, Definitions definitions, Moment now) {
    ASSIGN_OR_RETURN(const event_log::PartitionState state, event_log.state(partition));
    ASSIGN_OR_RETURN(const metrics_store::Progress before, store.progress(partition));
    if (before.has_ledger) {
        RETURN_IF_ERROR(
            check_identity(partition, before.ledger, state, event_log.partition_count()));
    }
    std::unique_ptr<PartitionFolder> folder(
        new PartitionFolder(partition, event_log, store, std::move(definitions),
                            {.partition = partition,
                             .log_id = state.log_id,
                             .partition_count = event_log.partition_count(),
                             .repeats = options.repeats,
                             .repeat_key = options.repeat_key},
                            before.has_ledger ? &before.ledger : nullptr, options.set_aside));
    folder->joins_within_ = options.joins_within;
    RETURN_IF_ERROR(folder->refresh_definitions(now));
    RETURN_IF_ERROR(folder->begin_reading(options, before.ledger));
    return folder;
}

Result<void> PartitionFolder::refresh_definitions(Moment now) {
    definitions_asked_at_ = now;
    unknown_projects_.clear();
    ASSIGN_OR_RETURN(const std::vector<fold::View> views, declared_views());
    const auto is_folded = [&](const fold::View& view) { return fold_.views().contains(view.id); };
    if (!std::ranges::all_of(views, is_folded)) RETURN_IF_ERROR(add_views(views));
    const auto is_there = [&](const auto& folded) {
        return std::ranges::find(views, folded.first, &fold::View::id) != views.end();
    };
    if (!std::ranges::all_of(fold_.views(), is_there)) is_outdated_ = true;
    return {};
}

Result<void> PartitionFolder::add_views(std::span<const fold::View> views) {
    ASSIGN_OR_RETURN(metrics_store::Progress progress, store_.progress(partition_));
    RETURN_IF_ERROR(begin_views(views, progress));
    for (const fold::View& view : views) {
        if (fold_.views().contains(view.id)) continue;
        ASSIGN_OR_RETURN(const bool is_ours, is_folded_here(view, progress));
        if (is_ours) RETURN_IF_ERROR(add_view(view, position_of(progress, view.id)));
    }
    return {};
}

// Those that answer or are being built, in the order in which the fold takes them.
Result<std::vector<fold::View>> PartitionFolder::declared_views() {
    ASSIGN_OR_RETURN(const std::vector<fold::ViewDefinition> definitions, definitions_());
    ASSIGN_OR_RETURN(auto snapshot, store_.snapshot());
    ASSIGN_OR_RETURN(std::vector<fold::View> views, snapshot->views());
    if (!metrics_store::is_declared(views, definitions)) {
        snapshot.reset();
        RETURN_IF_ERROR(metrics_store::declare(store_, definitions));
        ASSIGN_OR_RETURN(snapshot, store_.snapshot());
        ASSIGN_OR_RETURN(views, snapshot->views());
    }
    std::erase_if(views, [](const fold::View& view) {
        // What another program made, whose rules are newer, only that one goes on with.
        return !view.is_counted() || view.definition.fold_version > fold::kFoldVersion;
    });
    std::ranges::stable_sort(views, {}, &fold::View::state);
    return views;
}

// A view that is being built is, from where the log has all that it needs and little is missing.
Result<bool> PartitionFolder::is_folded_here(const fold::View& view,
                                             const metrics_store::Progress& progress) {
    if (view.state == fold::ViewState::Current) return true;
    if (!is_near(view.id, progress, joins_within_)) return false;
    ASSIGN_OR_RETURN(const event_log::PartitionState state, event_log_.state(partition_));
    return position_of(progress, view.id).through >= state.first;
}

// The first views of a project hold what comes from here on: its clicks were nobody's before. That
// is stored before anything of it can be, and before any later ledger.
Result<void> PartitionFolder::begin_views(std::span<const fold::View> views,
                                          metrics_store::Progress& progress) {
    const fold::Ledger reached = fold_.ledger({});
    fold::Commit begin{.ledger = progress.has_ledger ? progress.ledger : reached};
    for (const fold::View& view : views) {
        const bool is_known = std::ranges::any_of(
            progress.views, [&](const auto& stored) { return stored.first == view.id; });
        if (is_known || view.state != fold::ViewState::Current) continue;
        const fold::Position position{.through = reached.through};
        begin.views.push_back({.view = view.id, .position = position});
        progress.views.emplace_back(view.id, position);
    }
    return begin.views.empty() ? Result<void>() : store_.commit(begin);
}

// One that is behind what was read is for another reading, which begins earlier.
Result<void> PartitionFolder::add_view(fold::View view, const fold::Position& position) {
    if (reader_ && position.through < fold_.next()) {
        is_outdated_ = true;
        return {};
    }
    return fold_.add_view(std::move(view), position);
}

Result<void> PartitionFolder::begin_reading(const FolderOptions& options,
                                            const fold::Ledger& ledger) {
    ASSIGN_OR_RETURN(const event_log::PartitionState state, event_log_.state(partition_));
    ASSIGN_OR_RETURN(const std::vector<fold::RepeatPiece> pieces, store_.repeat_pieces(partition_));
    fold_.restore_repeats(pieces);
    const Offset position = fold_.next_to_apply();
    if (position < state.first) {
        if (!options.accepts_gap || !options.accepts_gap(partition_, position)) {
            return fail(
                ErrorCode::NotFound, "records were deleted before they were counted",
                fmt::format("partition {}", partition_.value),
                fmt::format("position {}, oldest record {}; bring the records back from a copy of "
                            "the log, or go on without them: 'clickmill partition resume {} "
                            "--accept-gap' counts them as lost",
                            position.value, state.first.value, partition_.value));
        }
        // Where the log does not count events, its records are all that is known of what is gone.
        int64_t lost = state.first.value - ledger.through.value;
        if (state.total_events) {
            lost = state.total_before_first;
            for (const auto& [project, accounting] : ledger.projects) lost -= accounting.total();
        }
        fold_.begin_after_gap(state.first, lost);
    }
    ASSIGN_OR_RETURN(reader_,
                     event_log_.read(partition_, std::max(fold_.read_from(), state.first)));
    return {};
}

Result<int64_t> PartitionFolder::fold_some(const event_log::ReadOptions& options,
                                           std::stop_token stop, Moment now) {
    ASSIGN_OR_RETURN(const event_log::Batch batch, reader_->next(options, stop));
    for (const event_log::StoredRecord& record : batch.records)
        RETURN_IF_ERROR(fold_record(record, now));
    if (!unreadable_.empty()) {
        RETURN_IF_ERROR(set_aside_(partition_, unreadable_));
        unreadable_.clear();
    }
    RETURN_IF_ERROR(provide_cells(fold_, store_, partition_));
    at_end_since_ = batch.at_end_since;
    log_end_ = batch.end;
    return static_cast<int64_t>(batch.records.size());
}

Result<void> PartitionFolder::fold_record(const event_log::StoredRecord& record, Moment now) {
    fold_.read({.offset = record.offset,
                .append_time = record.append_time,
                .event_count = record.event_count,
                .lost_before = record.lost_before,
                .is_damaged = record.is_damaged,
                .fault = record.fault,
                .payload = record.payload});
    if (set_aside_) {
        if (std::optional<fold::Unread> unread = fold_.unread()) {
            unreadable_.push_back({.offset = record.offset,
                                   .append_time = record.append_time,
                                   .reason = unread->reason,
                                   .payload = std::move(unread->lines)});
        }
    }
    RETURN_IF_ERROR(learn_projects(now));
    RETURN_IF_ERROR(provide_days(fold_, store_, partition_));
    fold_.apply();
    return {};
}

Result<void> PartitionFolder::learn_projects(Moment now) {
    const std::vector<std::string> missing = fold_.missing_projects();
    const bool is_news = std::any_of(
        missing.begin(), missing.end(),
        [&](const std::string& project) { return !unknown_projects_.contains(project); });
    const bool is_old = !missing.empty() && now >= definitions_asked_at_ + kAskAgain;
    if (!is_news && !is_old) return {};
    RETURN_IF_ERROR(refresh_definitions(now));
    for (std::string& project : fold_.missing_projects())
        unknown_projects_.insert(std::move(project));
    return {};
}

fold::Commit PartitionFolder::changes(std::span<const fold::ViewId> views) const {
    fold::Commit commit{.ledger = fold_.ledger(at_end_since_),
                        .pieces = fold_.repeats().pieces(),
                        .pieces_from = keep_from()};
    for (const fold::ViewId id : views) {
        const fold::ViewFold& view = fold_.views().at(id);
        const Offset through = std::max(fold_.next(), view.position().through);
        commit.views.push_back(view.changes(through, fold_.complete_through(at_end_since_)));
    }
    return commit;
}

void PartitionFolder::committed(const fold::Commit& commit) {
    fold_.stored_pieces(commit.pieces.size());
    for (const fold::ViewChanges& view : commit.views)
        fold_.views().at(view.view).committed(view.position);
}

Offset PartitionFolder::keep_from() const {
    Offset position = fold_.next();
    for (const auto& [id, view] : fold_.views())
        position = std::min(position, view.position().through);
    return fold::RepeatTables::window_start(fold_.repeats().cuts(), position);
}

}  // namespace clickmill::aggregator
