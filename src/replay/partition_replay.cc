#include "replay/partition_replay.h"

#include "aggregator/store_answers.h"
#include "archive/archived_records.h"
#include "archive/layout.h"
#include "fold/partition_fold.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace clickmill::replay {
namespace {

using fold::ViewId;
using metrics_store::Progress;

class Replay {
public:
    Replay(PartitionId partition, const ReplayOptions& options, const ReplayParts& parts,
           const std::stop_token& stop)
        : partition_(partition), options_(options), parts_(parts), stop_(stop) {}

    Result<int64_t> run() {
        ASSIGN_OR_RETURN(const bool has_work, begin());
        if (!has_work) return 0;
        RETURN_IF_ERROR(find_files());
        RETURN_IF_ERROR(begin_reading());
        RETURN_IF_ERROR(read_archive());
        if (!is_done_) RETURN_IF_ERROR(read_log());
        RETURN_IF_ERROR(commit());
        return events_;
    }

private:
    // False: nothing that is being built lacks much.
    Result<bool> begin() {
        ASSIGN_OR_RETURN(progress_, parts_.store.progress(partition_));
        if (!progress_.has_ledger) return false;
        ASSIGN_OR_RETURN(log_, parts_.event_log.state(partition_));
        ASSIGN_OR_RETURN(const std::vector<fold::View> views, views_to_build());
        if (views.empty()) return false;
        const fold::Ledger& ledger = progress_.ledger;
        fold_.emplace(fold::PartitionFold::Options{.partition = partition_,
                                                   .log_id = ledger.log_id,
                                                   .partition_count = ledger.partition_count,
                                                   .repeats = options_.repeats,
                                                   .repeat_key = ledger.repeat_key},
                      &ledger);
        for (const fold::View& view : views) {
            const fold::Position position = aggregator::position_of(progress_, view.id);
            RETURN_IF_ERROR(fold_->add_view(view, position));
            ids_.push_back(view.id);
            for (const std::string& dimension : view.definition.rollup.dimensions)
                dimensions_.insert(dimension);
        }
        return true;
    }

    Result<std::vector<fold::View>> views_to_build() {
        ASSIGN_OR_RETURN(const auto snapshot, parts_.store.snapshot());
        ASSIGN_OR_RETURN(std::vector<fold::View> views, snapshot->views());
        std::erase_if(views, [&](const fold::View& view) {
            return view.state != fold::ViewState::Building ||
                   view.definition.fold_version > fold::kFoldVersion || is_joining(view.id);
        });
        return views;
    }

    bool is_joining(ViewId view) const {
        return aggregator::is_near(view, progress_, options_.ends_within) &&
               aggregator::position_of(progress_, view).through >= log_.first;
    }

    Result<void> find_files() {
        if (!parts_.archive) return {};
        ASSIGN_OR_RETURN(const auto all, archive::list_files(*parts_.archive));
        for (archive::PartitionFiles& found : archive::partitions_of(all)) {
            if (found.partition == partition_) files_ = std::move(found.files);
        }
        return {};
    }

    // History may begin later than the log once did: then a view holds what came since, and what is
    // missing in the middle of one is an error.
    Result<void> begin_reading() {
        next_ = fold_->read_from();
        const Offset first =
            files_.empty() ? log_.first : std::min(files_.front().first, log_.first);
        if (first <= next_) return {};
        for (const auto& [id, view] : fold_->views()) {
            const Offset through = view.position().through;
            if (through == Offset{}) from_first_.push_back(id);
            if (through != Offset{} && through < first)
                return std::unexpected(nowhere(through, first));
        }
        fold_->begin_after_gap(first, 0);
        next_ = first;
        return {};
    }

    Error nowhere(Offset from, Offset to) const {
        return Error{ErrorCode::NotFound, "raw events are missing",
                     fmt::format("partition {}, offsets {} to {}", partition_.value, from.value,
                                 to.value - 1),
                     "neither the archive nor the event log has them: bring the archive's files "
                     "back from a copy, or build without them: 'clickmill rollup rebuild' begins "
                     "where raw events begin"};
    }

    Result<void> read_archive() {
        for (const archive::FileName& file : files_) {
            if (is_done_ || file.last < next_) continue;
            if (file.first > next_) break;  // the log may have what is missing
            const auto read = archive::read_records(
                options_.engine, *parts_.archive, file, progress_.ledger.log_id, next_, dimensions_,
                [&](const archive::ArchivedRecord& record) -> Result<void> {
                    next_ = record.offset.next();
                    RETURN_IF_ERROR(take({.offset = record.offset,
                                          .append_time = record.append_time,
                                          .event_count = static_cast<int32_t>(record.lines.size()),
                                          .lines = record.lines}));
                    return is_done_ ? fail(ErrorCode::Unavailable, "the replay ends", "")
                                    : Result<void>{};
                });
            if (is_done_) return {};
            if (!read && read.error().code == ErrorCode::Corrupt && next_ >= log_.first) break;
            RETURN_IF_ERROR(read);
            next_ = std::max(next_, file.last.next());
        }
        return {};
    }

