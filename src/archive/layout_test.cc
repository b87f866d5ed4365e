#include "archive/layout.h"

#include <gtest/gtest.h>

namespace clickmill::archive {
namespace {

using namespace std::chrono_literals;
constexpr std::chrono::sys_days kDay = 2026y / 11 / 30;

FileName file(int64_t first, int64_t last, int32_t partition = 0) {
    return {kDay, PartitionId{partition}, Offset{first}, Offset{last}};
}

TEST(FileName, SaysWhatIsInTheFile) {
    EXPECT_EQ(text_of(file(4096, 8191, 3)), "date=2026-11-30/3-4096-8191.parquet");
    EXPECT_EQ(file_name_of("date=2026-11-30/3-4096-8191.parquet"), file(4096, 8191, 3));
}

TEST(FileName, OfAnythingElseIsNone) {
    for (const char* text :
         {"", "date=2026-11-30", "date=2026-11-30/", "date=2026-11-30/0-1-2", "0-1-2.parquet",
          "date=2026-02-30/0-1-2.parquet", "date=2026-11-30/0-2-1.parquet",
          "date=2026-11-30/0-01-2.parquet", "date=2026-11-30/0--1-2.parquet",
          "date=2026-11-30/0-1-2.parquet.new", "date=26-11-30/0-1-2.parquet",
          "date=2026-11-30/0-1-99999999999999999999.parquet", "x/date=2026-11-30/0-1-2.parquet"}) {
        EXPECT_FALSE(file_name_of(text)) << text;
    }
}

TEST(PartitionFiles, JoinInTheOrderOfOffsets) {
    const std::vector<FileName> files = {file(10, 12), file(0, 9), file(0, 4, 1)};
    const auto partitions = partitions_of(files);
    ASSERT_EQ(partitions.size(), 2u);
    EXPECT_EQ(partitions[0].files, (std::vector{file(0, 9), file(10, 12)}));
    EXPECT_TRUE(partitions[0].seams.empty());
    EXPECT_EQ(partitions[0].next(), Offset{13});
    EXPECT_EQ(partitions[1].next(), Offset{5});
}

TEST(PartitionFiles, NameGapsAndOverlaps) {
    const std::vector<FileName> files = {file(0, 9), file(0, 3), file(5, 12), file(12, 14)};
    const auto partitions = partitions_of(files);
    ASSERT_EQ(partitions.size(), 1u);
    // 0-3 and 5-12 lie over 0-9; behind it 10 and 11 are missing.
    EXPECT_EQ(partitions[0].files, (std::vector{file(0, 9), file(12, 14)}));
    ASSERT_EQ(partitions[0].seams.size(), 3u);
    EXPECT_EQ(partitions[0].seams[0].kind, Seam::Kind::Overlap);
    EXPECT_EQ(partitions[0].seams[1].kind, Seam::Kind::Overlap);
    EXPECT_EQ(partitions[0].seams[2].kind, Seam::Kind::Gap);
    EXPECT_EQ(partitions[0].seams[2].before, file(0, 9));
    EXPECT_EQ(partitions[0].seams[2].after, file(12, 14));
}

}  // namespace
}  // namespace clickmill::archive
