// One file of a SimulatedDisk: what is durable, what was written since, its locks, and the memory
// that connections in WAL mode share. The disk's mutex guards all of it.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <random>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace clickmill::faults {

// A connection's hold on a file.
struct Holder {
    int level = 0;  // SQLITE_LOCK_*
    uint32_t shared_slots = 0;
    uint32_t exclusive_slots = 0;
};

class SimulatedFile {
public:
    // The bytes at `at`, fewer behind the end.
    std::string_view read(int64_t at, int64_t size) const;
    void write(int64_t at, std::string_view bytes);
    void truncate(int64_t size);
    void sync();
    int64_t size() const { return static_cast<int64_t>(seen_.size()); }
    // Each write since the last sync survives whole, up to a sector, or not at all.
    void lose_power(std::mt19937_64& random);

    // The lock levels of a database file; false: somebody is in the way.
    bool lock(Holder& holder, int level);
    static void unlock(Holder& holder, int level);
    bool is_reserved() const;
    // Slots of the shared memory, as xShmLock has them.
    bool lock_slots(Holder& holder, uint32_t slots, bool is_exclusive);
    static void unlock_slots(Holder& holder, uint32_t slots);
    // A region of the shared memory, or nullptr when there is none and `extend` is false.
    volatile void* region(int number, int size, bool extend);
    void forget_shared_memory() { regions_.clear(); }

    void add(Holder& holder) { holders_.insert(&holder); }
    void remove(Holder& holder) { holders_.erase(&holder); }

private:
    struct Change {
        int64_t at = 0;
        std::string bytes;
        int64_t size = -1;  // of a truncation
    };
    static void apply(std::string& content, const Change& change);

    std::string durable_;
    std::string seen_;             // durable_ with changes_ applied
    std::vector<Change> changes_;  // since the last sync
    std::set<Holder*> holders_;
    std::vector<std::unique_ptr<char[]>> regions_;
};

}  // namespace clickmill::faults
