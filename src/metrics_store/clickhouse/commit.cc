// A commit of the fold: ledger, pieces and marks, then rows, then positions.
#include "metrics_store/clickhouse/writer.h"

#include <fmt/core.h>

#include <bit>
#include <map>

namespace clickmill::metrics_store {
namespace {

constexpr size_t kMaxKnownHours = 100'000;  // each a view's

// Orders signed numbers as unsigned ones.
uint64_t ordered(int64_t value) {
    return static_cast<uint64_t>(value) ^ (uint64_t{1} << 63);
}

template <typename Value>
void append_array(RowBinaryWriter& row, const fold::Ledger& ledger, Value value) {
    row.length(ledger.projects.size());
    for (const auto& [project, accounting] : ledger.projects) value(project, accounting);
}

}  // namespace

Result<void> ChWriter::commit(const Catalog& catalog, const fold::Commit& commit) {
    for (const fold::ViewChanges& changes : commit.views) RETURN_IF_ERROR(catalog.at(changes.view));
    RETURN_IF_ERROR(check_from(commit));
    std::vector<std::pair<fold::ViewId, calendar::BucketKey>> hours;
    for (const fold::ViewChanges& changes : commit.views) {
        for (const fold::Mark& mark : changes.marks) hours.emplace_back(changes.view, mark.hour);
    }
    RETURN_IF_ERROR(write_ledger(commit.ledger));
    RETURN_IF_ERROR(write_pieces(commit));
    RETURN_IF_ERROR(write_hours(catalog, hours));
    RETURN_IF_ERROR(write_marks(commit));
    for (const fold::ViewChanges& changes : commit.views) {
        ASSIGN_OR_RETURN(const StoredView* stored, catalog.at(changes.view));
        RETURN_IF_ERROR(write_rows(*stored, changes, commit.ledger.partition));
    }
    RETURN_IF_ERROR(write_positions(commit));
    return drop_pieces(commit);
}

// Not a fence: another may commit meanwhile, which the rows forgive. It tells a zombie.
Result<void> ChWriter::check_from(const fold::Commit& commit) {
    if (commit.views.empty()) return {};
    ASSIGN_OR_RETURN(const std::string answer,
                     client_.query(fmt::format("SELECT view_id, through FROM positions WHERE "
                                               "partition = {}",
                                               commit.ledger.partition.value)));
    std::map<int64_t, int64_t> stored;
    RowBinaryReader rows(answer);
    while (!rows.is_at_end()) {
        const int64_t view = rows.integer();
        stored[view] = rows.integer();
    }
    RETURN_IF_ERROR(rows.check_whole());
    for (const fold::ViewChanges& changes : commit.views) {
        const int64_t through = stored[changes.view.value];
        if (through == changes.from.value) continue;
        return fail(ErrorCode::Conflict, "cannot commit",
                    fmt::format("view {} at offset {}", changes.view.value, through),
                    fmt::format("the commit goes on from offset {}; read progress again",
                                changes.from.value));
    }
    return {};
}

// One row, so that position and accounting are of one moment.
Result<void> ChWriter::write_ledger(const fold::Ledger& ledger) {
    RowBinaryWriter row;
    row.integer(ledger.partition.value)
        .text(ledger.log_id)
        .integer(ledger.partition_count)
        .integer(ledger.through.value)
        .integer(microseconds_of(ledger.folded_to))
        .integer(microseconds_of(ledger.complete_through))
        .integer(std::bit_cast<int64_t>(ledger.repeat_key))
        .integer(ledger.repeat_window_seconds)
        .length(ledger.cuts.size() * 4);
    for (const fold::SliceCut& cut : ledger.cuts) {
        row.integer(cut.offset.value)
            .integer(microseconds_of(cut.append_time))
            .integer(cut.slice_seconds)
            .integer(cut.max_entries);
    }
    append_array(row, ledger, [&](const std::string& project, const auto&) { row.text(project); });
    for (const auto klass : kLedgerClasses) {
        append_array(row, ledger,
                     [&](const auto&, const auto& accounting) { row.integer(accounting.*klass); });
    }
    row.wide(ordered(ledger.through.value), ordered(microseconds_of(ledger.complete_through)));
    return insert("ledgers", fmt::format("{}, version", kLedgerColumns), row);
}

Result<void> ChWriter::write_pieces(const fold::Commit& commit) {
    if (commit.pieces.empty()) return {};
    const int32_t partition = commit.ledger.partition.value;
    RowBinaryWriter rows;
    for (const fold::RepeatPiece& piece : commit.pieces) {
        rows.integer(partition)
            .integer(piece.first.value)
            .integer(piece.next.value)
            .integer(piece.slice.value)
            .text(piece.ids);
    }
    return insert("repeat_pieces", "partition, first_offset, next_offset, slice_offset, ids", rows);
}

// Last: it takes seconds, though only once a slice.
Result<void> ChWriter::drop_pieces(const fold::Commit& commit) {
    if (commit.pieces.empty()) return {};
    const std::string is_old = fmt::format("partition = {} AND next_offset <= {}",
                                           commit.ledger.partition.value, commit.pieces_from.value);
    ASSIGN_OR_RETURN(const std::string old,
                     client_.query("SELECT count() FROM repeat_pieces WHERE " + is_old));
    if (RowBinaryReader(old).integer() == 0) return {};
    RETURN_IF_ERROR(client_.query(delete_from(layout_, "repeat_pieces", is_old) +
                                  " SETTINGS mutations_sync = 2"));
    return {};
}

Result<void> ChWriter::write_hours(
    const Catalog& catalog, std::span<const std::pair<fold::ViewId, calendar::BucketKey>> hours) {
    std::vector<std::pair<fold::ViewId, calendar::BucketKey>> fresh;
    {
        const std::lock_guard lock(mutex_);
        for (const auto& hour : hours) {
            if (!known_hours_.contains(hour)) fresh.push_back(hour);
        }
    }
    RowBinaryWriter rows;
    for (const auto& [view, hour] : fresh) {
        ASSIGN_OR_RETURN(const StoredView* stored, catalog.at(view));
        if (!stored->calendar) continue;
        const calendar::Calendar& calendar = *stored->calendar;
        const calendar::BucketKey day = calendar.hour_of(hour).day;
        rows.integer(view.value)
            .integer(hour)
            .text(calendar.label(calendar::Grain::Hour, hour))
            .integer(day)
            .integer(calendar.bucket_of_day(calendar::Grain::Week, day))
            .integer(calendar.bucket_of_day(calendar::Grain::Month, day));
    }
    RETURN_IF_ERROR(insert("hours", "view_id, hour, label, day, week, month", rows));
    const std::lock_guard lock(mutex_);
    if (known_hours_.size() > kMaxKnownHours) known_hours_.clear();  // they are written once more
    known_hours_.insert(fresh.begin(), fresh.end());
    return {};
}

Result<void> ChWriter::write_marks(const fold::Commit& commit) {
    RowBinaryWriter rows;
    for (const fold::ViewChanges& changes : commit.views) {
        for (const fold::Mark& mark : changes.marks) {
            rows.integer(changes.view.value)
                .integer(mark.hour)
                .integer(commit.ledger.partition.value)
                .integer(mark.touched.value);
        }
    }
    return insert("marks", "view_id, hour, partition, touched", rows);
}

Result<void> ChWriter::write_rows(const StoredView& stored, const fold::ViewChanges& changes,
                                  PartitionId partition) {
    const std::string columns =
        sql::comma({"view_id, hour, feature_id", sql::comma(stored.tables->columns), "partition"});
    const auto append_key = [&](RowBinaryWriter& rows, const fold::CellKey& key) {
        rows.integer(changes.view.value).integer(key.hour).text(key.labels.feature());
        append_labels(rows, key.labels, stored);
        rows.integer(partition.value);
    };
    RowBinaryWriter clicks;
    for (const fold::LiveRow& row : changes.rows) {
        append_key(clicks, row.key);
        clicks.integer(row.clicks).integer(changes.position.through.value);
    }
    RETURN_IF_ERROR(insert(stored.tables->live, columns + ", clicks, through", clicks));
    RowBinaryWriter users;
    for (const fold::LiveSketch& row : changes.sketches) {
        append_key(users, row.key);
        users.text(row.sketch).integer(changes.position.through.value);
    }
    return insert(stored.tables->live_users, columns + ", sketch, through", users);
}

Result<void> ChWriter::write_positions(const fold::Commit& commit) {
    RowBinaryWriter rows;
    for (const fold::ViewChanges& changes : commit.views) {
        rows.integer(changes.view.value)
            .integer(commit.ledger.partition.value)
            .integer(changes.position.through.value)
            .integer(changes.position.newest_hour)
            .integer(microseconds_of(changes.position.complete_through));
    }
    return insert("positions", "view_id, partition, through, newest_hour, complete_through_us",
                  rows);
}

}  // namespace clickmill::metrics_store
