#include "metrics_store/sqlite/sqlite_snapshot.h"

#include <bit>

namespace clickmill::metrics_store {
namespace {

Result<void> read_cuts(Session& session, fold::Ledger& ledger) {
    ASSIGN_OR_RETURN(sqlite::Statement * rows,
                     session.statement("SELECT first_offset, append_time_us, slice_seconds, "
                                       "max_entries FROM ledger_cuts WHERE partition = ?1 ORDER BY "
                                       "first_offset"));
    Binder(*rows).integer(ledger.partition.value);
    for (;;) {
        ASSIGN_OR_RETURN(const bool has_row, rows->step());
        if (!has_row) return {};
        ledger.cuts.push_back({.offset = {rows->integer(0)},
                               .append_time = moment_of(rows->integer(1)),
                               .slice_seconds = rows->integer(2),
                               .max_entries = rows->integer(3)});
    }
}

Result<void> read_accounting(Session& session, fold::Ledger& ledger) {
    ASSIGN_OR_RETURN(
        sqlite::Statement * rows,
        session.statement("SELECT project, counted, duplicate, left_out, late, unreadable, lost "
                          "FROM accounting WHERE partition = ?1"));
    Binder(*rows).integer(ledger.partition.value);
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

Result<std::vector<fold::Ledger>> read_ledgers(Session& session, std::optional<PartitionId> only) {
    ASSIGN_OR_RETURN(
        sqlite::Statement * rows,
        session.statement("SELECT partition, log_id, partition_count, through, folded_to_us, "
                          "complete_through_us, repeat_key, repeat_window_seconds FROM ledgers "
                          "WHERE ?1 IS NULL OR partition = ?1 ORDER BY partition"));
    Binder binder(*rows);
    if (only)
        binder.integer(only->value);
    else
        binder.null();
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

template <typename Value>
Result<Value> SqliteMetricsStore::SqliteSnapshot::checked(Result<Value> answer) {
    if (answer || answer.error().code != ErrorCode::Corrupt) return answer;
    return std::unexpected(store_.found_damage(reading_.database(), std::move(answer).error()));
}

Result<std::vector<fold::View>> SqliteMetricsStore::SqliteSnapshot::views() {
    return reading_.catalog().list();
}

Result<std::vector<fold::Ledger>> SqliteMetricsStore::SqliteSnapshot::ledgers() {
    return checked(read_ledgers(reading_.session()));
}

Result<std::vector<PartitionPosition>> SqliteMetricsStore::SqliteSnapshot::positions(
    fold::ViewId view) {
    const auto read = [&]() -> Result<std::vector<PartitionPosition>> {
        ASSIGN_OR_RETURN(
            sqlite::Statement * rows,
            reading_.session().statement("SELECT partition, through, newest_hour, "
                                         "complete_through_us FROM positions WHERE view_id = ?1 "
                                         "ORDER BY partition"));
        Binder(*rows).integer(view.value);
        std::vector<PartitionPosition> positions;
        for (;;) {
            ASSIGN_OR_RETURN(const bool has_row, rows->step());
            if (!has_row) return positions;
            positions.push_back({PartitionId{static_cast<int32_t>(rows->integer(0))},
                                 {.through = {rows->integer(1)},
                                  .newest_hour = rows->integer(2),
                                  .complete_through = moment_of(rows->integer(3))}});
        }
    };
    return checked(read());
}

Result<std::vector<PartitionMark>> SqliteMetricsStore::SqliteSnapshot::marks(fold::ViewId view,
                                                                             BucketRange hours) {
    return checked(read_marks(reading_.session(), view, hours));
}

Result<std::vector<Header>> SqliteMetricsStore::SqliteSnapshot::headers(fold::ViewId view,
                                                                        calendar::Grain grain,
                                                                        BucketRange buckets) {
    return checked(read_headers(reading_.session(), view, grain, buckets));
}

Result<RowsAnswer> SqliteMetricsStore::SqliteSnapshot::rows(const RowsQuestion& question) {
    return checked(read_rows(reading_.session(), reading_.catalog(), question));
}

Result<std::vector<SettledRow>> SqliteMetricsStore::SqliteSnapshot::bucket_rows(
    fold::ViewId view, bool is_live, calendar::Grain grain, calendar::BucketKey bucket) {
    const RowsQuestion of{
        .view = view, .is_live = is_live, .grain = grain, .buckets = {{bucket, bucket}}};
    return checked(read_bucket(reading_.session(), reading_.catalog(), of));
}

}  // namespace clickmill::metrics_store
