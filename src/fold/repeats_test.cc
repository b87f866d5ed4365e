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
    RepeatTables& tables() { return tables_; }

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

// The property that everything else leans on: a table rebuilt from its window's start, or from what
// pieces of it are stored, decides like the live one.
TEST(Repeats, CutRecordsByTheRuleThatAreOlderThanWhatTheLedgerKnows) {
    // A ledger that was begun at offset 50: of what came before, only the records are left.
    RepeatTables tables(kKey, {.slice_seconds = 100},
                        {SliceCut{Offset{50}, Moment{std::chrono::seconds(5'000)}, 100, 1'000}},
                        Offset{60});
    std::vector<bool> repeats;
    const auto sees = [&](int64_t offset, int64_t second) {
        tables.enter(Offset{offset}, Moment{std::chrono::seconds(second)});
        tables.see(std::vector{block_of("shop", "a", kKey)}, repeats);
        return static_cast<bool>(repeats.front());
    };
    EXPECT_FALSE(sees(0, 0));
    EXPECT_TRUE(sees(1, 10));
    for (int64_t i = 0; i < 4; ++i)
        tables.enter(Offset{2 + i}, Moment{std::chrono::seconds(110 + 100 * i)});
    EXPECT_FALSE(sees(9, 510)) << "four slices later it is forgotten";
    EXPECT_EQ(tables.cuts().size(), 1u) << "what the ledger knows stays as it is";
    EXPECT_EQ(RepeatTables::window_start(tables.cuts(), Offset{40}), Offset{0});
}

TEST(Repeats, RebuiltFromAnyPositionDecideAlike) {
    int64_t read_again = 0;
    for (uint64_t seed = 0; seed < 60; ++seed) {
        std::mt19937_64 random(seed);
        const RepeatLimits limits{
            .slice_seconds = 50, .max_entries = 12, .piece_seconds = 11, .max_piece_entries = 5};
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
            Window rebuilt(limits, cuts, facts);
            const bool has_pieces = random() % 2 == 0;
            const Offset start =
                has_pieces ? rebuilt.tables().restore(Offset{position}, live.tables().pieces())
                           : RepeatTables::window_start(cuts, Offset{position});
            if (has_pieces) read_again = std::max(read_again, position - start.value);
            for (int64_t offset = start.value; offset < 400; ++offset) {
                const Entry& entry = entries[static_cast<size_t>(offset)];
                const bool repeat = rebuilt.sees(offset, entry.second, entry.id);
                if (offset < position) continue;
                ASSERT_EQ(repeat, entry.repeat) << "seed " << seed << " at " << offset;
            }
            ASSERT_EQ(rebuilt.tables().cuts(), cuts);
        }
    }
    EXPECT_LE(read_again, 12) << "records of a piece that has not ended";
}

class StoredPieces : public testing::Test {
protected:
    // Ids 0 to 29, one a second; slices of ten, pieces of four, the last ended by hand.
    StoredPieces() {
        for (int i = 0; i < 30; ++i) window_.sees(i, i, std::to_string(i));
        window_.tables().end_piece(Offset{30});
        pieces_ = window_.tables().pieces();
        cuts_ = window_.tables().cuts();
    }
    // Where reading must begin for a fold that goes on at `position`.
    int64_t start(int64_t position = 30) {
        Window restored(limits_, cuts_, Offset{30});
        return restored.tables().restore(Offset{position}, pieces_).value;
    }

    const RepeatLimits limits_{.slice_seconds = 10, .piece_seconds = 4};
    Window window_{limits_};
    std::vector<RepeatPiece> pieces_;
    std::vector<SliceCut> cuts_;
};

TEST_F(StoredPieces, EndWithTimeAndWithTheirSlice) {
    std::vector<std::pair<int64_t, int64_t>> ranges;
    for (const RepeatPiece& piece : pieces_) {
        ranges.emplace_back(piece.first.value, piece.next.value);
        EXPECT_EQ(piece.slice.value, piece.first.value / 10 * 10);
    }
    const std::vector<std::pair<int64_t, int64_t>> want = {
        {0, 4}, {4, 8}, {8, 10}, {10, 14}, {14, 18}, {18, 20}, {20, 24}, {24, 28}, {28, 30}};
    EXPECT_EQ(ranges, want);
}

TEST_F(StoredPieces, AreTakenAsFarAsThePosition) {
    EXPECT_EQ(start(30), 30);
    EXPECT_EQ(start(29), 28) << "the last piece holds what is still to be judged";
    EXPECT_EQ(start(13), 10);
}

TEST_F(StoredPieces, EndAtAHole) {
    pieces_.erase(pieces_.begin() + 4);
    EXPECT_EQ(start(), 14);
    pieces_.erase(pieces_.begin());
    EXPECT_EQ(start(), 0);
}

TEST_F(StoredPieces, EndAtDamage) {
    for (size_t byte = 0; byte < pieces_[2].ids.size(); ++byte) {
        std::string& ids = pieces_[2].ids;
        ids[byte] = static_cast<char>(ids[byte] ^ 1);
        EXPECT_EQ(start(), 8) << "byte " << byte;
        ids[byte] = static_cast<char>(ids[byte] ^ 1);
    }
    pieces_[2].ids.resize(5);
    EXPECT_EQ(start(), 8);
    pieces_[2].ids.clear();
    EXPECT_EQ(start(), 8);
}

// Of an aggregator that cut elsewhere and was overtaken.
TEST_F(StoredPieces, EndWhereTheyAreOfAnotherSlice) {
    pieces_[5].slice = Offset{18};
    EXPECT_EQ(start(), 18);
    cuts_.insert(cuts_.begin() + 1, {Offset{6}, at_second(6), 10, 1'000});
    EXPECT_EQ(start(), 4) << "a cut within the piece";
}

TEST_F(StoredPieces, AreDroppedOnceStored) {
    window_.tables().stored(8);
    ASSERT_EQ(window_.tables().pieces().size(), 1U);
    EXPECT_EQ(window_.tables().pieces()[0].first, Offset{28});
    window_.tables().end_piece(Offset{30});
    EXPECT_EQ(window_.tables().pieces().size(), 1U) << "an empty one is none";
}

TEST(PackedIds, AreUnitedAndComeBack) {
    std::vector<IdBlock> ids = {{~0ULL, 4}, {7, 1}, {1, 1ULL << 63}, {7, 2}, {~0ULL, 1}};
    const std::string bytes = pack_ids(ids);
    const auto back = unpack_ids(bytes);
    ASSERT_TRUE(back);
    std::vector<std::pair<uint64_t, uint64_t>> got;
    for (const IdBlock& id : *back) got.emplace_back(id.hash, id.member);
    const std::vector<std::pair<uint64_t, uint64_t>> want = {{1, 1ULL << 63}, {7, 3}, {~0ULL, 5}};
    EXPECT_EQ(got, want);
    ids.clear();
    EXPECT_TRUE(unpack_ids(pack_ids(ids))->empty());
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
