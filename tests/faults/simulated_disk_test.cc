// The simulated disk itself: that it keeps what was synced, forgets what was not, and fails when
// told.
#include "tests/faults/simulated_disk.h"

#include "base/sqlite.h"

#include <gtest/gtest.h>
#include <sqlite3.h>

#include <future>

namespace clickmill::faults {
namespace {

sqlite::Connection connect(const SimulatedDisk& disk) {
    auto opened = sqlite::Connection::open(
        {.path = "test.db", .vfs = disk.vfs(), .automatic_checkpoint = false});
    EXPECT_TRUE(opened) << opened.error().message();
    return *std::move(opened);
}

int64_t number(sqlite::Connection& connection, std::string_view sql) {
    auto statement = connection.prepare(sql);
    EXPECT_TRUE(statement) << statement.error().message();
    EXPECT_TRUE(statement->step().value_or(false));
    return statement->integer(0);
}

TEST(SimulatedDisk, ShowsWhatOneConnectionWroteToAnother) {
    const SimulatedDisk disk;
    sqlite::Connection writer = connect(disk);
    sqlite::Connection reader = connect(disk);

    ASSERT_TRUE(writer.execute("CREATE TABLE t(x); INSERT INTO t VALUES(1),(2)"));

    EXPECT_EQ(number(reader, "SELECT count(*) FROM t"), 2);
    EXPECT_EQ(number(reader, "SELECT integrity_check='ok' FROM pragma_integrity_check"), 1);
}

TEST(SimulatedDisk, KeepsWhatWasCommittedWhenThePowerGoes) {
    for (uint64_t seed = 0; seed < 50; ++seed) {
        SimulatedDisk disk(seed);
        {
            sqlite::Connection connection = connect(disk);
            ASSERT_TRUE(connection.execute("CREATE TABLE t(x); INSERT INTO t VALUES(1),(2)"));
            disk.lose_power();
            EXPECT_FALSE(connection.execute("INSERT INTO t VALUES(3)"));
        }
        disk.restore_power();
        sqlite::Connection connection = connect(disk);
        EXPECT_EQ(number(connection, "SELECT count(*) FROM t"), 2);
    }
}

TEST(SimulatedDisk, ForgetsWhatWasNotSynced) {
    int forgotten = 0;
    for (uint64_t seed = 0; seed < 50; ++seed) {
        SimulatedDisk disk(seed);
        {
            sqlite::Connection connection = connect(disk);
            ASSERT_TRUE(connection.execute("CREATE TABLE t(x)"));
            ASSERT_TRUE(connection.execute("PRAGMA synchronous=OFF; INSERT INTO t VALUES(1)"));
            disk.lose_power();
        }
        disk.restore_power();
        sqlite::Connection connection = connect(disk);
        forgotten += number(connection, "SELECT count(*)=0 FROM t") == 1 ? 1 : 0;
    }
    EXPECT_GT(forgotten, 10);
    EXPECT_LT(forgotten, 50);
}

TEST(SimulatedDisk, FailsTheCallThatItWasToldTo) {
    SimulatedDisk disk;
    sqlite::Connection connection = connect(disk);
    ASSERT_TRUE(connection.execute("CREATE TABLE t(x)"));

    disk.fail_call(1, SQLITE_IOERR);
    const auto failed = connection.execute("INSERT INTO t VALUES(1)");

    ASSERT_FALSE(failed);
    EXPECT_EQ(failed.error().code, ErrorCode::Unavailable);
    EXPECT_TRUE(disk.has_failed());
    EXPECT_TRUE(connection.execute("INSERT INTO t VALUES(1)"));
}

TEST(SimulatedDisk, RefusesWritesWhileItIsFull) {
    SimulatedDisk disk;
    sqlite::Connection connection = connect(disk);
    ASSERT_TRUE(connection.execute("CREATE TABLE t(x)"));

    disk.fill();
    EXPECT_FALSE(connection.execute("INSERT INTO t VALUES(1)"));
    EXPECT_EQ(number(connection, "SELECT count(*) FROM t"), 0);
    disk.heal();

    EXPECT_TRUE(connection.execute("INSERT INTO t VALUES(1)"));
}

TEST(SimulatedDisk, HoldsACommitUntilItsSyncIsReleased) {
    SimulatedDisk disk;
    sqlite::Connection connection = connect(disk);
    ASSERT_TRUE(connection.execute("CREATE TABLE t(x)"));

    disk.hold_sync();
    std::future<Result<void>> commit = std::async(
        std::launch::async, [&] { return connection.execute("INSERT INTO t VALUES(1)"); });
    EXPECT_EQ(commit.wait_for(std::chrono::milliseconds(20)), std::future_status::timeout);
    disk.release_sync();

    EXPECT_TRUE(commit.get());
}

}  // namespace
}  // namespace clickmill::faults
