#include "metrics_store/sql/sql_snapshot.h"

#include "metrics_store/sql/headers.h"
#include "metrics_store/sql/reads.h"

namespace clickmill::metrics_store {

template <typename Value>
Result<Value> SqlSnapshot::checked(Result<Value> answer) {
    if (answer) return answer;
    return std::unexpected(noticed(std::move(answer).error()));
}

Result<std::vector<fold::View>> SqlSnapshot::views() {
    std::vector<fold::View> views = catalog_.list();
    std::erase_if(views, [](const auto& view) { return view.state == fold::ViewState::Gone; });
    return views;
}

Result<std::vector<fold::Ledger>> SqlSnapshot::ledgers() {
    return checked(read_ledgers(session_));
}

Result<std::vector<PartitionPosition>> SqlSnapshot::positions(fold::ViewId view) {
    const auto read = [&]() -> Result<std::vector<PartitionPosition>> {
        ASSIGN_OR_RETURN(sql::Statement * rows,
                         session_.statement("SELECT partition, through, newest_hour, "
                                            "complete_through_us FROM positions WHERE view_id = ?1 "
                                            "ORDER BY partition"));
        sql::Binder(*rows).integer(view.value);
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

Result<std::vector<PartitionMark>> SqlSnapshot::marks(fold::ViewId view, BucketRange hours) {
    return checked(read_marks(session_, view, hours));
}

Result<std::vector<Header>> SqlSnapshot::headers(fold::ViewId view, calendar::Grain grain,
                                                 BucketRange buckets) {
    return checked(read_headers(session_, view, grain, buckets));
}

Result<RowsAnswer> SqlSnapshot::rows(const RowsQuestion& question) {
    return checked(read_rows(session_, catalog_, question));
}

Result<std::vector<SettledRow>> SqlSnapshot::bucket_rows(fold::ViewId view, bool is_live,
                                                         calendar::Grain grain,
                                                         calendar::BucketKey bucket) {
    const RowsQuestion of{
        .view = view, .is_live = is_live, .grain = grain, .buckets = {{bucket, bucket}}};
    return checked(read_bucket(session_, catalog_, of));
}

}  // namespace clickmill::metrics_store
