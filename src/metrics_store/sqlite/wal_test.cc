#include "metrics_store/sqlite/sqlite_metrics_store.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <unistd.h>

namespace clickmill::metrics_store {
namespace {

// The checkpointer's thread is never asked here: as if the writer left it no room.
TEST(WriteAheadLog, StaysShortUnderAWriterThatNeverRests) {
    const auto folder =
        std::filesystem::path(testing::TempDir()) / ("clickmill-wal-" + std::to_string(getpid()));
    std::filesystem::create_directories(folder);
    constexpr int64_t kPages = 200;
    SqliteOptions options;
    options.path = (folder / "metrics.db").string();
    options.checkpoints = {
        .passive_pages = 1 << 30, .restart_pages = kPages, .writer_pages = kPages};
    const auto logger = telemetry::make_silent_logger();
    auto store = SqliteMetricsStore::open(options, *logger);
    ASSERT_TRUE(store) << store.error().message();
    const std::vector<fold::ViewDefinition> totals = {
        {.project = "shop", .rollup = {"totals", {}, true}, .zone = "UTC"}};
    const fold::ViewId view = declare(**store, totals)->front().id;
    uintmax_t longest = 0;
    for (int hour = 0; hour < 100; ++hour) {
        Build build{.view = view};
        build.header = {.grain = calendar::Grain::Hour,
                        .bucket = hour * 3'600,
                        .positions = {{Offset{hour}}},
                        .held = {}};
        for (int feature = 0; feature < 500; ++feature)
            build.rows.push_back({fold::Labels{fmt::format("button{:03}", feature)}, 1, {}});
        ASSERT_TRUE((*store)->settle(build));
        longest = std::max(longest, std::filesystem::file_size(options.path + "-wal"));
    }
    constexpr uintmax_t kPageBytes = 4096 + 24;  // with its header in the log
    EXPECT_LT(longest, 2 * kPages * kPageBytes);
    EXPECT_GT(longest, kPages * kPageBytes);
    store->reset();
    std::filesystem::remove_all(folder);
}

}  // namespace
}  // namespace clickmill::metrics_store
