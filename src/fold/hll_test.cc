#include "fold/hll.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <random>

namespace clickmill::fold {
namespace {

Hll sketch_of(int64_t first, int64_t count) {
    Hll sketch;
    for (int64_t i = first; i < first + count; ++i)
        sketch.add(hll_hash("user" + std::to_string(i)));
    return sketch;
}

// Values of MurmurHash3_x64_128 with seed 0 that `SELECT hll_hash_text(...)` of PostgreSQL's
// extension gives.
TEST(HllHash, IsHllHashText) {
    EXPECT_EQ(static_cast<int64_t>(hll_hash("")), 0);
    EXPECT_EQ(static_cast<int64_t>(hll_hash("hello")), -3758069500696749310);
    EXPECT_EQ(static_cast<int64_t>(hll_hash("a longer text of more than 16 bytes")),
              -6394372043910765835);
}

TEST(Hll, IsExactWhileExplicit) {
    const Hll sketch = sketch_of(0, 320);
    EXPECT_TRUE(sketch.is_exact());
    EXPECT_EQ(sketch.count(), 320);
    EXPECT_FALSE(sketch_of(0, 321).is_exact());
}

TEST(Hll, AddingTwiceChangesNothing) {
    for (const int64_t size : {10, 320, 5000}) {
        Hll sketch = sketch_of(0, size);
        const std::string before = sketch.bytes();
        for (int64_t i = 0; i < size; ++i)
            EXPECT_FALSE(sketch.add(hll_hash("user" + std::to_string(i))));
        EXPECT_TRUE(sketch.bytes() == before) << size;
    }
}

TEST(Hll, IsWithinItsErrorBoundAtEverySize) {
    for (const int64_t size : {400, 1000, 4000, 10'000, 12'000, 50'000, 200'000, 1'000'000}) {
        const double estimate = sketch_of(7, size).estimate();
        EXPECT_LT(std::abs(estimate / static_cast<double>(size) - 1), 4 * 0.016) << size;
    }
}

TEST(Hll, ReadsBackFromItsBytes) {
    for (const int64_t size : {0, 1, 320, 321, 1000, 2000, 100'000}) {
        const Hll sketch = sketch_of(0, size);
        const Hll again = Hll::parse(sketch.bytes()).value();
        EXPECT_TRUE(again.bytes() == sketch.bytes()) << size;
        EXPECT_EQ(again.count(), sketch.count()) << size;
    }
}

TEST(Hll, UnionDependsOnWhatWasAddedAlone) {
    for (const auto& [a, b] :
         {std::pair{5, 7}, {300, 300}, {320, 5000}, {5000, 3}, {20'000, 30'000}}) {
        Hll united = sketch_of(0, a);
        united.unite(sketch_of(a / 2, b));
        Hll from_bytes = sketch_of(a / 2, b);
        ASSERT_TRUE(from_bytes.unite_bytes(sketch_of(0, a).bytes()));
        EXPECT_TRUE(united.bytes() == from_bytes.bytes()) << a << " and " << b;
        EXPECT_TRUE(united.bytes() == sketch_of(0, std::max(a, a / 2 + b)).bytes())
            << a << " and " << b;
        EXPECT_FALSE(united.unite(sketch_of(0, a)));
    }
}

// Another writer's explicit sketch, out of order and with an entry twice: the format forbids both.
TEST(Hll, TakesCarelessExplicitBytes) {
    const std::string sorted = sketch_of(0, 40).bytes();
    std::string careless = sorted.substr(0, 3);
    for (size_t at = sorted.size(); at > 3; at -= 8) careless += sorted.substr(at - 8, 8);
    careless += sorted.substr(3, 8);
    EXPECT_TRUE(Hll::parse(careless)->bytes() == sorted);
    Hll united = sketch_of(20, 60);
    ASSERT_TRUE(united.unite_bytes(careless));
    EXPECT_TRUE(united.bytes() == sketch_of(0, 80).bytes());
}

TEST(Hll, TypesAreThoseOfTheStorageFormat) {
    EXPECT_EQ(sketch_of(0, 0).bytes(), std::string("\x11\x8c\x7f", 3));
    EXPECT_EQ(sketch_of(0, 1).bytes().substr(0, 3), std::string("\x12\x8c\x7f", 3));
    EXPECT_EQ(sketch_of(0, 500).bytes().front(), '\x13');
    EXPECT_EQ(sketch_of(0, 100'000).bytes().front(), '\x14');
    EXPECT_EQ(sketch_of(0, 100'000).bytes().size(), 2563u);
}

TEST(Hll, RefusesBytesThatAreNotASketch) {
    for (const std::string& bad :
         {std::string(), std::string("\x12"), std::string("\x22\x8c\x7f", 3),
          std::string("\x12\x8b\x7f", 3), std::string("\x12\x8c\x7f\x01", 4),
          std::string("\x14\x8c\x7f\x01", 4), std::string("\x15\x8c\x7f", 3),
          std::string("\x11\x8c\x7fx", 4)}) {
        const auto parsed = Hll::parse(bad);
        ASSERT_FALSE(parsed);
        EXPECT_EQ(parsed.error().code, ErrorCode::Corrupt);
    }
}

TEST(Hll, SurvivesAnyBytes) {
    std::mt19937_64 random(1);
    for (int round = 0; round < 2'000; ++round) {
        std::string bytes = sketch_of(0, round % 700).bytes().substr(0, random() % 3100);
        for (int flips = 0; flips < 3 && !bytes.empty(); ++flips)
            bytes[random() % bytes.size()] = static_cast<char>(random());
        const auto parsed = Hll::parse(bytes);
        EXPECT_TRUE(!parsed || parsed->estimate() >= 0);
    }
}

}  // namespace
}  // namespace clickmill::fold
