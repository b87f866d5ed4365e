#include "metrics_store/sql/reads.h"

#include "metrics_store/sql/questions.h"

#include <bit>
#include <set>

namespace clickmill::metrics_store {
namespace {

Result<void> read_cuts(sql::ReadSession& session, fold::Ledger& ledger) {
    ASSIGN_OR_RETURN(sql::Statement * rows,
                     session.statement("SELECT first_offset, append_time_us, slice_seconds, "
                                       "max_entries FROM ledger_cuts WHERE partition = ?1 ORDER BY "
                                       "first_offset"));
    sql::Binder(*rows).integer(ledger.partition.value);
    for (;;) {
        ASSIGN_OR_RETURN(const bool has_row, rows->step());
        if (!has_row) return {};
        ledger.cuts.push_back({.offset = {rows->integer(0)},
                               .append_time = moment_of(rows->integer(1)),
                               .slice_seconds = rows->integer(2),
                               .max_entries = rows->integer(3)});
    }
}

Result<void> read_accounting(sql::ReadSession& session, fold::Ledger& ledger) {
    ASSIGN_OR_RETURN(
        sql::Statement * rows,
        session.statement("SELECT project, counted, duplicate, left_out, late, unreadable, lost "
                          "FROM accounting WHERE partition = ?1"));
    sql::Binder(*rows).integer(ledger.partition.value);
    for (;;) {
        ASSIGN_OR_RETURN(const bool has_row, rows->step());
        if (!has_row) return {};
        ledger.projects[std::string(rows->text(0))] = {.counted = rows->integer(1),
                                                       .duplicate = rows->integer(2),
                                                       .left_out = rows->integer(3),
                                                       .late = rows->integer(4),
                                                       .unreadable = rows->integer(5),
                                                       .lost = rows->integer(6)};
    }
}

}  // namespace

Result<std::vector<fold::Ledger>> read_ledgers(sql::ReadSession& session,
                                               std::optional<PartitionId> only) {
    ASSIGN_OR_RETURN(
        sql::Statement * rows,
        session.statement(std::string("SELECT partition, log_id, partition_count, through, "
                                      "folded_to_us, complete_through_us, repeat_key, "
                                      "repeat_window_seconds FROM ledgers ") +
                          (only ? "WHERE partition = ?1" : "ORDER BY partition")));
    if (only) sql::Binder(*rows).integer(only->value);
    std::vector<fold::Ledger> ledgers;
    for (;;) {
        ASSIGN_OR_RETURN(const bool has_row, rows->step());
        if (!has_row) break;
        fold::Ledger& ledger = ledgers.emplace_back();
        ledger.partition.value = static_cast<int32_t>(rows->integer(0));
        ledger.log_id = rows->text(1);
        ledger.partition_count = static_cast<int32_t>(rows->integer(2));
        ledger.through.value = rows->integer(3);
        ledger.folded_to = moment_of(rows->integer(4));
        ledger.complete_through = moment_of(rows->integer(5));
        ledger.repeat_key = std::bit_cast<uint64_t>(rows->integer(6));
        ledger.repeat_window_seconds = rows->integer(7);
    }
    for (fold::Ledger& ledger : ledgers) {
        RETURN_IF_ERROR(read_cuts(session, ledger));
        RETURN_IF_ERROR(read_accounting(session, ledger));
    }
    return ledgers;
}

Result<Progress> read_progress(sql::ReadSession& session, PartitionId partition) {
    Progress progress;
    ASSIGN_OR_RETURN(auto ledgers, read_ledgers(session, partition));
    progress.has_ledger = !ledgers.empty();
    if (progress.has_ledger) progress.ledger = std::move(ledgers.front());
    ASSIGN_OR_RETURN(sql::Statement * rows,
                     session.statement("SELECT view_id, through, newest_hour, "
                                       "complete_through_us FROM positions WHERE partition = ?1 "
                                       "ORDER BY view_id"));
    sql::Binder(*rows).integer(partition.value);
    for (;;) {
        ASSIGN_OR_RETURN(const bool has_row, rows->step());
        if (!has_row) return progress;
        progress.views.emplace_back(
            fold::ViewId{static_cast<int32_t>(rows->integer(0))},
            fold::Position{.through = {rows->integer(1)},
                           .newest_hour = rows->integer(2),
                           .complete_through = moment_of(rows->integer(3))});
    }
}

Result<std::vector<fold::RepeatPiece>> read_repeat_pieces(sql::ReadSession& session,
                                                          PartitionId partition) {
    std::vector<fold::RepeatPiece> pieces;
    ASSIGN_OR_RETURN(sql::Statement * rows,
                     session.statement("SELECT slice_offset, first_offset, next_offset, ids FROM "
                                       "repeat_pieces WHERE partition = ?1 ORDER BY first_offset"));
    sql::Binder(*rows).integer(partition.value);
    for (;;) {
        ASSIGN_OR_RETURN(const bool has_row, rows->step());
        if (!has_row) return pieces;
        pieces.push_back({.slice = {rows->integer(0)},
                          .first = {rows->integer(1)},
                          .next = {rows->integer(2)},
                          .ids = std::string(rows->bytes(3))});
    }
}

Result<std::vector<fold::StoredCell>> read_cells(sql::Session& session, const Catalog& catalog,
                                                 fold::ViewId view, PartitionId partition,
                                                 std::span<const fold::CellKey> keys) {
    std::vector<fold::StoredCell> cells(keys.size());
    const StoredView* stored = catalog.find(view);
    if (!stored || keys.empty()) return cells;
    const auto bind = [&](size_t i, sql::Values& find) {
        sql::Binder binder(find);
        binder.integer(view.value).integer(keys[i].hour).text(keys[i].labels.feature());
        sql::bind_dimensions(binder, keys[i].labels, stored->dimensions()).integer(partition.value);
    };
    RETURN_IF_ERROR(session.find_all(sql::load_clicks(*stored->tables), keys.size(), bind,
                                     [&](size_t i, const sql::Statement& row) {
                                         cells[i].clicks = row.integer(0);
                                         cells[i].clicks_through = {row.integer(1)};
                                     }));
    RETURN_IF_ERROR(session.find_all(sql::load_users(*stored->tables), keys.size(), bind,
                                     [&](size_t i, const sql::Statement& row) {
                                         cells[i].sketch = row.bytes(0);
                                         cells[i].sketch_through = {row.integer(1)};
                                     }));
    return cells;
}

Result<std::vector<fold::Labels>> read_labels_of(sql::ReadSession& session, const Catalog& catalog,
                                                 fold::ViewId view, PartitionId partition,
                                                 std::span<const calendar::BucketKey> hours) {
    std::set<fold::Labels> labels;
    const StoredView* stored = catalog.find(view);
    if (!stored) return std::vector<fold::Labels>{};
    ASSIGN_OR_RETURN(sql::Statement * rows, session.statement(sql::live_labels(*stored->tables)));
    for (const calendar::BucketKey hour : hours) {
        sql::Binder(*rows).integer(view.value).integer(hour).integer(partition.value);
        for (;;) {
            ASSIGN_OR_RETURN(const bool has_row, rows->step());
            if (!has_row) break;
            labels.insert(sql::read_labels(*rows, 0, stored->dimensions()));
        }
    }
    return std::vector<fold::Labels>(labels.begin(), labels.end());
}

}  // namespace clickmill::metrics_store
