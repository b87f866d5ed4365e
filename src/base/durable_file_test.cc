#include "base/durable_file.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>

namespace clickmill {
namespace {

class DurableFile : public testing::Test {
protected:
    DurableFile() {
        std::string pattern = std::filesystem::temp_directory_path() / "clickmill-file-XXXXXX";
        folder_ = mkdtemp(pattern.data());
    }
    ~DurableFile() override { std::filesystem::remove_all(folder_); }

    std::string folder_;
};

TEST_F(DurableFile, IsReadBackAsWritten) {
    const std::string path = folder_ + "/note";
    EXPECT_FALSE(text_of_file(path));
    ASSERT_TRUE(write_durably(path, "a longer text\n"));
    ASSERT_TRUE(write_durably(path, std::string("b\0c", 3)));
    EXPECT_EQ(text_of_file(path), std::string("b\0c", 3));
    EXPECT_FALSE(std::filesystem::exists(path + ".new"));
}

TEST_F(DurableFile, KeepsTheOldTextWhenItCannotBeReplaced) {
    const std::string path = folder_ + "/note";
    ASSERT_TRUE(write_durably(path, "old"));
    std::filesystem::create_directory(path + ".new");  // nothing can be written there
    const auto refused = write_durably(path, "new");
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, ErrorCode::Unavailable);
    EXPECT_EQ(text_of_file(path), "old");
}

// Half a text from before a crash is no reason to fail.
TEST_F(DurableFile, WritesOverWhatACrashLeft) {
    const std::string path = folder_ + "/note";
    std::ofstream(path + ".new") << "half of a much longer te";
    ASSERT_TRUE(write_durably(path, "whole"));
    EXPECT_EQ(text_of_file(path), "whole");
}

}  // namespace
}  // namespace clickmill
