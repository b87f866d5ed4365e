#include "metrics_store/copy.h"

#include "metrics_store/copy_rows.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <utility>

namespace clickmill::metrics_store {
namespace {

std::unexpected<Error> refuse(std::string where, std::string why) {
    return fail(ErrorCode::Conflict, "cannot copy the metrics store", std::move(where),
                std::move(why));
}

// A header of `to` that says the same as one of `from`: its rows were copied.
bool is_same_build(const Header& a, const Header& b) {
    return a.positions == b.positions && a.held == b.held;
}

const Header* find(const std::vector<Header>& headers, calendar::BucketKey bucket) {
    const auto found = std::ranges::lower_bound(headers, bucket, {}, &Header::bucket);
    return found == headers.end() || found->bucket != bucket ? nullptr : &*found;
}

// One copy from its begin to its end.
class StoreCopy {
public:
    StoreCopy(MetricsStore& from, MetricsStore& to, const CopyOptions& options)
        : from_(from), to_(to), options_(options) {}

    Result<CopySummary> run() {
        RETURN_IF_ERROR(read_ledgers());
        RETURN_IF_ERROR(check_target());
        RETURN_IF_ERROR(declare());
        RETURN_IF_ERROR(guard());
        for (const auto& [view, copied] : pairs_) {
            begin("copying", view);
            ASSIGN_OR_RETURN(const Contents contents, contents_of(from_, view.id));
            progress_.buckets_in_all = contents.buckets();
            RETURN_IF_ERROR(copy_live(view, copied, contents));
            RETURN_IF_ERROR(copy_settled(view, copied, contents));
        }
        for (const auto& [view, copied] : pairs_) RETURN_IF_ERROR(compare(view, copied));
        RETURN_IF_ERROR(check_unchanged());
        RETURN_IF_ERROR(finish());
        return std::move(summary_);
    }

private:
    // -- What there is, and whether this may be done --

    Result<std::vector<fold::Ledger>> ledgers_of(MetricsStore& store) {
        ASSIGN_OR_RETURN(const auto snapshot, store.snapshot());
        return snapshot->ledgers();
    }

    Result<void> read_ledgers() {
        ASSIGN_OR_RETURN(ledgers_, ledgers_of(from_));
        for (const fold::Ledger& ledger : ledgers_) {
            if (ledger.log_id == kUnfinishedCopy) {
                return refuse("the origin",
                              "it is itself a copy that is not complete: finish that one first");
            }
            ASSIGN_OR_RETURN(const Progress progress, from_.progress(ledger.partition));
            positions_[ledger.partition] = {progress.views.begin(), progress.views.end()};
        }
        return {};
    }

    // Empty, or what an earlier call has begun.
    Result<void> check_target() {
        ASSIGN_OR_RETURN(const std::vector<fold::Ledger> there, ledgers_of(to_));
        bool is_begun = false;
        for (const fold::Ledger& ledger : there) {
            if (ledger.log_id == kUnfinishedCopy) {
                is_begun = true;
                continue;
            }
            const auto same =
                std::ranges::find(ledgers_, ledger.partition, &fold::Ledger::partition);
            if (same != ledgers_.end() && same->log_id == ledger.log_id &&
                same->through == ledger.through) {
                continue;
            }
            return refuse(fmt::format("partition {}", ledger.partition.value),
                          fmt::format("the target counts clicks of log {} already: name an empty "
                                      "database, or empty this one",
                                      ledger.log_id));
        }
        if (!is_begun && !there.empty()) {
            return refuse("the target", "it holds this copy already, complete: nothing was done");
        }
        return {};
    }

    // Those that answer. What is being built an aggregator builds in the target from the beginning.
    Result<void> declare() {
        ASSIGN_OR_RETURN(const auto snapshot, from_.snapshot());
        ASSIGN_OR_RETURN(std::vector<fold::View> views, snapshot->views());
        std::erase_if(views,
                      [](const auto& view) { return view.state != fold::ViewState::Current; });
        const auto plan_copy = [&](std::span<const fold::View> stored) -> Result<ViewPlan> {
            ViewPlan plan{.views = views, .added = {}, .changed = {}};
            for (const fold::View& view : views) {
                const fold::View* same = find_same(stored, view);
                if (!same) {
                    plan.added.push_back(view);
                } else if (same->since != view.since || same->definition != view.definition) {
                    return refuse(name_of(view),
                                  "the target knows it by another definition or from another "
                                  "moment on: name an empty database, or empty this one");
                }
            }
            return plan;
        };
        ASSIGN_OR_RETURN(const std::vector<fold::View> made, to_.change_views(plan_copy));
        for (size_t i = 0; i < made.size(); ++i) pairs_.emplace_back(views[i], made[i].id);
        return {};
    }

