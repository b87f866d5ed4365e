#include "server/group_name.h"

#include <gmock/gmock.h>

#include <cstdlib>
#include <filesystem>

namespace clickmill::server {
namespace {

class GroupName : public testing::Test {
protected:
    static std::string new_folder() {
        std::string pattern = std::filesystem::temp_directory_path() / "clickmill-group-XXXXXX";
        return mkdtemp(pattern.data());
    }
    GroupName() : folder_(new_folder()) {}
    ~GroupName() override { std::filesystem::remove_all(folder_); }

    const std::string folder_;
};

TEST_F(GroupName, StaysAndIsEachFoldersOwn) {
    const std::string other = new_folder();
    const auto name = group_name(folder_);
    ASSERT_TRUE(name) << name.error().message();
    EXPECT_THAT(*name, testing::MatchesRegex("clickmill-[0-9a-f]{8}"));
    EXPECT_EQ(*group_name(folder_), *name);
    EXPECT_NE(*group_name(other), *name);
    std::filesystem::remove_all(other);
    EXPECT_EQ(std::distance(std::filesystem::directory_iterator(folder_), {}), 1);
}

TEST_F(GroupName, SaysWhereItCannotBeKept) {
    const auto name = group_name(folder_ + "/none");
    ASSERT_FALSE(name);
    EXPECT_EQ(name.error().code, ErrorCode::Unavailable);
}

}  // namespace
}  // namespace clickmill::server
