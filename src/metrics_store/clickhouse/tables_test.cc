// ClickHouse's tables and views, word for word: sql/golden/clickhouse_*.sql.
#include "metrics_store/clickhouse/tables.h"

#include "metrics_store/sql/golden.h"

namespace clickmill::metrics_store {
namespace {

const std::vector<std::string> kDimensions{"platform", "app_version"};

void expect_tables(const ChLayout& layout, const std::string& file) {
    const sql::RollupTables tables = ch_rollup_tables("by_platform_version", kDimensions);
    sql::Golden golden;
    for (const std::string& text : create_ch_tables(layout)) golden.add("all rollups", text);
    for (const std::string& text : create_ch_rollup_tables(layout, tables))
        golden.add("one rollup", text);
    golden.add("one rollup, for people", create_ch_readable_view(layout, tables));
    for (const std::string& text : create_ch_views_of_totals(layout)) golden.add("totals", text);
    golden.add("delete", delete_from(layout, tables.live, "view_id = 1"));
    golden.expect_equals(file);
}

TEST(ClickHouseTables, AreThoseThatWereAgreedOn) {
    expect_tables({}, "clickhouse_tables.sql");
}

TEST(ClickHouseTables, AreReplicatedAndDistributedInACluster) {
    expect_tables({.cluster = "main"}, "clickhouse_cluster_tables.sql");
}

TEST(ClickHouseTables, TakeADimensionWithAnyName) {
    const std::vector<std::string> hostile{"properties.a\\b", "properties.say \"x\""};
    const sql::RollupTables tables = ch_rollup_tables("by_any", hostile);
    EXPECT_EQ(tables.columns[0], R"("properties.a\\b")");
    EXPECT_EQ(tables.columns[1], R"("properties.say ""x""")");
}

}  // namespace
}  // namespace clickmill::metrics_store
