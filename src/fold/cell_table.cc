#include "fold/cell_table.h"

#include <bit>

namespace clickmill::fold {

// Few bits of packed labels differ, and not always the same ones: all are mixed into the upper
// ones.
size_t CellTable::start_of(PackedLabels labels) const {
    constexpr uint64_t kGolden = 0x9e3779b97f4a7c15;
    const uint64_t mixed = (labels ^ labels >> 32) * kGolden;
    return mixed >> (64 - std::countr_zero(slots_.size()));
}

// Where `labels` are, or would be.
size_t CellTable::place_of(PackedLabels labels) const {
    const size_t mask = slots_.size() - 1;
    size_t at = start_of(labels);
    while (slots_[at].labels != labels && slots_[at].labels != kFree) at = (at + 1) & mask;
    return at;
}

const Cell* CellTable::find(PackedLabels labels) const {
    const Slot& slot = slots_[place_of(labels)];
    return slot.labels == kFree ? nullptr : &slot.cell;
}

std::pair<Cell&, bool> CellTable::at_or_new(PackedLabels labels) {
    size_t at = place_of(labels);
    if (slots_[at].labels == labels) return {slots_[at].cell, false};
    if ((size_ + 1) * 4 > slots_.size() * 3) {
        grow();
        at = place_of(labels);
    }
    slots_[at].labels = labels;
    ++size_;
    return {slots_[at].cell, true};
}

void CellTable::grow() {
    std::vector<Slot> old = std::exchange(slots_, std::vector<Slot>(slots_.size() * 2));
    for (Slot& slot : old) {
        if (slot.labels != kFree) slots_[place_of(slot.labels)] = std::move(slot);
    }
}

}  // namespace clickmill::fold