    // -- Writing --

    static fold::Ledger guard_of(const fold::Ledger& ledger) {
        return {.partition = ledger.partition,
                .log_id = std::string(kUnfinishedCopy),
                .partition_count = ledger.partition_count};
    }

    // From here on no aggregator takes the target for its own.
    Result<void> guard() {
        for (const fold::Ledger& ledger : ledgers_) {
            ASSIGN_OR_RETURN(const Progress there, to_.progress(ledger.partition));
            if (!there.has_ledger) RETURN_IF_ERROR(to_.commit({.ledger = guard_of(ledger)}));
            for (const auto& [view, position] : there.views)
                reached_[{view, ledger.partition}] = position.through;
        }
        return {};
    }

    void begin(std::string_view doing, const fold::View& view) {
        progress_ = {.view = name_of(view), .doing = doing};
    }
    void did_bucket(int64_t rows) {
        progress_.rows += rows;
        ++progress_.buckets;
        options_.on_progress(progress_);
    }

    Result<void> copy_live(const fold::View& view, fold::ViewId copied, const Contents& contents) {
        for (const fold::Ledger& ledger : ledgers_) {
            const auto& positions = positions_.at(ledger.partition);
            const auto position = positions.find(view.id);
            if (position == positions.end()) continue;
            fold::ViewChanges changes{.view = copied, .position = position->second};
            const auto marks = contents.marks.find(ledger.partition);
            if (marks != contents.marks.end()) {
                for (const fold::Mark& mark : marks->second) {
                    LiveHour hour;
                    if (contents.has_live_rows(mark.hour)) {
                        ASSIGN_OR_RETURN(hour,
                                         live_hour(from_, view.id, ledger.partition, mark.hour));
                    }
                    did_bucket(static_cast<int64_t>(hour.rows.size() + hour.sketches.size()));
                    changes.marks.push_back(mark);
                    std::ranges::move(hour.rows, std::back_inserter(changes.rows));
                    std::ranges::move(hour.sketches, std::back_inserter(changes.sketches));
                    if (changes.rows.size() + changes.sketches.size() >= options_.rows_at_once)
                        RETURN_IF_ERROR(write(ledger, changes));
                }
            }
            RETURN_IF_ERROR(write(ledger, changes));
        }
        return {};
    }

    // Rows are complete through the view's position, which the target has from the first of them
    // on: that it counts nothing yet, the ledger says.
    Result<void> write(const fold::Ledger& ledger, fold::ViewChanges& changes) {
        Offset& reached = reached_[{changes.view, ledger.partition}];
        changes.from = reached;
        summary_.rows += static_cast<int64_t>(changes.rows.size() + changes.sketches.size());
        fold::Commit commit{.ledger = guard_of(ledger)};
        const fold::Position position = changes.position;
        commit.views.push_back(
            std::exchange(changes, {.view = changes.view, .position = position}));
        RETURN_IF_ERROR(to_.commit(commit));
        reached = position.through;
        return {};
    }

    Result<void> copy_settled(const fold::View& view, fold::ViewId copied,
                              const Contents& contents) {
        ASSIGN_OR_RETURN(const Contents there, contents_of(to_, copied));
        for (const auto& [grain, headers] : contents.headers) {
            const std::vector<Header>& known = there.headers.at(grain);
            std::vector<Build> builds;
            size_t rows = 0;
            for (const Header& header : headers) {
                const Header* same = find(known, header.bucket);
                if (same && is_same_build(*same, header)) {
                    ++summary_.buckets_kept;
                    did_bucket(0);
                    continue;
                }
                ASSIGN_OR_RETURN(const auto snapshot, from_.snapshot());
                ASSIGN_OR_RETURN(std::vector<SettledRow> found,
                                 snapshot->bucket_rows(view.id, false, grain, header.bucket));
                rows += found.size();
                did_bucket(static_cast<int64_t>(found.size()));
                Build& build = builds.emplace_back(copied, header, std::move(found));
                build.header.is_live_gone = build.header.is_forgotten = false;
                if (rows < options_.rows_at_once) continue;
                RETURN_IF_ERROR(settle(view, builds));
                rows = 0;
            }
            RETURN_IF_ERROR(settle(view, builds));
            RETURN_IF_ERROR(take_away(copied, grain, headers, known));
        }
        return {};
    }

