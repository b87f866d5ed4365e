// Which ids of a partition were seen before: one table per slice of its records (design section 5,
// Repeats). A verdict is a function of the partition's records and of recorded cuts, so live fold,
// restart and replay agree.
#pragma once

#include "base/types.h"
#include "fold/ledger.h"
#include "fold/repeat_piece.h"

#include <cstdint>
#include <deque>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

namespace clickmill::fold {

// Slices looked into beside the current one. Few, because each is a look-up. Stored: never change.
inline constexpr size_t kOlderSlices = 3;
// Cuts kept in the ledger: enough for any window, and years of audits at three cuts a day.
inline constexpr size_t kMaxCuts = 4096;

struct RepeatLimits {
    int64_t slice_seconds = int64_t{8} * 3600;
    int64_t max_entries = int64_t{3} << 20;  // 16 bytes each at a load of 3/4: 64 MiB a slice
    // A piece to be stored ends after so long, or so many new ids: what a restart reads again.
    int64_t piece_seconds = int64_t{5} * 60;
    size_t max_piece_entries = size_t{1} << 17;
};

// An id as the tables keep it: the keyed hash of its block, and its place among the block's 64
// members.
struct IdBlock {
    uint64_t hash = 0;
    uint64_t member = 1;  // one bit
};

// The block of `<install>.<boot>#<n>` is the text before '#' with n div 64; any other id is its own
// block.
IdBlock block_of(std::string_view project, std::string_view event_id, uint64_t key);

// One slice: keyed hash of a block -> members seen. Open addressing, 16 bytes an entry.
class SliceTable {
public:
    SliceTable();
    void prefetch(uint64_t hash) const;
    bool contains(const IdBlock& id) const;
    bool insert(const IdBlock& id);  // true when it was there before
    int64_t entries() const { return entries_; }
    int64_t bytes() const { return static_cast<int64_t>(slots_.size() * sizeof(Slot)); }

private:
    struct Slot {
        uint64_t hash = 0;  // 0: free
        uint64_t members = 0;
    };
    Slot& slot_of(uint64_t hash);
    void grow();

    std::vector<Slot> slots_;
    int64_t entries_ = 0;
};

// One partition's tables. One thread.
class RepeatTables {
public:
    // `cuts` are those of the stored ledger, facts for every record from the first of them to below
    // `facts_below`; later cuts, and those of older records, are made by the limits of the slice
    // that they end, and begin slices under `limits`.
    RepeatTables(uint64_t key, RepeatLimits limits, std::vector<SliceCut> cuts, Offset facts_below);

    // Before any record: takes what stored pieces say about records below `position`, in their
    // order from the window's start and without a hole. Returns where reading must begin.
    Offset restore(Offset position, std::span<const RepeatPiece> pieces);

    // The first record whose ids can matter to a fold that goes on at `position`.
    static Offset window_start(std::span<const SliceCut> cuts, Offset position);

    // To be called before the ids of a record; cuts where the rule says so. Records come in order.
    void enter(Offset offset, Moment append_time);
    // For each id of the record, in order: was it seen in the window, counted or not? An id seen
    // twice in the span is a repeat the second time. Afterwards all are seen.
    void see(std::span<const IdBlock> ids, std::vector<bool>& repeats);

    // Pieces that have ended, to be stored; the oldest `count` of them are.
    const std::vector<RepeatPiece>& pieces() const { return pieces_; }
    void stored(size_t count);
    // Ends the open piece below `next`: nothing more is entered before it is stored.
    void end_piece(Offset next);

    uint64_t key() const { return key_; }
    const std::vector<SliceCut>& cuts() const { return cuts_; }
    int64_t entries() const;
    int64_t bytes() const;
    // From the first record of the oldest slice to `now`.
    int64_t window_seconds(Moment now) const;

private:
    struct Slice {
        SliceCut cut;
        SliceTable table;
    };
    bool is_fact(Offset offset) const;  // whether recorded cuts say where its slice begins
    bool is_cut(Offset offset, Moment append_time) const;
    const SliceCut* cut_of(Offset offset) const;
    void begin_slice(const SliceCut& cut);
    void begin_or_end_piece(Offset offset, Moment append_time, bool is_cut);

    uint64_t key_;
    RepeatLimits limits_;
    std::vector<SliceCut> cuts_;
    Offset facts_below_;
    std::deque<Slice> slices_;  // oldest first; the last is the current one

    std::optional<Offset> piece_first_;  // of the open piece; none: with the next record
    std::optional<Moment> piece_began_;
    std::vector<IdBlock> piece_ids_;  // new ones, in the order in which they came
    std::vector<RepeatPiece> pieces_;
};

}  // namespace clickmill::fold
