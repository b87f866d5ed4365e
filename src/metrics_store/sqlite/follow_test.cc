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

// Two aggregators on one file.
using SharedStore = FollowingStore;

TEST_F(FollowingStore, WaitsForAFileThatIsNotThereYet) {
    const auto follower = open(true);
    EXPECT_EQ(follower->health().error().code, ErrorCode::Unavailable);

    const auto writer = open(false);

    EXPECT_TRUE(follower->health());
}

// Version 1 had no repeat_pieces, and no states of views.
TEST_F(FollowingStore, WaitsUntilTheWriterHasBroughtAnOldFileUpToDate) {
    open(false).reset();
    {
        auto connection = sqlite::Connection::open({.path = (folder_ / "metrics.db").string()});
        ASSERT_TRUE(connection);
        ASSERT_TRUE(connection->execute("DROP TABLE repeat_pieces; PRAGMA user_version = 1"));
        for (const std::string view :
             {"totals", "hourly_clicks", "daily_clicks", "weekly_clicks", "monthly_clicks"}) {
            ASSERT_TRUE(connection->execute("DROP VIEW " + view + "; CREATE VIEW " + view +
                                            " AS SELECT count(*) AS n FROM views"));
        }
        ASSERT_TRUE(
            connection->execute("ALTER TABLE views DROP COLUMN state; "
                                "ALTER TABLE views DROP COLUMN changed"));
        ASSERT_TRUE(connection->execute(
            "INSERT INTO views SELECT 7, 'shop', 'totals', 1, rollup_id, 1, 'UTC', 0, 9, 9, 60, 1, "
            "0 FROM rollups"));
    }
    const auto follower = open(true);
    EXPECT_EQ(follower->health().error().code, ErrorCode::Unavailable);
    EXPECT_NE(follower->health().error().message().find("an aggregator brings it to version 3"),
              std::string::npos);

    const auto writer = open(false);

    EXPECT_TRUE(writer->repeat_pieces(PartitionId{0}));
    EXPECT_TRUE(follower->health());
    const auto views = *(*follower->snapshot())->views();
    ASSERT_EQ(views.size(), 1u);
    EXPECT_EQ(views[0].state, fold::ViewState::Current);
    auto people = sqlite::Connection::open({.path = (folder_ / "metrics.db").string()});
    EXPECT_TRUE(people->execute("SELECT date FROM totals"));
}

TEST_F(FollowingStore, SeesWhatTheOtherDeclaresAfterwards) {
    const auto writer = open(false);
    ASSERT_TRUE(declare(*writer, definition("shop")));
    const auto follower = open(true);
    ASSERT_EQ(views_in(*follower), 1U);

    ASSERT_TRUE(declare(*writer, definition("forum")));

    EXPECT_EQ(views_in(*follower), 2U);
}

TEST_F(SharedStore, DeclaresWhatTheOtherHasDeclaredUnderTheSameIds) {
    const auto one = open(false);
    const auto other = open(false);  // both know of nothing yet
    const auto first = declare(*one, definition("shop"));
    const auto second = declare(*other, definition("forum"));
    const auto again = declare(*other, definition("shop"));
    ASSERT_TRUE(first && second && again);
    EXPECT_EQ(first->front().id, again->front().id);
    EXPECT_NE(first->front().id, second->front().id);
    EXPECT_EQ(views_in(*one), 2U);
    EXPECT_EQ(views_in(*other), 2U);
}

fold::Commit commit_of(fold::ViewId view, int64_t from, int64_t through) {
    fold::Commit commit;
    commit.ledger.log_id = "log";
    commit.ledger.through = {through};
    commit.views.push_back({.view = view, .from = {from}, .position = {.through = {through}}});
    return commit;
}

// An aggregator that was frozen and has lost its partition meanwhile.
TEST_F(SharedStore, RefusesWhatGoesOnFromAnOldPosition) {
    const auto one = open(false);
    const auto other = open(false);
    const fold::ViewId view = declare(*one, definition("shop"))->front().id;
    ASSERT_TRUE(declare(*other, definition("shop")));
    ASSERT_TRUE(one->commit(commit_of(view, 0, 10)));
    ASSERT_TRUE(other->commit(commit_of(view, 10, 20)));
    const auto refused = one->commit(commit_of(view, 10, 15));
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, ErrorCode::Conflict);
    EXPECT_EQ(one->progress(PartitionId{0})->ledger.through, Offset{20});
}

TEST_F(SharedStore, GoesOnInTheFileThatTheOtherHasMadeAnew) {
    const auto one = open(false);
    ASSERT_TRUE(declare(*one, definition("shop")));
    std::filesystem::rename(folder_ / "metrics.db", folder_ / "metrics.db.damaged-1");
    for (const char* suffix : {"-wal", "-shm"}) {
        std::filesystem::remove(folder_ / (std::string("metrics.db") + suffix));
    }
    const auto other = open(false);
    EXPECT_EQ(views_in(*other), 0U);
    const auto declared = declare(*one, definition("forum"));
    ASSERT_TRUE(declared) << declared.error().message();
    EXPECT_EQ(views_in(*other), 1U) << "not into the file that was set aside";
}

TEST_F(FollowingStore, RefusesToChangeAnything) {
    const auto writer = open(false);
    const auto follower = open(true);

    EXPECT_EQ(declare(*follower, definition("shop")).error().code, ErrorCode::Unavailable);
    EXPECT_EQ(views_in(*writer), 0U);
}

TEST_F(FollowingStore, GoesOnInANewFileWhenTheOldOneWasSetAside) {
    auto writer = open(false);
    ASSERT_TRUE(declare(*writer, definition("shop")));
    const auto follower = open(true);
    ASSERT_EQ(views_in(*follower), 1U);

    writer.reset();
    std::filesystem::rename(folder_ / "metrics.db", folder_ / "metrics.db.damaged-1");
    writer = open(false);

    EXPECT_EQ(views_in(*follower), 0U);
}

}  // namespace
}  // namespace clickmill::metrics_store
