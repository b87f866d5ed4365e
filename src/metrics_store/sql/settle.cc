// Builds of buckets and their headers; live rows that go.
#include "fold/hll.h"
#include "metrics_store/header_rules.h"
#include "metrics_store/sql/headers.h"
#include "metrics_store/sql/writer.h"
#include "metrics_store/sql/writes.h"

#include <fmt/core.h>

namespace clickmill::metrics_store {
Result<void> Writer::settle(const Catalog& catalog, const Build& build) {
    ASSIGN_OR_RETURN(sql::Transaction transaction,
                     sql::Transaction::begin(session_, {sql::Change::Kind::Builds}));
    RETURN_IF_ERROR(settle_within(catalog, build));
    return transaction.commit();
}

Result<int64_t> Writer::settle_all(const Catalog& catalog, std::span<const Build> builds) {
    ASSIGN_OR_RETURN(sql::Transaction transaction,
                     sql::Transaction::begin(session_, {sql::Change::Kind::Builds}));
    int64_t stored = 0;
    for (const Build& build : builds) {
        const Result<void> done = settle_within(catalog, build);  // Conflict: nothing was written
        if (!done && done.error().code != ErrorCode::Conflict) return std::unexpected(done.error());
        if (done) ++stored;
    }
    RETURN_IF_ERROR(transaction.commit());
    return stored;
}

// In the caller's transaction.
Result<void> Writer::settle_within(const Catalog& catalog, const Build& build) {
    ASSIGN_OR_RETURN(const StoredView* stored, catalog.at(build.view));
    const calendar::BucketKey bucket = build.header.bucket;
    ASSIGN_OR_RETURN(const std::vector<Header> headers,
                     read_headers(session_, build.view, build.header.grain, {bucket, bucket}));
    if (!headers.empty()) RETURN_IF_ERROR(may_replace(headers.front(), build.header));
    RETURN_IF_ERROR(write_build(*stored, build));
    RETURN_IF_ERROR(write_header(build));
    if (build.header.grain == calendar::Grain::Hour) return write_hour(*stored, bucket);
    return {};
}

// Rows of the build before go in the same transaction, so a bucket has those of one build only.
Result<void> Writer::write_build(const StoredView& stored, const Build& build) {
    RETURN_IF_ERROR(delete_settled(stored, build.header.grain, build.header.bucket));
    const auto grain = static_cast<int64_t>(build.header.grain);
    const auto bind_key = [&](sql::Values& insert, const SettledRow& row) {
        sql::Binder binder(insert);
        binder.integer(build.view.value)
            .integer(grain)
            .text(row.labels.feature())
            .integer(build.header.bucket);
        sql::bind_dimensions(binder, row.labels, stored.dimensions());
        return binder;
    };
    std::vector<std::pair<const SettledRow*, int64_t>> with_users;
    for (const SettledRow& row : build.rows) {
        if (row.sketch.empty()) continue;
        ASSIGN_OR_RETURN(const fold::Hll sketch, fold::Hll::parse(row.sketch));
        with_users.emplace_back(&row, sketch.count());
    }
    auto users = with_users.begin();
    RETURN_IF_ERROR(session_.run_all(
        sql::insert_settled(*stored.tables), build.rows.size(), [&](size_t i, sql::Values& insert) {
            const SettledRow& row = build.rows[i];
            sql::Binder binder = bind_key(insert, row).integer(row.clicks);
            if (row.sketch.empty()) {
                binder.null();
            } else {
                binder.integer((users++)->second);
            }
        }));
    return session_.run_all(sql::insert_settled_users(*stored.tables), with_users.size(),
                            [&](size_t i, sql::Values& insert) {
                                const SettledRow& row = *with_users[i].first;
                                bind_key(insert, row).bytes(row.sketch);
                            });
}

Result<void> Writer::write_header(const Build& build) {
    ASSIGN_OR_RETURN(sql::Statement * last,
                     session_.statement("UPDATE builds SET last = last + 1 RETURNING last"));
    ASSIGN_OR_RETURN(const bool has_row, last->step());
    const int64_t number = has_row ? last->integer(0) : 1;
    RETURN_IF_ERROR(last->run());
    ASSIGN_OR_RETURN(sql::Statement * upsert, session_.statement(sql::upsert_header()));
    sql::Binder(*upsert)
        .integer(build.view.value)
        .integer(static_cast<int64_t>(build.header.grain))
        .integer(build.header.bucket)
        .integer(number)
        .text(positions_text(build.header.positions))
        .text(held_text(build.header.held));
    return upsert->run();
}

Result<void> Writer::retire(const Catalog& catalog, fold::ViewId view,
                            std::span<const calendar::BucketKey> hours) {
    ASSIGN_OR_RETURN(const StoredView* stored, catalog.at(view));
    ASSIGN_OR_RETURN(sql::Transaction transaction,
                     sql::Transaction::begin(session_, {sql::Change::Kind::Everything}));
    ASSIGN_OR_RETURN(sql::Statement * say,
                     session_.statement("UPDATE headers SET is_live_gone = 1 WHERE view_id = ?1 "
                                        "AND grain = 0 AND bucket = ?2"));
    for (const calendar::BucketKey hour : hours) {
        ASSIGN_OR_RETURN(const auto headers,
                         read_headers(session_, view, calendar::Grain::Hour, {hour, hour}));
        ASSIGN_OR_RETURN(const auto marks, read_marks(session_, view, {hour, hour}));
        // An hour whose build does not count lives by its live rows alone.
        if (headers.empty() || is_touched_since(headers.front(), marks)) continue;
        sql::Binder(*say).integer(view.value).integer(hour);
        RETURN_IF_ERROR(say->run());
        RETURN_IF_ERROR(delete_live(*stored, hour));
    }
    return transaction.commit();
}

Result<void> Writer::forget(const Catalog& catalog, fold::ViewId view, calendar::Grain grain,
                            std::span<const calendar::BucketKey> buckets) {
    ASSIGN_OR_RETURN(const StoredView* stored, catalog.at(view));
    ASSIGN_OR_RETURN(sql::Transaction transaction,
                     sql::Transaction::begin(session_, {sql::Change::Kind::Builds}));
    ASSIGN_OR_RETURN(sql::Statement * say,
                     session_.statement("UPDATE headers SET is_live_gone = ?1 WHERE view_id = ?2 "
                                        "AND grain = ?3 AND bucket = ?4 AND (grain <> 0 OR "
                                        "is_live_gone <> 0)"));
    for (const calendar::BucketKey bucket : buckets) {
        sql::Binder(*say)
            .integer(kForgotten)
            .integer(view.value)
            .integer(static_cast<int64_t>(grain))
            .integer(bucket);
        RETURN_IF_ERROR(say->run());
        if (session_.changes() != 0) RETURN_IF_ERROR(delete_settled(*stored, grain, bucket));
    }
    return transaction.commit();
}

// A few buckets in a transaction of their own, so that nobody waits for long.
Result<bool> Writer::clear_some(const Catalog& catalog, fold::ViewId view) {
    ASSIGN_OR_RETURN(const StoredView* stored, catalog.at(view));
    RETURN_IF_ERROR(require_dropped(stored->view));
    ASSIGN_OR_RETURN(sql::Transaction transaction,
                     sql::Transaction::begin(session_, {sql::Change::Kind::Everything}));
    ASSIGN_OR_RETURN(bool is_more, clear_buckets(*stored));
    if (!is_more) {
        ASSIGN_OR_RETURN(is_more, clear_live(*stored));
    }
    if (!is_more) {
        ASSIGN_OR_RETURN(sql::Statement * positions,
                         session_.statement("DELETE FROM positions WHERE view_id = ?1"));
        sql::Binder(*positions).integer(view.value);
        RETURN_IF_ERROR(positions->run());
        ASSIGN_OR_RETURN(sql::Statement * say,
                         session_.statement("UPDATE views SET state = ?2, changed = (SELECT "
                                            "max(changed) + 1 FROM views) WHERE view_id = ?1"));
        sql::Binder(*say).integer(view.value).integer(std::to_underlying(fold::ViewState::Gone));
        RETURN_IF_ERROR(say->run());
    }
    RETURN_IF_ERROR(transaction.commit());
    return is_more;
}

Result<bool> Writer::clear_buckets(const StoredView& stored) {
    ASSIGN_OR_RETURN(sql::Statement * some,
                     session_.statement("SELECT grain, bucket FROM headers WHERE view_id = ?1 "
                                        "ORDER BY grain, bucket LIMIT 48"));
    sql::Binder(*some).integer(stored.view.id.value);
    std::vector<std::pair<int64_t, calendar::BucketKey>> buckets;
    for (;;) {
        ASSIGN_OR_RETURN(const bool has_row, some->step());
        if (!has_row) break;
        buckets.emplace_back(some->integer(0), some->integer(1));
    }
    ASSIGN_OR_RETURN(sql::Statement * header,
                     session_.statement("DELETE FROM headers WHERE view_id = ?1 AND grain = ?2 AND "
                                        "bucket = ?3"));
    for (const auto& [grain, bucket] : buckets) {
        RETURN_IF_ERROR(delete_settled(stored, static_cast<calendar::Grain>(grain), bucket));
        sql::Binder(*header).integer(stored.view.id.value).integer(grain).integer(bucket);
        RETURN_IF_ERROR(header->run());
    }
    return !buckets.empty();
}

Result<bool> Writer::clear_live(const StoredView& stored) {
    ASSIGN_OR_RETURN(sql::Statement * some,
                     session_.statement("SELECT DISTINCT hour FROM marks WHERE view_id = ?1 ORDER "
                                        "BY hour LIMIT 48"));
    sql::Binder(*some).integer(stored.view.id.value);
    std::vector<calendar::BucketKey> hours;
    for (;;) {
        ASSIGN_OR_RETURN(const bool has_row, some->step());
        if (!has_row) break;
        hours.push_back(some->integer(0));
    }
    for (const calendar::BucketKey hour : hours) {
        RETURN_IF_ERROR(delete_live(stored, hour));
        for (const std::string_view text : {"DELETE FROM marks WHERE view_id = ?1 AND hour = ?2",
                                            "DELETE FROM hours WHERE view_id = ?1 AND hour = ?2"}) {
            ASSIGN_OR_RETURN(sql::Statement * clear, session_.statement(std::string(text)));
            sql::Binder(*clear).integer(stored.view.id.value).integer(hour);
            RETURN_IF_ERROR(clear->run());
        }
    }
    return !hours.empty();
}

Result<void> Writer::delete_settled(const StoredView& stored, calendar::Grain grain,
                                    calendar::BucketKey bucket) {
    for (const std::string& text :
         {sql::delete_settled(*stored.tables), sql::delete_settled_users(*stored.tables)}) {
        ASSIGN_OR_RETURN(sql::Statement * clear, session_.statement(text));
        sql::Binder(*clear)
            .integer(stored.view.id.value)
            .integer(static_cast<int64_t>(grain))
            .integer(bucket);
        RETURN_IF_ERROR(clear->run());
    }
    return {};
}

Result<void> Writer::delete_live(const StoredView& stored, calendar::BucketKey hour) {
    for (const std::string& text :
         {sql::delete_live_clicks(*stored.tables), sql::delete_live_users(*stored.tables)}) {
        ASSIGN_OR_RETURN(sql::Statement * clear, session_.statement(text));
        sql::Binder(*clear).integer(stored.view.id.value).integer(hour);
        RETURN_IF_ERROR(clear->run());
    }
    return {};
}

}  // namespace clickmill::metrics_store
