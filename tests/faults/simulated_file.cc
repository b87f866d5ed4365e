#include "tests/faults/simulated_file.h"

#include <sqlite3.h>

#include <algorithm>

namespace clickmill::faults {
namespace {

constexpr int64_t kSectorBytes = 512;

}  // namespace

std::string_view SimulatedFile::read(int64_t at, int64_t size) const {
    if (at >= this->size()) return {};
    return std::string_view(seen_).substr(static_cast<size_t>(at), static_cast<size_t>(size));
}

void SimulatedFile::apply(std::string& content, const Change& change) {
    if (change.size >= 0) {
        content.resize(static_cast<size_t>(change.size), '\0');
        return;
    }
    const auto at = static_cast<size_t>(change.at);
    if (content.size() < at + change.bytes.size()) content.resize(at + change.bytes.size(), '\0');
    content.replace(at, change.bytes.size(), change.bytes);
}

void SimulatedFile::write(int64_t at, std::string_view bytes) {
    changes_.push_back({.at = at, .bytes = std::string(bytes)});
    apply(seen_, changes_.back());
}

void SimulatedFile::truncate(int64_t size) {
    changes_.push_back({.bytes = {}, .size = size});
    apply(seen_, changes_.back());
}

void SimulatedFile::sync() {
    durable_ = seen_;
    changes_.clear();
}

void SimulatedFile::lose_power(std::mt19937_64& random) {
    for (Change& change : changes_) {
        switch (random() % 3) {
            case 0:
                break;
            case 1: {
                const auto sectors = change.bytes.size() / kSectorBytes + 1;
                change.bytes.resize(
                    std::min(change.bytes.size(), random() % sectors * kSectorBytes));
                [[fallthrough]];
            }
            default:
                if (!change.bytes.empty() || change.size >= 0) apply(durable_, change);
        }
    }
    changes_.clear();
    seen_ = durable_;
}

bool SimulatedFile::lock(Holder& holder, int level) {
    if (holder.level >= level) return true;
    const auto another_has = [&](int least) {
        return std::any_of(holders_.begin(), holders_.end(), [&](const Holder* other) {
            return other != &holder && other->level >= least;
        });
    };
    if (level == SQLITE_LOCK_SHARED) {
        if (another_has(SQLITE_LOCK_PENDING)) return false;
    } else if (another_has(SQLITE_LOCK_RESERVED)) {
        return false;
    }
    if (level == SQLITE_LOCK_EXCLUSIVE && another_has(SQLITE_LOCK_SHARED)) {
        holder.level = SQLITE_LOCK_PENDING;
        return false;
    }
    holder.level = level;
    return true;
}

void SimulatedFile::unlock(Holder& holder, int level) {
    holder.level = std::min(holder.level, level);
}

bool SimulatedFile::is_reserved() const {
    return std::any_of(holders_.begin(), holders_.end(),
                       [](const Holder* holder) { return holder->level >= SQLITE_LOCK_RESERVED; });
}

bool SimulatedFile::lock_slots(Holder& holder, uint32_t slots, bool is_exclusive) {
    const bool is_taken = std::any_of(holders_.begin(), holders_.end(), [&](const Holder* other) {
        const uint32_t held =
            other->exclusive_slots | (is_exclusive ? other->shared_slots : uint32_t{0});
        return other != &holder && (held & slots) != 0;
    });
    if (is_taken) return false;
    (is_exclusive ? holder.exclusive_slots : holder.shared_slots) |= slots;
    return true;
}

void SimulatedFile::unlock_slots(Holder& holder, uint32_t slots) {
    holder.shared_slots &= ~slots;
    holder.exclusive_slots &= ~slots;
}

volatile void* SimulatedFile::region(int number, int size, bool extend) {
    const auto index = static_cast<size_t>(number);
    if (index >= regions_.size() && !extend) return nullptr;
    while (regions_.size() <= index)
        regions_.push_back(std::make_unique<char[]>(static_cast<size_t>(size)));
    return regions_[index].get();
}

}  // namespace clickmill::faults
