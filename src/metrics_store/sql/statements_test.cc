// Every statement that the generator makes for each dialect, word for word: golden/.
#include "metrics_store/sql/golden.h"
#include "metrics_store/sql/test_questions.h"
#include "metrics_store/sql/writes.h"

namespace clickmill::metrics_store::sql {
namespace {

const RollupTables& tables() {
    static const RollupTables kTables("by_platform_version", kDimensions);
    return kTables;
}

struct Case {
    const char* name;
    const Dialect* dialect;
};
void PrintTo(const Case& one, std::ostream* out) {
    *out << one.name;
}

class GeneratedSql : public testing::TestWithParam<Case> {
protected:
    const Dialect& dialect() const { return *GetParam().dialect; }
    void expect_equals(const Golden& golden, const std::string& what) const {
        golden.expect_equals(std::string(GetParam().name) + "_" + what + ".sql");
    }
};

std::string with_values(const Query& query) {
    std::string text = query.text + "\n--   with";
    for (const Value& value : query.values) {
        const auto* number = std::get_if<int64_t>(&value);
        text += number ? " " + std::to_string(*number) : " '" + std::get<std::string>(value) + "'";
    }
    return text;
}

TEST_P(GeneratedSql, MakesTheTablesThatWereAgreedOn) {
    Golden golden;
    for (const std::string& text : create_common_tables(dialect())) golden.add("all rollups", text);
    for (const std::string& text : create_rollup_tables(dialect(), tables()))
        golden.add("one rollup", text);
    expect_equals(golden, "tables");
}

TEST_P(GeneratedSql, MakesTheViewsForPeopleThatWereAgreedOn) {
    Golden golden;
    golden.add("one rollup", create_readable_view(dialect(), tables()));
    for (const std::string& text : create_views_of_totals(dialect(), RollupTables("totals", {})))
        golden.add("totals", text);
    expect_equals(golden, "people");
}

TEST_P(GeneratedSql, WritesAsWasAgreedOn) {
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
    golden.add("upsert_position", upsert_position(dialect()));
    golden.add("upsert_ledger", upsert_ledger());
    golden.add("upsert_repeat_piece", upsert_repeat_piece());
    golden.add("upsert_accounting", upsert_accounting());
    golden.add("upsert_header", upsert_header());
    expect_equals(golden, "writes");
}

class GeneratedQuestions : public GeneratedSql {};

TEST_P(GeneratedQuestions, ReadAsWasAgreedOn) {
    Golden golden;
    for (const auto& [name, question, range] : questions()) {
        golden.add(name, with_values(clicks_of(dialect(), tables(), question, {&range, 1})));
        golden.add(std::string(name) + ", users",
                   with_values(users_of(dialect(), tables(), question, {&range, 1})));
    }
    const std::vector<BucketRange> several{{1, 1}, {3, 5}, {9, 9}};
    for (const bool is_live : {false, true}) {
        const RowsQuestion question{.view = {1}, .is_live = is_live, .features = {"a"}};
        golden.add(is_live ? "several ranges, live" : "several ranges",
                   with_values(clicks_of(dialect(), tables(), question, several)));
    }
    for (const bool is_live : {false, true}) {
        const RowsQuestion bucket{
            .view = {1}, .is_live = is_live, .buckets = {kOneBucket}, .filters = {}};
        const std::string name = is_live ? "one live hour whole" : "one bucket whole";
        golden.add(name, with_values(clicks_in_bucket(dialect(), tables(), bucket)));
        golden.add(name + ", users", with_values(users_in_bucket(dialect(), tables(), bucket)));
    }
    golden.add("load_clicks", load_clicks(tables()));
    golden.add("load_users", load_users(tables()));
    golden.add("live_labels", live_labels(tables()));
    expect_equals(golden, "questions");
}

const auto kNameOf = [](const auto& param) { return std::string(param.param.name); };
INSTANTIATE_TEST_SUITE_P(EveryDialect, GeneratedSql,
                         testing::Values(Case{"sqlite", &kSqlite}, Case{"postgres", &kPostgres}),
                         kNameOf);
INSTANTIATE_TEST_SUITE_P(EveryDialect, GeneratedQuestions,
                         testing::Values(Case{"sqlite", &kSqlite}, Case{"postgres", &kPostgres},
                                         Case{"clickhouse", &kClickHouse}),
                         kNameOf);

}  // namespace
}  // namespace clickmill::metrics_store::sql
