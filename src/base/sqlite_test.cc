#include "base/sqlite.h"

#include <gtest/gtest.h>
#include <sqlite3.h>

#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <future>

namespace clickmill::sqlite {
namespace {

class SqliteFile : public testing::Test {
protected:
    void SetUp() override {
        std::string pattern =
            (std::filesystem::temp_directory_path() / "clickmill-sqlite-XXXXXX").string();
        folder_ = mkdtemp(pattern.data());
    }
    void TearDown() override { std::filesystem::remove_all(folder_); }
    std::string path() const { return (folder_ / "test.db").string(); }
    std::filesystem::path folder_;
};

TEST_F(SqliteFile, KeepsWhatWasCommittedAndForgetsWhatWasNot) {
    auto connection = Connection::open({.path = path()}).value();
    ASSERT_TRUE(connection.execute("CREATE TABLE t (n INTEGER, s TEXT, b BLOB)"));
    {
        auto transaction = Transaction::begin(connection).value();
        auto insert = connection.prepare("INSERT INTO t VALUES (?, ?, ?)").value();
        ASSERT_TRUE(insert.bind(1, int64_t{7})
                        .bind(2, "seven")
                        .bind_blob(3, std::string_view("\0x", 2))
                        .run());
        ASSERT_TRUE(transaction.commit());
    }
    {
        auto transaction = Transaction::begin(connection).value();
        ASSERT_TRUE(connection.execute("INSERT INTO t VALUES (8, 'lost', x'00')"));
    }
    auto select = connection.prepare("SELECT n, s, b FROM t").value();
    ASSERT_TRUE(select.step().value());
    EXPECT_EQ(select.integer(0), 7);
    EXPECT_EQ(select.text(1), "seven");
    EXPECT_EQ(select.blob(2), std::string_view("\0x", 2));
    EXPECT_FALSE(select.step().value());
}

TEST_F(SqliteFile, WaitsForAnotherWhoMakesTheSameFile) {
    sqlite3* other = nullptr;
    ASSERT_EQ(sqlite3_open(path().c_str(), &other), SQLITE_OK);
    const auto run = [&](const char* sql) {
        return sqlite3_exec(other, sql, nullptr, nullptr, nullptr);
    };
    ASSERT_EQ(run("BEGIN IMMEDIATE; CREATE TABLE t (n INTEGER)"), SQLITE_OK);
    // Who opens reads the file for a moment, again and again: COMMIT waits for a moment between.
    sqlite3_busy_timeout(other, 60'000);
    auto opening =
        std::async(std::launch::async, [this] { return Connection::open({.path = path()}); });
    // It has to go on waiting, however fast or slow this machine is.
    EXPECT_EQ(opening.wait_for(std::chrono::milliseconds(50)), std::future_status::timeout);
    EXPECT_EQ(run("COMMIT"), SQLITE_OK);
    const auto opened = opening.get();
    EXPECT_TRUE(opened) << opened.error().message();
    sqlite3_close(other);
}

TEST_F(SqliteFile, DoesNotWaitForEver) {
    sqlite3* other = nullptr;
    ASSERT_EQ(sqlite3_open(path().c_str(), &other), SQLITE_OK);
    for (const char* sql : {"BEGIN IMMEDIATE", "BEGIN EXCLUSIVE"}) {
        ASSERT_EQ(sqlite3_exec(other, sql, nullptr, nullptr, nullptr), SQLITE_OK);
        const auto opened =
            Connection::open({.path = path(), .busy_timeout = std::chrono::milliseconds(100)});
        ASSERT_FALSE(opened) << sql;
        EXPECT_EQ(opened.error().code, ErrorCode::Unavailable) << opened.error().message();
        ASSERT_EQ(sqlite3_exec(other, "ROLLBACK", nullptr, nullptr, nullptr), SQLITE_OK);
    }
    sqlite3_close(other);
}

TEST_F(SqliteFile, SaysThatAFileIsNotADatabase) {
    std::ofstream(path()) << std::string(8192, 'x');
    const auto opened = Connection::open({.path = path()});
    ASSERT_FALSE(opened);
    EXPECT_EQ(opened.error().code, ErrorCode::Corrupt);
}

TEST_F(SqliteFile, NamesTheFileAndTheStatementOfAnError) {
    auto connection = Connection::open({.path = path()}).value();
    const auto prepared = connection.prepare("SELEKT 1");
    ASSERT_FALSE(prepared);
    EXPECT_NE(prepared.error().message().find("test.db"), std::string::npos);
    EXPECT_NE(prepared.error().message().find("SELEKT 1"), std::string::npos);
}

}  // namespace
}  // namespace clickmill::sqlite
