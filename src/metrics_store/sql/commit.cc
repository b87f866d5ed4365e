// A commit of the fold as one transaction: the fence first, then ledger, marks, rows, positions.
#include "metrics_store/sql/writer.h"
#include "metrics_store/sql/writes.h"

#include <fmt/core.h>

#include <bit>

namespace clickmill::metrics_store {
bool is_of_the_caller(const Error& error) {
    return error.code == ErrorCode::Conflict || error.code == ErrorCode::NotFound ||
           error.code == ErrorCode::InvalidInput;
}

Result<void> Writer::commit(const Catalog& catalog, const fold::Commit& commit) {
    const PartitionId partition = commit.ledger.partition;
    ASSIGN_OR_RETURN(sql::Transaction transaction,
                     sql::Transaction::begin(session_, {sql::Change::Kind::Partition, partition}));
    for (const fold::ViewChanges& changes : commit.views) RETURN_IF_ERROR(catalog.at(changes.view));
    RETURN_IF_ERROR(check_from(commit));
    ASSIGN_OR_RETURN(const bool is_newest, write_ledger(commit.ledger));
    RETURN_IF_ERROR(write_pieces(commit));
    for (const fold::ViewChanges& changes : commit.views) {
        ASSIGN_OR_RETURN(const StoredView* stored, catalog.at(changes.view));
        RETURN_IF_ERROR(write_marks(*stored, changes, partition));
        RETURN_IF_ERROR(write_rows(*stored, changes, partition));
        RETURN_IF_ERROR(write_position(changes, partition));
    }
    RETURN_IF_ERROR(transaction.commit());
    if (is_newest) stored_cuts_[partition] = commit.ledger.cuts;
    return {};
}

Result<void> Writer::check_from(const fold::Commit& commit) {
    ASSIGN_OR_RETURN(
        sql::Statement * position,
        session_.statement("SELECT through FROM positions WHERE view_id = ?1 AND partition = ?2"));
    for (const fold::ViewChanges& changes : commit.views) {
        position->reset();
        sql::Binder(*position).integer(changes.view.value).integer(commit.ledger.partition.value);
        ASSIGN_OR_RETURN(const bool has_row, position->step());
        const int64_t through = has_row ? position->integer(0) : 0;
        position->reset();
        if (through != changes.from.value) {
            return fail(ErrorCode::Conflict, "cannot commit",
                        fmt::format("view {} at offset {}", changes.view.value, through),
                        fmt::format("the commit goes on from offset {}; read progress again",
                                    changes.from.value));
        }
    }
    return {};
}

// Whether it is the newest there is: only then it is written.
Result<bool> Writer::write_ledger(const fold::Ledger& ledger) {
    ASSIGN_OR_RETURN(sql::Statement * upsert, session_.statement(sql::upsert_ledger()));
    sql::Binder(*upsert)
        .integer(ledger.partition.value)
        .text(ledger.log_id)
        .integer(ledger.partition_count)
        .integer(ledger.through.value)
        .integer(microseconds_of(ledger.folded_to))
        .integer(microseconds_of(ledger.complete_through))
        .integer(std::bit_cast<int64_t>(ledger.repeat_key))
        .integer(ledger.repeat_window_seconds);
    RETURN_IF_ERROR(upsert->run());
    if (session_.changes() == 0) return false;

    ASSIGN_OR_RETURN(sql::Statement * classes, session_.statement(sql::upsert_accounting()));
    for (const auto& [project, accounting] : ledger.projects) {
        sql::Binder(*classes)
            .integer(ledger.partition.value)
            .text(project)
            .integer(accounting.counted)
            .integer(accounting.duplicate)
            .integer(accounting.left_out)
            .integer(accounting.late)
            .integer(accounting.unreadable)
            .integer(accounting.lost);
        RETURN_IF_ERROR(classes->run());
    }
    RETURN_IF_ERROR(write_cuts(ledger));
    return true;
}

// A few a day, but up to thousands in all: written when they differ from what is known to be there.
Result<void> Writer::write_cuts(const fold::Ledger& ledger) {
    const auto known = stored_cuts_.find(ledger.partition);
    if (known != stored_cuts_.end() && known->second == ledger.cuts) return {};
    stored_cuts_.erase(ledger.partition);  // unknown until a commit has them
    ASSIGN_OR_RETURN(sql::Statement * clear,
                     session_.statement("DELETE FROM ledger_cuts WHERE partition = ?1"));
    sql::Binder(*clear).integer(ledger.partition.value);
    RETURN_IF_ERROR(clear->run());
    return session_.run_all(
        "INSERT INTO ledger_cuts (partition, first_offset, append_time_us, slice_seconds, "
        "max_entries) VALUES (?1, ?2, ?3, ?4, ?5)",
        ledger.cuts.size(), [&](size_t i, sql::Values& insert) {
            const fold::SliceCut& cut = ledger.cuts[i];
            sql::Binder(insert)
                .integer(ledger.partition.value)
                .integer(cut.offset.value)
                .integer(microseconds_of(cut.append_time))
                .integer(cut.slice_seconds)
                .integer(cut.max_entries);
        });
}

Result<void> Writer::write_pieces(const fold::Commit& commit) {
    if (commit.pieces.empty()) return {};
    const int32_t partition = commit.ledger.partition.value;
    ASSIGN_OR_RETURN(sql::Statement * upsert, session_.statement(sql::upsert_repeat_piece()));
    for (const fold::RepeatPiece& piece : commit.pieces) {
        sql::Binder(*upsert)
            .integer(partition)
            .integer(piece.first.value)
            .integer(piece.next.value)
            .integer(piece.slice.value)
            .bytes(piece.ids);
        RETURN_IF_ERROR(upsert->run());
    }
    ASSIGN_OR_RETURN(sql::Statement * drop,
                     session_.statement("DELETE FROM repeat_pieces WHERE partition = ?1 AND "
                                        "next_offset <= ?2"));
    sql::Binder(*drop).integer(partition).integer(commit.pieces_from.value);
    return drop->run();
}

Result<void> Writer::write_hour(const StoredView& stored, calendar::BucketKey hour) {
    if (!stored.calendar) return {};
    const calendar::Calendar& calendar = *stored.calendar;
    const calendar::BucketKey day = calendar.hour_of(hour).day;
    ASSIGN_OR_RETURN(sql::Statement * insert, session_.statement(sql::insert_hour()));
    sql::Binder(*insert)
        .integer(stored.view.id.value)
        .integer(hour)
        .text(calendar.label(calendar::Grain::Hour, hour))
        .integer(day)
        .integer(calendar.bucket_of_day(calendar::Grain::Week, day))
        .integer(calendar.bucket_of_day(calendar::Grain::Month, day));
    return insert->run();
}

Result<void> Writer::write_marks(const StoredView& stored, const fold::ViewChanges& changes,
                                 PartitionId partition) {
    for (const fold::Mark& mark : changes.marks) RETURN_IF_ERROR(write_hour(stored, mark.hour));
    return session_.run_all(sql::upsert_mark(), changes.marks.size(),
                            [&](size_t i, sql::Values& upsert) {
                                sql::Binder(upsert)
                                    .integer(changes.view.value)
                                    .integer(changes.marks[i].hour)
                                    .integer(partition.value)
                                    .integer(changes.marks[i].touched.value);
                            });
}

Result<void> Writer::write_rows(const StoredView& stored, const fold::ViewChanges& changes,
                                PartitionId partition) {
    const auto bind_key = [&](sql::Values& upsert, const fold::CellKey& key) {
        sql::Binder binder(upsert);
        binder.integer(changes.view.value).integer(key.hour).text(key.labels.feature());
        sql::bind_dimensions(binder, key.labels, stored.dimensions()).integer(partition.value);
        return binder;
    };
    const int64_t through = changes.position.through.value;
    RETURN_IF_ERROR(
        session_.run_all(sql::upsert_live_clicks(*stored.tables), changes.rows.size(),
                         [&](size_t i, sql::Values& upsert) {
                             const fold::LiveRow& row = changes.rows[i];
                             bind_key(upsert, row.key).integer(row.clicks).integer(through);
                         }));
    return session_.run_all(sql::upsert_live_users(*stored.tables), changes.sketches.size(),
                            [&](size_t i, sql::Values& upsert) {
                                const fold::LiveSketch& row = changes.sketches[i];
                                bind_key(upsert, row.key).bytes(row.sketch).integer(through);
                            });
}

Result<void> Writer::write_position(const fold::ViewChanges& changes, PartitionId partition) {
    ASSIGN_OR_RETURN(sql::Statement * upsert,
                     session_.statement(sql::upsert_position(session_.dialect())));
    sql::Binder(*upsert)
        .integer(changes.view.value)
        .integer(partition.value)
        .integer(changes.position.through.value)
        .integer(changes.position.newest_hour)
        .integer(microseconds_of(changes.position.complete_through));
    return upsert->run();
}

}  // namespace clickmill::metrics_store