    Result<void> settle(const fold::View& view, std::vector<Build>& builds) {
        if (builds.empty()) return {};
        ASSIGN_OR_RETURN(const int64_t stored, to_.settle_all(builds));
        if (stored != static_cast<int64_t>(builds.size())) {
            return refuse(name_of(view),
                          "the target has newer numbers than the origin: name an "
                          "empty database, or empty this one");
        }
        for (const Build& build : builds) summary_.rows += static_cast<int64_t>(build.rows.size());
        builds.clear();
        return {};
    }

    // What retention has taken from the origin goes from the target, too.
    Result<void> take_away(fold::ViewId copied, calendar::Grain grain,
                           const std::vector<Header>& headers, const std::vector<Header>& known) {
        std::vector<calendar::BucketKey> gone;
        std::vector<calendar::BucketKey> forgotten;
        for (const Header& header : headers) {
            const Header* there = find(known, header.bucket);
            if (header.is_live_gone && !(there && there->is_live_gone))
                gone.push_back(header.bucket);
            if (header.is_forgotten && !(there && there->is_forgotten))
                forgotten.push_back(header.bucket);
        }
        if (!gone.empty()) RETURN_IF_ERROR(to_.retire(copied, gone));
        if (!forgotten.empty()) RETURN_IF_ERROR(to_.forget(copied, grain, forgotten));
        return {};
    }

    // -- The end --

    Result<void> compare(const fold::View& view, fold::ViewId copied) {
        begin("comparing", view);
        ASSIGN_OR_RETURN(const Contents contents, contents_of(from_, view.id));
        ASSIGN_OR_RETURN(const Contents there, contents_of(to_, copied));
        progress_.buckets_in_all = contents.buckets();
        ASSIGN_OR_RETURN(auto wanted, sum_months(from_, view.id, contents,
                                                 [this](int64_t rows) { did_bucket(rows); }));
        ASSIGN_OR_RETURN(auto got, sum_months(to_, copied, there, [](int64_t) {}));
        for (const auto& [month, sum] : got) wanted.try_emplace(month);
        for (const auto& [month, sum] : wanted) {
            const MonthSum& copied_sum = got[month];
            if (sum.checksum == copied_sum.checksum) {
                summary_.months.push_back({name_of(view), month, sum.rows, sum.checksum});
                continue;
            }
            return refuse(fmt::format("{}, {}", name_of(view), month),
                          fmt::format("the copy has {} rows with {} clicks, the origin {} with {}: "
                                      "stop what writes into either, and start the copy again",
                                      copied_sum.rows, copied_sum.clicks, sum.rows, sum.clicks));
        }
        return {};
    }

    Result<void> check_unchanged() {
        ASSIGN_OR_RETURN(const std::vector<fold::Ledger> now, ledgers_of(from_));
        for (const fold::Ledger& ledger : now) {
            const auto before =
                std::ranges::find(ledgers_, ledger.partition, &fold::Ledger::partition);
            if (before != ledgers_.end() && before->through == ledger.through) continue;
            return refuse(fmt::format("partition {}", ledger.partition.value),
                          "the origin has counted more clicks meanwhile: stop what writes into it, "
                          "and start the copy again");
        }
        return {};
    }

    Result<void> finish() {
        for (const fold::Ledger& ledger : ledgers_) {
            fold::Commit commit{.ledger = ledger};
            ASSIGN_OR_RETURN(commit.pieces, from_.repeat_pieces(ledger.partition));
            RETURN_IF_ERROR(to_.commit(commit));
        }
        return {};
    }

    MetricsStore& from_;
    MetricsStore& to_;
    const CopyOptions& options_;
    std::vector<fold::Ledger> ledgers_;  // of the origin
    std::map<PartitionId, std::map<fold::ViewId, fold::Position>> positions_;
    std::vector<std::pair<fold::View, fold::ViewId>> pairs_;  // of the origin; in the target
    std::map<std::pair<fold::ViewId, PartitionId>, Offset> reached_;  // of the target's views
    CopyProgress progress_;
    CopySummary summary_;
};

}  // namespace

Result<CopySummary> copy_store(MetricsStore& from, MetricsStore& to, const CopyOptions& options) {
    return StoreCopy(from, to, options).run();
}

}  // namespace clickmill::metrics_store
