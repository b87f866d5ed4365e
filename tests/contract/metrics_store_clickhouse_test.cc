// What only ClickHouse has to do: rows that count no more are deleted in the background. Only where
// its engine is.
#include "metrics_store/clickhouse/clickhouse_metrics_store.h"
#include "metrics_store/clickhouse/row_binary.h"
#include "tests/contract/metrics_store_contract.h"

#include <chrono>
#include <thread>

namespace clickmill::metrics_store {
namespace {

class ClickHouseSweep : public testing::TestWithParam<std::string> {
protected:
    int64_t count(const std::string& text) {
        const auto answer = client_.query(text);
        EXPECT_TRUE(answer) << answer.error().message();
        return answer ? RowBinaryReader(*answer).integer() : -1;
    }
    // Deletes come in their own time.
    void expect_in_the_end(const std::string& text, int64_t wanted) {
        const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(20);
        while (count(text) != wanted && std::chrono::steady_clock::now() < deadline)
            std::this_thread::sleep_for(std::chrono::milliseconds(50));
        EXPECT_EQ(count(text), wanted) << text;
    }

    const std::string url_ = GetParam() + "/sweep";
    ChClient client_{*parse_clickhouse_url(url_), {}};
};
GTEST_ALLOW_UNINSTANTIATED_PARAMETERIZED_TEST(ClickHouseSweep);

TEST_P(ClickHouseSweep, DeletesBuildsThatNoHeaderNamesAndRowsThatAreForgotten) {
    ChClient everywhere(*parse_clickhouse_url(GetParam() + "/default"), {});
    ASSERT_TRUE(everywhere.query("CREATE DATABASE sweep"));
    const auto opened =
        ClickHouseMetricsStore::open({.url = url_, .keeps_old_builds = std::chrono::seconds(0)});
    ASSERT_TRUE(opened) << opened.error().message();
    MetricsStore& store = **opened;
    const std::vector<fold::ViewDefinition> definitions{
        {.project = "shop", .rollup = {"totals", {}}}};
    const fold::View view = metrics_store::declare(store, definitions)->front();
    const std::string rows = "SELECT count() FROM totals_settled WHERE bucket = ";
    for (const int64_t number : {0, 0, 1}) {
        ASSERT_TRUE(store.settle(
            Settled(view, Grain::Hour, hour(number), {5}).row({"buy"}, 3, {"ann"}).build()));
    }
    expect_in_the_end(rows + std::to_string(hour(0)), 1);
    expect_in_the_end("SELECT count() FROM totals_settled_users", 2);

    ASSERT_TRUE(store.commit(
        {.ledger = ledger_at(5), .views = {Change(view, 0, 5).clicks(0, {"buy"}, 3).changes()}}));
    const std::vector<BucketKey> hours{hour(0)};
    ASSERT_TRUE(store.retire(view.id, hours));
    expect_in_the_end("SELECT count() FROM totals_live", 0);
    ASSERT_TRUE(store.forget(view.id, Grain::Hour, hours));
    expect_in_the_end(rows + std::to_string(hour(0)), 0);
    EXPECT_EQ(count(rows + std::to_string(hour(1))), 1);
}

INSTANTIATE_TEST_SUITE_P(OnAServer, ClickHouseSweep,
                         testing::ValuesIn(server_of("CLICKMILL_TEST_CLICKHOUSE")),
                         [](const auto&) { return std::string("Engine"); });

}  // namespace
}  // namespace clickmill::metrics_store
