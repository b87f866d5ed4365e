// Builds of buckets and their headers; rows that go.
#include "base/hash.h"
#include "fold/hll.h"
#include "metrics_store/clickhouse/session.h"
#include "metrics_store/clickhouse/writer.h"
#include "metrics_store/header_rules.h"
#include "metrics_store/sql/headers.h"

#include <fmt/format.h>

#include <algorithm>

namespace clickmill::metrics_store {
namespace {

// A build's number is the server's microsecond and ten random bits.
constexpr int kRandomBits = 10;
constexpr int64_t kBuildsPerSecond = int64_t{1'000'000} << kRandomBits;
// A settler that needed longer gives up before it writes its headers: they would name rows that are
// swept soon (ClickHouseOptions::keeps_old_builds).
constexpr std::chrono::minutes kMayTake{10};

constexpr int64_t kNoBuild = 0;  // no row has it

constexpr std::string_view kHeaderColumns =
    "view_id, grain, bucket, build, positions, held, is_live_gone, version";

// Builds of one bucket are read at positions that only grow, so their sum orders them; one whose
// live rows are gone stays, and one that is forgotten stays for ever.
void append_header(RowBinaryWriter& rows, fold::ViewId view, const Header& header) {
    const int64_t gone = header.is_forgotten ? kForgotten : (header.is_live_gone ? kLiveGone : 0);
    uint64_t sum = 0;
    for (const Offset position : header.positions) sum += static_cast<uint64_t>(position.value);
    rows.integer(view.value)
        .integer(static_cast<int64_t>(header.grain))
        .integer(header.bucket)
        .integer(header.build)
        .text(positions_text(header.positions))
        .text(held_text(header.held))
        .integer(gone)
        .wide(static_cast<uint64_t>(gone), sum);
}

}  // namespace

Result<int64_t> ChWriter::next_build() {
    ASSIGN_OR_RETURN(const std::string now,
                     client_.query("SELECT toUnixTimestamp64Micro(now64(6))"));
    const auto random = static_cast<int64_t>(random_u64() >> (64 - kRandomBits));
    return (RowBinaryReader(now).integer() << kRandomBits) + random;
}

Result<ChWriter::Headers> ChWriter::headers_before(std::span<const Build> builds) {
    std::map<std::pair<fold::ViewId, calendar::Grain>, BucketRange> ranges;
    for (const Build& build : builds) {
        const calendar::BucketKey bucket = build.header.bucket;
        BucketRange& range =
            ranges.try_emplace({build.view, build.header.grain}, bucket, bucket).first->second;
        range = {std::min(range.first, bucket), std::max(range.last, bucket)};
    }
    ChReadSession session(client_);
    Headers headers;
    for (const auto& [of, range] : ranges) {
        ASSIGN_OR_RETURN(auto stored, read_headers(session, of.first, of.second, range));
        for (Header& header : stored)
            headers[{of.first, of.second, header.bucket}] = std::move(header);
    }
    return headers;
}

Result<void> ChWriter::settle(const Catalog& catalog, const Build& build) {
    RETURN_IF_ERROR(catalog.at(build.view));
    ASSIGN_OR_RETURN(const Headers before, headers_before({&build, 1}));
    for (const auto& [bucket, stored] : before) RETURN_IF_ERROR(may_replace(stored, build.header));
    const BucketId id{build.view, build.header.grain, build.header.bucket};
    return write_builds(catalog, {{id, &build}});
}

Result<int64_t> ChWriter::settle_all(const Catalog& catalog, std::span<const Build> builds) {
    ASSIGN_OR_RETURN(Headers before, headers_before(builds));
    std::map<BucketId, const Build*> wanted;  // of several for one bucket the last
    int64_t stored = 0;
    for (const Build& build : builds) {
        RETURN_IF_ERROR(catalog.at(build.view));
        const BucketId id{build.view, build.header.grain, build.header.bucket};
        const auto there = before.find(id);
        if (there != before.end() && !may_replace(there->second, build.header)) continue;
        before[id] = build.header;
        wanted[id] = &build;
        ++stored;
    }
    if (!wanted.empty()) RETURN_IF_ERROR(write_builds(catalog, wanted));
    return stored;
}

Result<void> ChWriter::write_builds(const Catalog& catalog,
                                    const std::map<BucketId, const Build*>& builds) {
    const auto began = std::chrono::steady_clock::now();
    ASSIGN_OR_RETURN(const int64_t number, next_build());
    std::map<const sql::RollupTables*, std::vector<const Build*>> by_table;
    std::map<const sql::RollupTables*, const StoredView*> stored;
    std::vector<std::pair<fold::ViewId, calendar::BucketKey>> hours;
    RowBinaryWriter headers;
    for (const auto& [id, build] : builds) {
        ASSIGN_OR_RETURN(const StoredView* view, catalog.at(build->view));
        by_table[view->tables.get()].push_back(build);
        stored[view->tables.get()] = view;
        Header header = build->header;
        header.build = number;
        append_header(headers, build->view, header);
        if (header.grain == calendar::Grain::Hour) hours.emplace_back(build->view, header.bucket);
    }
    for (const auto& [tables, of_table] : by_table)
        RETURN_IF_ERROR(write_build_rows(*stored[tables], of_table, number));
    RETURN_IF_ERROR(write_hours(catalog, hours));
    if (std::chrono::steady_clock::now() - began > kMayTake) {
        return fail(ErrorCode::Unavailable, "cannot settle", "ClickHouse",
                    "storing rows took longer than they are kept without a header; it is tried "
                    "again");
    }
    RETURN_IF_ERROR(insert("headers", kHeaderColumns, headers));
    return sweep_old_builds(catalog, number);
}

Result<void> ChWriter::write_build_rows(const StoredView& stored,
                                        std::span<const Build* const> builds, int64_t number) {
    const std::string columns = sql::comma(
        {"view_id, grain, feature_id, bucket", sql::comma(stored.tables->columns), "build"});
    RowBinaryWriter clicks;
    RowBinaryWriter users;
    for (const Build* build : builds) {
        const auto append_key = [&](RowBinaryWriter& rows, const fold::Labels& labels) {
            rows.integer(build->view.value)
                .integer(static_cast<int64_t>(build->header.grain))
                .text(labels.feature())
                .integer(build->header.bucket);
            append_labels(rows, labels, stored);
            rows.integer(number);
        };
        for (const SettledRow& row : build->rows) {
            append_key(clicks, row.labels);
            clicks.integer(row.clicks);
            if (row.sketch.empty()) {
                clicks.null();
                continue;
            }
            ASSIGN_OR_RETURN(const fold::Hll sketch, fold::Hll::parse(row.sketch));
            clicks.nullable(sketch.count());
            append_key(users, row.labels);
            users.text(row.sketch);
        }
    }
    RETURN_IF_ERROR(insert(stored.tables->settled, columns + ", clicks, users", clicks));
    return insert(stored.tables->settled_users, columns + ", sketch", users);
}

// Now and then: a delete reads the whole table.
Result<void> ChWriter::sweep_old_builds(const Catalog& catalog, int64_t build) {
    const int64_t age = keeps_old_builds_.count() * kBuildsPerSecond;
    {
        const std::lock_guard lock(mutex_);
        if (swept_build_ == 0) swept_build_ = build;
        if (build - swept_build_ < age) return {};
        swept_build_ = build;
    }
    std::set<std::shared_ptr<const sql::RollupTables>> rollups;
    for (const auto& [id, stored] : catalog.views) rollups.insert(stored.tables);
    for (const auto& tables : rollups) {
        for (const std::string& table : {tables->settled, tables->settled_users}) {
            RETURN_IF_ERROR(client_.query(delete_from(
                layout_, table,
                fmt::format("build < {} AND (view_id, grain, bucket, build) NOT IN (SELECT "
                            "view_id, grain, bucket, build FROM headers FINAL)",
                            build - age))));
        }
    }
    return {};
}

// The stored headers of these buckets.
Result<std::vector<Header>> ChWriter::headers_of(fold::ViewId view, calendar::Grain grain,
                                                 std::span<const calendar::BucketKey> buckets) {
    if (buckets.empty()) return std::vector<Header>{};
    const auto [first, last] = std::ranges::minmax(buckets);
    ChReadSession session(client_);
    ASSIGN_OR_RETURN(auto headers, read_headers(session, view, grain, {first, last}));
    std::erase_if(headers, [&](const Header& header) {
        return std::ranges::find(buckets, header.bucket) == buckets.end();
    });
    return headers;
}

Result<void> ChWriter::retire(const Catalog& catalog, fold::ViewId view,
                              std::span<const calendar::BucketKey> hours) {
    ASSIGN_OR_RETURN(const StoredView* stored, catalog.at(view));
    ASSIGN_OR_RETURN(auto headers, headers_of(view, calendar::Grain::Hour, hours));
    if (headers.empty()) return {};
    ChReadSession session(client_);
    ASSIGN_OR_RETURN(const auto marks,
                     read_marks(session, view, {headers.front().bucket, headers.back().bucket}));
    // An hour whose build does not count lives by its live rows alone.
    std::erase_if(headers, [&](const Header& header) {
        std::vector<PartitionMark> of_hour;
        std::ranges::copy_if(marks, std::back_inserter(of_hour),
                             [&](const auto& mark) { return mark.hour == header.bucket; });
        return is_touched_since(header, of_hour);
    });
    for (Header& header : headers) header.is_live_gone = true;
    return let_go(view, headers, "hour", {stored->tables->live, stored->tables->live_users});
}

Result<void> ChWriter::forget(const Catalog& catalog, fold::ViewId view, calendar::Grain grain,
                              std::span<const calendar::BucketKey> buckets) {
    ASSIGN_OR_RETURN(const StoredView* stored, catalog.at(view));
    ASSIGN_OR_RETURN(auto headers, headers_of(view, grain, buckets));
    std::erase_if(headers, [&](const Header& header) {
        return grain == calendar::Grain::Hour && !header.is_live_gone;
    });
    for (Header& header : headers) {
        header.is_forgotten = true;
        header.build = kNoBuild;
    }
    return let_go(view, headers, fmt::format("grain = {} AND bucket", static_cast<int64_t>(grain)),
                  {stored->tables->settled, stored->tables->settled_users});
}

Result<void> ChWriter::clear(const Catalog& catalog, fold::ViewId view) {
    ASSIGN_OR_RETURN(const StoredView* stored, catalog.at(view));
    RETURN_IF_ERROR(require_dropped(stored->view));
    const sql::RollupTables& tables = *stored->tables;
    const std::string_view all[] = {
        tables.settled, tables.settled_users, tables.live, tables.live_users, "headers", "marks",
        "hours",        "positions"};
    for (const std::string_view table : all) {
        RETURN_IF_ERROR(
            client_.query(delete_from(layout_, table, fmt::format("view_id = {}", view.value))));
    }
    return {};
}

// First it is said, then done: who settles from rows that are about to go sees it. Readers ask
// headers which rows count, so nobody waits for the deletes.
Result<void> ChWriter::let_go(fold::ViewId view, std::span<const Header> headers,
                              std::string_view bucket_column,
                              std::initializer_list<std::string_view> tables) {
    if (headers.empty()) return {};
    RowBinaryWriter rows;
    std::vector<calendar::BucketKey> gone;
    gone.reserve(headers.size());
    for (const Header& header : headers) {
        append_header(rows, view, header);
        gone.push_back(header.bucket);
    }
    RETURN_IF_ERROR(insert("headers", kHeaderColumns, rows));
    const std::string where = fmt::format("view_id = {} AND {} IN ({})", view.value, bucket_column,
                                          fmt::join(gone, ", "));
    for (const std::string_view table : tables)
        RETURN_IF_ERROR(client_.query(delete_from(layout_, table, where)));
    return {};
}

}  // namespace clickmill::metrics_store
