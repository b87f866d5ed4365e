// Control stores for tests: a file in a folder of its own, or, where CLICKMILL_TEST_POSTGRES names
// a database, its emptied schema.
#pragma once

#include "base/sqlite.h"
#include "control/control.h"
#include "sql/postgres_session.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace clickmill::control {

// Which of them this run of the program is about.
inline std::vector<std::string> test_homes() {
    return {std::getenv("CLICKMILL_TEST_POSTGRES") ? "Postgres" : "File"};
}

class TestHome {
public:
    explicit TestHome(std::string_view name) {
        std::string pattern = (std::filesystem::temp_directory_path() / "control.XXXXXX").string();
        folder_ = mkdtemp(pattern.data());
        if (name != "Postgres") return;
        url_ = std::getenv("CLICKMILL_TEST_POSTGRES");
        execute("DROP SCHEMA IF EXISTS clickmill_control CASCADE");
    }
    TestHome(const TestHome&) = delete;
    TestHome& operator=(const TestHome&) = delete;
    ~TestHome() { std::filesystem::remove_all(folder_); }

    bool is_file() const { return url_.empty(); }
    std::string path() const { return folder_ + "/control.db"; }
    Options options() const { return {.path = path(), .url = url_}; }

    // Says something to the database beside the control store.
    void execute(const std::string& text) const {
        if (is_file()) {
            auto connection = sqlite::Connection::open({.path = path()});
            ASSERT_TRUE(connection && connection->execute(text)) << text;
            return;
        }
        auto session = sql::PgSession::open(url_, {"database", "CLICKMILL_TEST_POSTGRES"});
        ASSERT_TRUE(session) << session.error().message();
        const auto done = (*session)->execute(text);
        ASSERT_TRUE(done) << done.error().message();
    }

private:
    std::string folder_;
    std::string url_;
};

}  // namespace clickmill::control
