// The cells of one hour of a view: rows in memory, side by side in one table that is open to
// prefetching, because a fold spends its time waiting for memory.
#pragma once

#include "base/types.h"
#include "fold/day_dictionary.h"
#include "fold/hll.h"

#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

namespace clickmill::fold {

struct Cell {
    static constexpr int32_t kKnown = -1;

    int64_t clicks = 0;
    Offset clicks_through;  // records below are in `clicks`; never falls
    Hll users;
    // While the stored row is not known: the index of its MissingCell.
    int32_t missing = kKnown;
    bool is_dirty = false;
    bool clicks_changed = false;
    bool users_changed = false;
};

// Labels -> cell. Open addressing, 64 bytes an entry: one line of cache. References live until the
// next at_or_new() or keep_if().
class CellTable {
public:
    CellTable() : slots_(kFirstSlots) {}

    void prefetch(PackedLabels labels) const { __builtin_prefetch(&slots_[start_of(labels)], 1); }
    // nullptr: there is none.
    const Cell* find(PackedLabels labels) const;
    std::pair<Cell&, bool> at_or_new(PackedLabels labels);  // true: it is new
    size_t size() const { return size_; }

    // Forgets every cell for which `is_kept(cell)` is false; it is asked once for each.
    template <typename IsKept>
    void keep_if(IsKept is_kept) {
        std::vector<Slot> old = std::exchange(slots_, std::vector<Slot>(kFirstSlots));
        size_ = 0;
        for (Slot& slot : old) {
            if (slot.labels != kFree && is_kept(slot.cell))
                at_or_new(slot.labels).first = std::move(slot.cell);
        }
    }

private:
    static constexpr size_t kFirstSlots = 16;
    static constexpr PackedLabels kFree = UINT64_MAX;  // no labels: Column keeps below it

    struct alignas(64) Slot {
        PackedLabels labels = kFree;
        Cell cell;
    };

    size_t start_of(PackedLabels labels) const;
    size_t place_of(PackedLabels labels) const;
    void grow();

    std::vector<Slot> slots_;  // a power of two
    size_t size_ = 0;
};

}  // namespace clickmill::fold
