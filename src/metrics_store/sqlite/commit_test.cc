#include "base/sqlite.h"
#include "metrics_store/sqlite/sqlite_metrics_store.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <unistd.h>

namespace clickmill::metrics_store {
namespace {

// Thousands of them after some years, and a commit every second.
TEST(SqliteCommit, WritesTheCutsOfALedgerOnlyWhenTheyHaveChanged) {
    const std::filesystem::path folder =
        std::filesystem::path(testing::TempDir()) / ("clickmill-cuts-" + std::to_string(getpid()));
    std::filesystem::remove_all(folder);
    std::filesystem::create_directories(folder);
    const std::string path = (folder / "metrics.db").string();
    const auto logger = telemetry::make_silent_logger();
    const auto store = *SqliteMetricsStore::open({.path = path}, *logger);
    fold::Ledger ledger{.partition = {0}, .log_id = "log", .partition_count = 1};
    const auto commit = [&](size_t cuts) {
        ++ledger.through.value;
        ledger.cuts.resize(cuts, {});
        for (size_t i = 0; i < cuts; ++i) ledger.cuts[i].offset = {static_cast<int64_t>(i)};
        ASSERT_TRUE(store->commit({.ledger = ledger}));
    };
    const auto stored = [&] { return store->progress(PartitionId{0})->ledger.cuts.size(); };
    commit(2);
    EXPECT_EQ(stored(), 2U);
    // What is missing shows that they are not written again.
    auto other = *sqlite::Connection::open({.path = path});
    ASSERT_TRUE(other.execute("DELETE FROM ledger_cuts"));
    commit(2);
    EXPECT_EQ(stored(), 0U);
    commit(3);
    EXPECT_EQ(stored(), 3U);
    std::filesystem::remove_all(folder);
}

}  // namespace
}  // namespace clickmill::metrics_store