    Result<void> read_log() {
        if (next_ < log_.first) {
            const auto beyond = std::ranges::find_if(
                files_, [&](const archive::FileName& file) { return file.first > next_; });
            return std::unexpected(
                nowhere(next_, beyond == files_.end() ? log_.first : beyond->first));
        }
        ASSIGN_OR_RETURN(const auto reader, parts_.event_log.read(partition_, next_));
        while (!is_done_) {
            ASSIGN_OR_RETURN(const event_log::Batch batch, reader->next(options_.read, stop_));
            for (const event_log::StoredRecord& record : batch.records) {
                RETURN_IF_ERROR(take({.offset = record.offset,
                                      .append_time = record.append_time,
                                      .event_count = record.event_count,
                                      .lost_before = record.lost_before,
                                      .is_damaged = record.is_damaged,
                                      .fault = record.fault,
                                      .payload = record.payload}));
                if (is_done_) return {};
            }
            if (batch.at_end_since || stop_.stop_requested()) return {};
        }
        return {};
    }

    Result<void> take(const fold::Input& input) {
        for (const ViewId view : std::exchange(from_first_, {}))
            RETURN_IF_ERROR(metrics_store::raise_since(parts_.store, view, input.append_time));
        fold_->read(input);
        RETURN_IF_ERROR(aggregator::provide_days(*fold_, parts_.store, partition_));
        fold_->apply();
        events_ += input.event_count;
        if (++records_ % options_.records_at_once != 0 && !is_past_target()) return {};
        return look();
    }

    // A reading that waits for the rows of too many cells, or is done, commits.
    Result<void> look() {
        RETURN_IF_ERROR(aggregator::provide_cells(*fold_, parts_.store, partition_));
        size_t rows = 0;
        for (const auto& [id, view] : fold_->views()) rows += view.changed_cells();
        const bool is_due =
            rows >= options_.rows_at_once || events_ - committed_events_ >= options_.events_at_once;
        if (is_due || is_past_target() || stop_.stop_requested()) RETURN_IF_ERROR(commit());
        if (!is_past_target()) {
            is_done_ = stop_.stop_requested();
            return {};
        }
        // The live fold has gone on meanwhile.
        ASSIGN_OR_RETURN(progress_, parts_.store.progress(partition_));
        ASSIGN_OR_RETURN(log_, parts_.event_log.state(partition_));
        is_done_ = stop_.stop_requested() ||
                   std::ranges::all_of(ids_, [&](ViewId view) { return is_joining(view); });
        return {};
    }

    bool is_past_target() const { return fold_->next() >= progress_.ledger.through; }

    Result<void> commit() {
        RETURN_IF_ERROR(aggregator::provide_cells(*fold_, parts_.store, partition_));
        if (parts_.give_way) parts_.give_way(stop_);
        // A ledger that is older than the stored one: that stays.
        fold::Commit commit{.ledger = {.partition = partition_,
                                       .log_id = progress_.ledger.log_id,
                                       .partition_count = progress_.ledger.partition_count}};
        for (const ViewId id : ids_) {
            const fold::ViewFold& view = fold_->views().at(id);
            const Offset through = std::max(fold_->next(), view.position().through);
            if (through == view.position().through) continue;
            commit.views.push_back(view.changes(through, fold_->complete_through({})));
        }
        if (commit.views.empty()) return {};
        RETURN_IF_ERROR(parts_.store.commit(commit));
        for (const fold::ViewChanges& changes : commit.views) {
            fold::ViewFold& view = fold_->views().at(changes.view);
            view.committed(changes.position);
            view.evict(kCommitsKept, options_.rows_at_once);
        }
        committed_events_ = events_;
        return {};
    }

    static constexpr int64_t kCommitsKept = 4;

    const PartitionId partition_;
    const ReplayOptions& options_;
    const ReplayParts& parts_;
    const std::stop_token& stop_;
    Progress progress_;
    event_log::PartitionState log_;
    std::optional<fold::PartitionFold> fold_;
    std::vector<ViewId> ids_;
    archive::WantedDimensions dimensions_;
    std::vector<archive::FileName> files_;  // of the partition, without those in another's range
    Offset next_;                           // to be read
    std::vector<ViewId> from_first_;        // views whose `since` the first record will say
    bool is_done_ = false;
    size_t records_ = 0;
    int64_t events_ = 0;
    int64_t committed_events_ = 0;
};

}  // namespace

Result<int64_t> replay_partition(PartitionId partition, const ReplayOptions& options,
                                 const ReplayParts& parts, std::stop_token stop) {
    return Replay(partition, options, parts, stop).run();
}

}  // namespace clickmill::replay
