#include "server/accepted_gaps.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>

namespace clickmill::server {
namespace {

TEST(AcceptedGaps, HoldForOnePartitionAndOnePosition) {
    std::string pattern = std::filesystem::temp_directory_path() / "clickmill-gaps-XXXXXX";
    const std::string folder = mkdtemp(pattern.data());
    const std::string path = folder + "/accepted-gaps";
    EXPECT_FALSE(is_gap_accepted(path, PartitionId{1}, Offset{7}));
    for (const auto& [partition, position] : {std::pair{1, 7}, {21, 7}, {1, 7}, {3, 0}}) {
        ASSERT_TRUE(accept_gap(path, PartitionId{partition}, Offset{position}));
    }
    for (const auto& [partition, position] : {std::pair{1, 7}, {21, 7}, {3, 0}}) {
        EXPECT_TRUE(is_gap_accepted(path, PartitionId{partition}, Offset{position}));
    }
    for (const auto& [partition, position] : {std::pair{1, 8}, {2, 7}, {1, 77}, {0, 0}}) {
        EXPECT_FALSE(is_gap_accepted(path, PartitionId{partition}, Offset{position}));
    }
    EXPECT_FALSE(accept_gap(folder + "/none/file", PartitionId{1}, Offset{7}));
    std::filesystem::remove_all(folder);
}

}  // namespace
}  // namespace clickmill::server
