#include "fold/repeats.h"

#include <gtest/gtest.h>

#include <random>
#include <set>

namespace clickmill::fold {
namespace {

constexpr uint64_t kKey = 99;

Moment at_second(int64_t second) {
    return moment_of(second * 1'000'000);
}

// Tables under test, fed one id a record: the shortest way to say "a, then b a slice later".
class Window {
public:
    explicit Window(RepeatLimits limits, std::vector<SliceCut> cuts = {}, Offset facts_below = {})
        : tables_(kKey, limits, std::move(cuts), facts_below) {}

    bool sees(int64_t offset, int64_t second, std::string_view id,
              std::string_view project = "shop") {
        tables_.enter(Offset{offset}, at_second(second));
        const IdBlock block = block_of(project, id, kKey);
        std::vector<bool> repeats;
        tables_.see({&block, 1}, repeats);
        return repeats[0];
    }
    const RepeatTables& tables() const { return tables_; }

private:
    RepeatTables tables_;
};

TEST(Block, HoldsSixtyFourCountersOfOnePageLoad) {
    const IdBlock first = block_of("shop", "in.boot#0", kKey);
    const IdBlock last = block_of("shop", "in.boot#63", kKey);
    EXPECT_EQ(first.hash, last.hash);
    EXPECT_NE(first.member, last.member);
    EXPECT_NE(first.hash, block_of("shop", "in.boot#64", kKey).hash);
    EXPECT_NE(first.hash, block_of("shop", "in.other#0", kKey).hash);
    EXPECT_NE(first.hash, block_of("blog", "in.boot#0", kKey).hash);
}

TEST(Block, OfAnyOtherIdIsTheWholeId) {
    for (const std::string_view id :
         {"x#01", "x#-1", "x#9007199254740992", "x#", "x#1a", "uuid", "#", "x# 1"}) {
        EXPECT_EQ(block_of("shop", id, kKey).member, 1u) << id;
        EXPECT_NE(block_of("shop", id, kKey).hash,
                  block_of("shop", std::string(id) + "0", kKey).hash)
            << id;
    }
    EXPECT_NE(block_of("shop", "x#9007199254740991", kKey).member, 1u);
}

TEST(Repeats, AreIdsSeenInTheWindowCountedOrNot) {
    Window window({.slice_seconds = 100});
    EXPECT_FALSE(window.sees(0, 5, "a"));
    EXPECT_TRUE(window.sees(1, 6, "a"));
    EXPECT_FALSE(window.sees(2, 6, "a", "blog"));
    EXPECT_TRUE(window.sees(3, 350, "a")) << "three slices later";
    EXPECT_TRUE(window.sees(4, 699, "a")) << "a repeat refreshes its id";
    for (int64_t i = 0; i < 4; ++i) window.sees(5 + i, 800 + 100 * i, "other");
    EXPECT_FALSE(window.sees(9, 1150, "a")) << "four cuts later it is forgotten";
}

TEST(Repeats, ForgetsOnlyByCutsSoAQuietTimeForgetsNothing) {
    Window window({.slice_seconds = 100});
    window.sees(0, 5, "a");
    EXPECT_TRUE(window.sees(1, 1'000'000, "a"));
}

TEST(Repeats, CutsASliceThatIsFull) {
    Window window({.slice_seconds = 100, .max_entries = 2});
    for (int i = 0; i < 9; ++i) EXPECT_FALSE(window.sees(i, 5, "id" + std::to_string(i)));
    EXPECT_EQ(window.tables().cuts().size(), 5u);
    EXPECT_FALSE(window.sees(9, 5, "id0"));
    EXPECT_TRUE(window.sees(10, 5, "id8"));
}

TEST(Repeats, NewLimitsHoldFromTheNextCut) {
    Window before({.slice_seconds = 100, .max_entries = 1000});
    before.sees(0, 5, "a");
    Window after({.slice_seconds = 100, .max_entries = 1}, before.tables().cuts(), Offset{1});
    after.sees(0, 5, "a");
    after.sees(1, 6, "b");
    after.sees(2, 7, "c");
    EXPECT_EQ(after.tables().cuts().size(), 1u);
    after.sees(3, 100, "d");
    after.sees(4, 100, "e");
    EXPECT_EQ(after.tables().cuts().size(), 3u);
}

// The property that everything else leans on: a table rebuilt from its window's start decides like
// the live one.
TEST(Repeats, RebuiltFromAnyPositionDecideAlike) {
    for (uint64_t seed = 0; seed < 60; ++seed) {
        std::mt19937_64 random(seed);
        const RepeatLimits limits{.slice_seconds = 50, .max_entries = 12};
        struct Entry {
            int64_t second;
            std::string id;
            bool repeat;
        };
        std::vector<Entry> entries;
        Window live(limits);
        int64_t second = 0;
        for (int64_t offset = 0; offset < 400; ++offset) {
            second += static_cast<int64_t>(random() % 7);
            const std::string id = "i.b#" + std::to_string(random() % 90 * 40);
            entries.push_back({second, id, live.sees(offset, second, id)});
        }
        for (int64_t position = 1; position < 400; position += 13) {
            const auto& cuts = live.tables().cuts();
            const Offset facts{position + static_cast<int64_t>(random() % 30)};
            const Offset start = RepeatTables::window_start(cuts, Offset{position});
            Window rebuilt(limits, cuts, facts);
            for (int64_t offset = start.value; offset < 400; ++offset) {
                const Entry& entry = entries[static_cast<size_t>(offset)];
                const bool repeat = rebuilt.sees(offset, entry.second, entry.id);
                if (offset < position) continue;
                ASSERT_EQ(repeat, entry.repeat) << "seed " << seed << " at " << offset;
            }
            ASSERT_EQ(rebuilt.tables().cuts(), cuts);
        }
    }
}

TEST(Repeats, AgreesWithASetOnManyIds) {
    RepeatTables tables(kKey, {.slice_seconds = 1'000'000'000}, {}, {});
    tables.enter(Offset{0}, at_second(1));
    std::mt19937_64 random(3);
    std::set<std::string> seen;
    for (int round = 0; round < 40; ++round) {
        std::vector<IdBlock> blocks;
        std::vector<bool> want;
        for (int i = 0; i < 997; ++i) {
            const std::string id =
                "i.b" + std::to_string(random() % 500) + "#" + std::to_string(random() % 200);
            blocks.push_back(block_of("p", id, kKey));
            want.push_back(!seen.insert(id).second);
        }
        std::vector<bool> repeats;
        tables.see(blocks, repeats);
        ASSERT_EQ(repeats, want);
    }
}

}  // namespace
}  // namespace clickmill::fold
