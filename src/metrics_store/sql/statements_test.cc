// Every statement that the generator makes for SQLite, word for word: golden/.
#include "metrics_store/sql/golden.h"
#include "metrics_store/sql/test_questions.h"
#include "metrics_store/sql/writes.h"

namespace clickmill::metrics_store::sql {
namespace {

const RollupTables& tables() {
    static const RollupTables kTables("by_platform_version", kDimensions);
    return kTables;
}

std::string with_values(const Query& query) {
    std::string text = query.text + "\n--   with";
    for (const Value& value : query.values) {
        const auto* number = std::get_if<int64_t>(&value);
        text += number ? " " + std::to_string(*number) : " '" + std::get<std::string>(value) + "'";
    }
    return text;
}

TEST(GeneratedSql, MakesTheTablesThatWereAgreedOn) {
    Golden golden;
    for (const std::string& text : create_common_tables(kSqlite)) golden.add("all rollups", text);
    for (const std::string& text : create_rollup_tables(kSqlite, tables()))
        golden.add("one rollup", text);
    golden.expect_equals("sqlite_tables.sql");
}

TEST(GeneratedSql, MakesTheViewsForPeopleThatWereAgreedOn) {
    Golden golden;
    golden.add("one rollup", create_readable_view(tables()));
    for (const std::string& text : create_views_of_totals(RollupTables("totals", {})))
        golden.add("totals", text);
    golden.expect_equals("sqlite_people.sql");
}

TEST(GeneratedSql, WritesAsWasAgreedOn) {
    Golden golden;
    golden.add("upsert_live_clicks", upsert_live_clicks(tables()));
    golden.add("upsert_live_users", upsert_live_users(tables()));
    golden.add("delete_live_clicks", delete_live_clicks(tables()));
    golden.add("delete_live_users", delete_live_users(tables()));
    golden.add("insert_settled", insert_settled(tables()));
    golden.add("insert_settled_users", insert_settled_users(tables()));
    golden.add("delete_settled", delete_settled(tables()));
    golden.add("delete_settled_users", delete_settled_users(tables()));
    golden.add("upsert_mark", upsert_mark());
    golden.add("insert_hour", insert_hour());
    golden.add("upsert_position", upsert_position(kSqlite));
    golden.add("upsert_ledger", upsert_ledger());
    golden.add("upsert_repeat_piece", upsert_repeat_piece());
    golden.add("upsert_accounting", upsert_accounting());
    golden.add("upsert_header", upsert_header());
    golden.expect_equals("sqlite_writes.sql");
}

TEST(GeneratedSql, ReadsAsWasAgreedOn) {
    Golden golden;
    for (const auto& [name, question, range] : questions()) {
        golden.add(name, with_values(clicks_of(kSqlite, tables(), question, range)));
        golden.add(std::string(name) + ", users",
                   with_values(users_of(kSqlite, tables(), question, range)));
    }
    for (const bool is_live : {false, true}) {
        const RowsQuestion bucket{
            .view = {1}, .is_live = is_live, .buckets = {kOneBucket}, .filters = {}};
        const std::string name = is_live ? "one live hour whole" : "one bucket whole";
        golden.add(name, with_values(clicks_in_bucket(kSqlite, tables(), bucket)));
        golden.add(name + ", users", with_values(users_in_bucket(kSqlite, tables(), bucket)));
    }
    golden.add("load_clicks", load_clicks(tables()));
    golden.add("load_users", load_users(tables()));
    golden.add("live_labels", live_labels(tables()));
    golden.expect_equals("sqlite_questions.sql");
}

}  // namespace
}  // namespace clickmill::metrics_store::sql
