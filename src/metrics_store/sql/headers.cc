#include "metrics_store/sql/headers.h"

#include <fmt/core.h>

#include <algorithm>
#include <charconv>
#include <string_view>

namespace clickmill::metrics_store {
namespace {

std::vector<int64_t> numbers_in(std::string_view text) {
    std::vector<int64_t> numbers;
    const char* at = text.data();
    const char* const end = text.data() + text.size();
    while (at != end) {
        int64_t number = 0;
        const auto [next, error] = std::from_chars(at, end, number);
        if (error == std::errc()) numbers.push_back(number);
        at = error == std::errc() ? next : at + 1;
    }
    return numbers;
}

Header read_header(const sql::Statement& row, calendar::Grain grain) {
    Header header{.grain = grain, .bucket = row.integer(0), .build = row.integer(1)};
    for (const int64_t number : numbers_in(row.text(2))) header.positions.push_back({number});
    const std::vector<int64_t> held = numbers_in(row.text(3));
    for (size_t i = 0; i + 1 < held.size(); i += 2) header.held.push_back({held[i], held[i + 1]});
    header.is_forgotten = row.integer(4) == kForgotten;
    header.is_live_gone = row.integer(4) != 0 && grain == calendar::Grain::Hour;
    return header;
}

}  // namespace

std::string positions_text(const std::vector<Offset>& positions) {
    std::string text = "[";
    for (const Offset position : positions)
        text += fmt::format("{}{}", text.size() > 1 ? "," : "", position.value);
    return text + "]";
}

std::string held_text(const std::vector<HourRange>& held) {
    std::string text = "[";
    for (const HourRange& range : held)
        text += fmt::format("{}[{},{}]", text.size() > 1 ? "," : "", range.first, range.last);
    return text + "]";
}

Result<std::vector<Header>> read_headers(sql::ReadSession& session, fold::ViewId view,
                                         calendar::Grain grain, BucketRange buckets) {
    ASSIGN_OR_RETURN(
        sql::Statement * rows,
        session.statement("SELECT bucket, build, positions, held, is_live_gone FROM headers WHERE "
                          "view_id = ?1 AND grain = ?2 AND bucket BETWEEN ?3 AND ?4 ORDER BY "
                          "bucket"));
    sql::Binder(*rows)
        .integer(view.value)
        .integer(static_cast<int64_t>(grain))
        .integer(buckets.first)
        .integer(buckets.last);
    std::vector<Header> headers;
    for (;;) {
        ASSIGN_OR_RETURN(const bool has_row, rows->step());
        if (!has_row) return headers;
        headers.push_back(read_header(*rows, grain));
    }
}

Result<std::vector<PartitionMark>> read_marks(sql::ReadSession& session, fold::ViewId view,
                                              BucketRange hours) {
    ASSIGN_OR_RETURN(
        sql::Statement * rows,
        session.statement("SELECT partition, hour, touched FROM marks WHERE view_id = ?1 AND hour "
                          "BETWEEN ?2 AND ?3 ORDER BY hour, partition"));
    sql::Binder(*rows).integer(view.value).integer(hours.first).integer(hours.last);
    std::vector<PartitionMark> marks;
    for (;;) {
        ASSIGN_OR_RETURN(const bool has_row, rows->step());
        if (!has_row) return marks;
        marks.push_back({PartitionId{static_cast<int32_t>(rows->integer(0))}, rows->integer(1),
                         Offset{rows->integer(2)}});
    }
}

bool is_touched_since(const Header& header, const std::vector<PartitionMark>& marks) {
    return std::any_of(marks.begin(), marks.end(), [&](const PartitionMark& mark) {
        const auto index = static_cast<size_t>(mark.partition.value);
        return mark.touched >
               (index < header.positions.size() ? header.positions[index] : Offset{});
    });
}

}  // namespace clickmill::metrics_store
