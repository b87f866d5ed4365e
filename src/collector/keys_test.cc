// The collector's copy of keys on a bad day of the control store; the rest of it is shown by
// collector_test.cc.
#include "collector/keys.h"

#include "base/sqlite.h"

#include <gmock/gmock.h>

#include <cstdlib>
#include <filesystem>

namespace clickmill::collector {
namespace {

using testing::ElementsAre;

class Said final : public telemetry::Logger {
public:
    void write(telemetry::Level, std::string_view message,
               std::initializer_list<telemetry::Field>) override {
        messages.emplace_back(message);
    }
    std::vector<std::string> messages;
};

TEST(Keys, HoldTheirCopyWhileControlCannotBeReadAndSaySoOnce) {
    std::string folder = (std::filesystem::temp_directory_path() / "keys.XXXXXX").string();
    ASSERT_NE(mkdtemp(folder.data()), nullptr);
    const std::string path = folder + "/control.db";
    ManualClock clock{moment_of(1'800'000'000'000'000)};
    const auto control = *control::Control::open({.path = path}, clock);
    ASSERT_TRUE(control->add_project({.id = "shop", .zone = "UTC"}));
    const std::string key = control->add_key({.project = "shop"})->text;
    Said log;
    Keys keys(*control, clock, log, {.per_second = 10, .burst = 10});
    ASSERT_TRUE(keys.load());

    auto beside = *sqlite::Connection::open({.path = path});
    ASSERT_TRUE(beside.execute("ALTER TABLE state RENAME TO away"));
    for (int second = 0; second < 5; ++second) {
        clock.advance(std::chrono::seconds(2));
        EXPECT_NE(keys.find(key), nullptr);
    }
    EXPECT_THAT(log.messages, ElementsAre("cannot refresh keys, the copy holds"));

    ASSERT_TRUE(beside.execute("ALTER TABLE away RENAME TO state"));
    for (int second = 0; second < 5; ++second) {
        clock.advance(std::chrono::seconds(2));
        EXPECT_NE(keys.find(key), nullptr);
    }
    EXPECT_THAT(log.messages,
                ElementsAre("cannot refresh keys, the copy holds", "keys can be read again"));
    std::filesystem::remove_all(folder);
}

}  // namespace
}  // namespace clickmill::collector
