#include "base/hash.h"

#include <gtest/gtest.h>

namespace clickmill {
namespace {

// Values of org.apache.kafka.common.utils.UtilsTest#testMurmur2.
TEST(Murmur2, PlacesKeysAsKafkasJavaClientDoes) {
    EXPECT_EQ(static_cast<int32_t>(murmur2("21")), -973932308);
    EXPECT_EQ(static_cast<int32_t>(murmur2("foobar")), -790332482);
    EXPECT_EQ(static_cast<int32_t>(murmur2("a-little-bit-long-string")), -985981536);
    EXPECT_EQ(static_cast<int32_t>(murmur2("a-little-bit-longer-string")), -1486304829);
    EXPECT_EQ(static_cast<int32_t>(murmur2("lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8")),
              -58897971);
    EXPECT_EQ(static_cast<int32_t>(murmur2("abc")), 479470107);
}

TEST(KeyedHash, DependsOnTheKey) {
    EXPECT_EQ(keyed_hash("click", 1), keyed_hash("click", 1));
    EXPECT_NE(keyed_hash("click", 1), keyed_hash("click", 2));
}

TEST(RandomToken, IsHexOfTheAskedLengthAndNeverTheSame) {
    const std::string token = random_token(16);
    EXPECT_EQ(token.size(), 32u);
    EXPECT_EQ(token.find_first_not_of("0123456789abcdef"), std::string::npos);
    EXPECT_NE(token, random_token(16));
}

}  // namespace
}  // namespace clickmill
