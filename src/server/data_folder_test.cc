// One server at a time, and messages that say who and what to do.
#include "server/data_folder.h"

#include "server/systemd.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

namespace clickmill::server {
namespace {

using testing::HasSubstr;

class Folder {
public:
    Folder() { EXPECT_NE(mkdtemp(path.data()), nullptr); }
    ~Folder() { std::filesystem::remove_all(path); }
    std::string path = testing::TempDir() + "clickmill_folder_XXXXXX";
};

TEST(DataFolder, IsMadeForItsOwnerAlone) {
    const Folder folder;
    const std::string inner = folder.path + "/a/b";
    ASSERT_TRUE(make_data_folder(inner));
    EXPECT_EQ(std::filesystem::status(inner).permissions(), std::filesystem::perms::owner_all);
}

TEST(DataFolder, SaysWhyItCannotBeUsed) {
    const Folder folder;
    std::ofstream(folder.path + "/file") << "x";
    const Result<void> made = make_data_folder(folder.path + "/file");
    ASSERT_FALSE(made);
    EXPECT_THAT(made.error().message(), HasSubstr("/file"));
    EXPECT_FALSE(make_data_folder(folder.path + "/file/below"));
}

TEST(FileLock, IsHeldByOneAndNamesItsProcess) {
    const Folder folder;
    {
        const Result<FileLock> first = lock_folder(folder.path);
        ASSERT_TRUE(first);
        const Result<FileLock> second = lock_folder(folder.path);
        ASSERT_FALSE(second);
        EXPECT_EQ(second.error().code, ErrorCode::Conflict);
        EXPECT_THAT(second.error().message(), HasSubstr(std::to_string(getpid())));
    }
    EXPECT_TRUE(lock_folder(folder.path));
}

TEST(FileLock, IsSharedByThoseWhoWant) {
    const Folder folder;
    {
        const auto one = lock_folder(folder.path, FileLock::Share::Shared);
        EXPECT_TRUE(one);
        EXPECT_TRUE(lock_folder(folder.path, FileLock::Share::Shared));
        const auto alone = lock_folder(folder.path, FileLock::Share::Alone, "kafka.thing");
        ASSERT_FALSE(alone);
        EXPECT_THAT(alone.error().message(), HasSubstr("choose another folder with kafka.thing"));
    }
    EXPECT_TRUE(lock_folder(folder.path));
}

TEST(Systemd, HearsWhatWeSay) {
    const Folder folder;
    const std::string path = folder.path + "/notify";
    const int listener = socket(AF_UNIX, SOCK_DGRAM, 0);
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    ASSERT_LT(path.size(), sizeof(address.sun_path));
    std::memcpy(address.sun_path, path.data(), path.size());
    ASSERT_EQ(bind(listener, reinterpret_cast<sockaddr*>(&address), sizeof(address)), 0);

    unsetenv("NOTIFY_SOCKET");
    EXPECT_FALSE(notify_systemd("READY=1"));
    setenv("NOTIFY_SOCKET", path.c_str(), 1);
    EXPECT_TRUE(notify_systemd("READY=1"));
    unsetenv("NOTIFY_SOCKET");
    std::array<char, 64> heard{};
    const ssize_t bytes = recv(listener, heard.data(), heard.size(), 0);
    close(listener);
    EXPECT_EQ(std::string_view(heard.data(), static_cast<size_t>(bytes)), "READY=1");
}

TEST(Systemd, WantsAWatchdogOnlyFromTheProcessThatItMeans) {
    setenv("WATCHDOG_USEC", "3000000", 1);
    setenv("WATCHDOG_PID", std::to_string(getpid()).c_str(), 1);
    EXPECT_EQ(watchdog_interval(), std::chrono::microseconds(1'500'000));
    setenv("WATCHDOG_PID", "1", 1);
    EXPECT_EQ(watchdog_interval(), std::nullopt);
    unsetenv("WATCHDOG_USEC");
    unsetenv("WATCHDOG_PID");
    EXPECT_EQ(watchdog_interval(), std::nullopt);
}

}  // namespace
}  // namespace clickmill::server
