#include "metrics_store/sqlite/sqlite_metrics_store.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <unistd.h>

namespace clickmill::metrics_store {
namespace {

// A folder with a store that is written, and one that follows it as another process would.
class FollowingStore : public testing::Test {
protected:
    FollowingStore()
        : folder_(std::filesystem::path(testing::TempDir()) /
                  ("clickmill-follow-" + std::to_string(getpid()))),
          logger_(telemetry::make_silent_logger()) {
        std::filesystem::remove_all(folder_);
        std::filesystem::create_directories(folder_);
    }
    ~FollowingStore() override { std::filesystem::remove_all(folder_); }

    std::unique_ptr<SqliteMetricsStore> open(bool follows) {
        SqliteOptions options;
        options.path = (folder_ / "metrics.db").string();
        options.follows_another = follows;
        auto opened = SqliteMetricsStore::open(options, *logger_);
        EXPECT_TRUE(opened) << opened.error().message();
        return *std::move(opened);
    }
    static std::vector<fold::ViewDefinition> definition(const std::string& project) {
        return {{.project = project, .rollup = {"totals", {}, true}, .zone = "UTC"}};
    }
    static size_t views_in(MetricsStore& store) {
        const auto snapshot = store.snapshot();
        EXPECT_TRUE(snapshot) << snapshot.error().message();
        return snapshot ? (*snapshot)->views().value().size() : 0;
    }

    const std::filesystem::path folder_;
    const std::unique_ptr<telemetry::Logger> logger_;
};

TEST_F(FollowingStore, WaitsForAFileThatIsNotThereYet) {
    const auto follower = open(true);
    EXPECT_EQ(follower->health().error().code, ErrorCode::Unavailable);

    const auto writer = open(false);

    EXPECT_TRUE(follower->health());
}

TEST_F(FollowingStore, SeesWhatTheOtherDeclaresAfterwards) {
    const auto writer = open(false);
    ASSERT_TRUE(writer->declare(definition("shop"), {}));
    const auto follower = open(true);
    ASSERT_EQ(views_in(*follower), 1U);

    ASSERT_TRUE(writer->declare(definition("forum"), {}));

    EXPECT_EQ(views_in(*follower), 2U);
}

TEST_F(FollowingStore, RefusesToChangeAnything) {
    const auto writer = open(false);
    const auto follower = open(true);

    EXPECT_EQ(follower->declare(definition("shop"), {}).error().code, ErrorCode::Unavailable);
    EXPECT_EQ(views_in(*writer), 0U);
}

TEST_F(FollowingStore, GoesOnInANewFileWhenTheOldOneWasSetAside) {
    auto writer = open(false);
    ASSERT_TRUE(writer->declare(definition("shop"), {}));
    const auto follower = open(true);
    ASSERT_EQ(views_in(*follower), 1U);

    writer.reset();
    std::filesystem::rename(folder_ / "metrics.db", folder_ / "metrics.db.damaged-1");
    writer = open(false);

    EXPECT_EQ(views_in(*follower), 0U);
}

}  // namespace
}  // namespace clickmill::metrics_store
