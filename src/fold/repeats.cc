#include "fold/repeats.h"

#include "base/check.h"
#include "base/hash.h"
#include "base/planted.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstring>

namespace clickmill::fold {
namespace {

constexpr uint64_t kMembersPerBlock = 64;
constexpr uint64_t kMaxCounter = uint64_t{1} << 53;
constexpr size_t kFirstSlots = 1024;

// The canonical decimal below 2^53 that `text` is, if it is one.
std::optional<uint64_t> counter_of(std::string_view text) {
    if (text.empty() || (text.front() == '0' && text.size() > 1)) return std::nullopt;
    uint64_t number = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (error != std::errc{} || end != text.data() + text.size() || number >= kMaxCounter)
        return std::nullopt;
    return number;
}

// Hashes project, tag and text under `key`. The two kinds of blocks never meet: their tags differ.
uint64_t hash_block(char tag, std::string_view project, std::string_view text, uint64_t block,
                    uint64_t key) {
    std::array<char, 512> buffer;
    CHECK(project.size() + text.size() + 16 <= buffer.size());
    char* end = std::copy(project.begin(), project.end(), buffer.data());
    *end++ = '\0';
    *end++ = tag;
    end = std::copy(text.begin(), text.end(), end);
    std::memcpy(end, &block, sizeof(block));
    end += sizeof(block);
    const uint64_t hash =
        keyed_hash({buffer.data(), static_cast<size_t>(end - buffer.data())}, key);
    return hash == 0 ? 1 : hash;  // 0 marks a free slot
}

}  // namespace

IdBlock block_of(std::string_view project, std::string_view event_id, uint64_t key) {
    if (const size_t at = event_id.rfind('#'); at != std::string_view::npos) {
        if (const auto counter = counter_of(event_id.substr(at + 1))) {
            return {
                hash_block('#', project, event_id.substr(0, at), *counter / kMembersPerBlock, key),
                uint64_t{1} << (*counter % kMembersPerBlock)};
        }
    }
    return {hash_block('=', project, event_id, 0, key), 1};
}

SliceTable::SliceTable() : slots_(kFirstSlots) {}

void SliceTable::prefetch(uint64_t hash) const {
    __builtin_prefetch(&slots_[hash & (slots_.size() - 1)]);
}

bool SliceTable::contains(const IdBlock& id) const {
    const size_t mask = slots_.size() - 1;
    for (size_t at = id.hash & mask;; at = (at + 1) & mask) {
        if (slots_[at].hash == id.hash) return (slots_[at].members & id.member) != 0;
        if (slots_[at].hash == 0) return false;
    }
}

SliceTable::Slot& SliceTable::slot_of(uint64_t hash) {
    const size_t mask = slots_.size() - 1;
    size_t at = hash & mask;
    while (slots_[at].hash != hash && slots_[at].hash != 0) at = (at + 1) & mask;
    return slots_[at];
}

bool SliceTable::insert(const IdBlock& id) {
    Slot& slot = slot_of(id.hash);
    const bool was_there = (slot.members & id.member) != 0;
    slot.members |= id.member;
    if (slot.hash == 0) {
        slot.hash = id.hash;
        if (++entries_ * 4 > static_cast<int64_t>(slots_.size()) * 3) grow();
    }
    return was_there;
}

void SliceTable::grow() {
    std::vector<Slot> old(slots_.size() * 2);
    old.swap(slots_);
    for (const Slot& slot : old) {
        if (slot.hash != 0) slot_of(slot.hash) = slot;
    }
}

RepeatTables::RepeatTables(uint64_t key, RepeatLimits limits, std::vector<SliceCut> cuts,
                           Offset facts_below)
    : key_(key), limits_(limits), cuts_(std::move(cuts)), facts_below_(facts_below) {
    // Cuts at or above are made again, alike; those below are facts.
    std::erase_if(cuts_, [&](const SliceCut& cut) { return cut.offset >= facts_below_; });
}

Offset RepeatTables::window_start(std::span<const SliceCut> cuts, Offset position) {
    const auto below = std::find_if(cuts.begin(), cuts.end(),
                                    [&](const SliceCut& cut) { return cut.offset >= position; });
    const auto known = static_cast<size_t>(below - cuts.begin());
    if (known == 0) return Offset{};  // cuts are known from later on: all before may matter
    const size_t older = is_planted("rebuild too short") ? 0 : kOlderSlices;
    return cuts[known - 1 - std::min(known - 1, older)].offset;
}

const SliceCut* RepeatTables::cut_of(Offset offset) const {
    const auto above = std::ranges::upper_bound(cuts_, offset, {}, &SliceCut::offset);
    return above == cuts_.begin() ? nullptr : &*std::prev(above);
}

void RepeatTables::begin_slice(const SliceCut& cut) {
    slices_.push_back({cut, {}});
    if (slices_.size() > kOlderSlices + 1) slices_.pop_front();
}

Offset RepeatTables::restore(Offset position, std::span<const RepeatPiece> pieces) {
    Offset at = window_start(cuts_, position);
    for (const RepeatPiece& piece : pieces) {
        if (piece.first < at) continue;
        const bool is_past = piece.next > position && !is_planted("piece past the position");
        const SliceCut* cut = cut_of(piece.first);
        const bool is_whole = cut && cut == cut_of(Offset{piece.next.value - 1});
        if (piece.first > at || is_past || !is_whole || cut->offset != piece.slice) break;
        const auto ids = unpack_ids(piece.ids);
        if (!ids) break;
        if (slices_.empty() || slices_.back().cut.offset != cut->offset) begin_slice(*cut);
        for (const IdBlock& id : *ids) slices_.back().table.insert(id);
        at = piece.next;
    }
    piece_first_ = at;
    return at;
}

void RepeatTables::stored(size_t count) {
    pieces_.erase(pieces_.begin(), pieces_.begin() + static_cast<std::ptrdiff_t>(count));
}

void RepeatTables::end_piece(Offset next) {
    if (!piece_first_ || *piece_first_ >= next || slices_.empty()) return;
    pieces_.push_back({slices_.back().cut.offset, *piece_first_, next, pack_ids(piece_ids_)});
    piece_ids_.clear();
    piece_first_ = next;
    piece_began_.reset();
}

void RepeatTables::begin_or_end_piece(Offset offset, Moment append_time, bool is_cut) {
    const bool is_old =
        piece_began_ && append_time - *piece_began_ >= std::chrono::seconds(limits_.piece_seconds);
    if (is_cut || is_old || piece_ids_.size() >= limits_.max_piece_entries) end_piece(offset);
    if (!piece_first_) piece_first_ = offset;
    if (!piece_began_) piece_began_ = append_time;
}

bool RepeatTables::is_fact(Offset offset) const {
    return offset < facts_below_ && !cuts_.empty() && offset >= cuts_.front().offset;
}

bool RepeatTables::is_cut(Offset offset, Moment append_time) const {
    if (is_fact(offset)) {
        const SliceCut* cut = cut_of(offset);
        return cut && cut->offset == offset;
    }
    if (slices_.empty()) return true;
    const SliceCut& current = slices_.back().cut;
    const auto slice_number = [&](Moment moment) {
        return std::chrono::floor<std::chrono::seconds>(moment).time_since_epoch().count() /
               current.slice_seconds;
    };
    return slice_number(append_time) != slice_number(current.append_time) ||
           slices_.back().table.entries() >= current.max_entries;
}

void RepeatTables::enter(Offset offset, Moment append_time) {
    const bool is_new_slice = is_cut(offset, append_time);
    begin_or_end_piece(offset, append_time, is_new_slice);
    // Else a rebuild starts where older records are gone, and the slice goes on under its recorded
    // limits.
    if (!is_new_slice && !slices_.empty()) return;
    SliceCut cut{offset, append_time, limits_.slice_seconds, limits_.max_entries};
    if (is_fact(offset)) {
        cut = *cut_of(offset);
    } else if (offset >= facts_below_) {
        cuts_.push_back(cut);
        if (cuts_.size() > kMaxCuts) cuts_.erase(cuts_.begin());
    }
    begin_slice(cut);
}

void RepeatTables::see(std::span<const IdBlock> ids, std::vector<bool>& repeats) {
    repeats.assign(ids.size(), false);
    constexpr size_t kAhead = 12;
    for (size_t i = 0; i < ids.size() + kAhead; ++i) {
        if (i < ids.size()) {
            for (const Slice& slice : slices_) slice.table.prefetch(ids[i].hash);
        }
        if (i < kAhead) continue;
        const IdBlock& id = ids[i - kAhead];
        bool seen = false;
        for (size_t s = 0; s + 1 < slices_.size(); ++s)
            seen = seen || slices_[s].table.contains(id);
        if (slices_.back().table.insert(id)) {
            seen = true;
        } else {
            piece_ids_.push_back(id);
        }
        repeats[i - kAhead] = seen;
    }
}

int64_t RepeatTables::entries() const {
    int64_t sum = 0;
    for (const Slice& slice : slices_) sum += slice.table.entries();
    return sum;
}

int64_t RepeatTables::bytes() const {
    int64_t sum = 0;
    for (const Slice& slice : slices_) sum += slice.table.bytes();
    return sum;
}

int64_t RepeatTables::window_seconds(Moment now) const {
    if (slices_.empty()) return 0;
    return std::max<int64_t>(
        0, std::chrono::floor<std::chrono::seconds>(now - slices_.front().cut.append_time).count());
}

}  // namespace clickmill::fold
