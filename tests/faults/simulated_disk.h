// A disk in memory that forgets, tears and fails, under SQLite's own seam: a VFS. What was written
// and not synced may survive a power cut whole, in part, or not at all, in any order. Source of
// what a VFS has to do: sqlite.org/c3ref/io_methods.html.
#pragma once

#include "tests/faults/simulated_file.h"

#include <condition_variable>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <random>
#include <string>

struct sqlite3_file;
struct sqlite3_vfs;

namespace clickmill::faults {

// Any thread. Every connection to it is closed before it goes.
class SimulatedDisk {
public:
    explicit SimulatedDisk(uint64_t seed = 1);
    ~SimulatedDisk();
    SimulatedDisk(const SimulatedDisk&) = delete;
    SimulatedDisk& operator=(const SimulatedDisk&) = delete;

    // The name to open databases by.
    const std::string& vfs() const { return name_; }

    // Calls that can fail: open, read, write, truncate, sync, delete.
    int64_t calls() const;
    // The `number`-th of them from now on, from 1, fails with SQLite's `code`; if `for_good`, all
    // later ones fail, too. What a write fails with half done is on the disk.
    void fail_call(int64_t number, int code, bool for_good = false);
    void heal();
    // Whether a call has failed since fail_call().
    bool has_failed() const;

    // Writes and truncations are refused as on a full disk; reads and syncs go on.
    void fill();

    // A sync waits until release_sync(); what it is for is not durable until then.
    void hold_sync();
    void release_sync();

    // The power goes: of each file stays what was synced, and what chance spared of the rest. Every
    // call fails until restore_power(), before which all connections are closed.
    void lose_power();
    void restore_power();

private:
    friend struct Methods;  // the functions that SQLite calls

    enum class Call { Open, Read, Write, Truncate, Sync, Delete };
    // SQLITE_OK, or the code to fail with.
    int admit(Call call);
    void wait_for_sync(std::unique_lock<std::mutex>& lock);

    const std::string name_;
    std::unique_ptr<sqlite3_vfs> vfs_;

    mutable std::mutex mutex_;  // guards all below
    std::condition_variable released_;
    std::mt19937_64 random_;
    std::map<std::string, std::shared_ptr<SimulatedFile>> files_;
    int64_t calls_ = 0;
    int64_t failing_call_ = 0;  // 0: none
    int failing_code_ = 0;
    bool fails_for_good_ = false;
    bool has_failed_ = false;
    bool is_full_ = false;
    bool is_sync_held_ = false;
    bool is_off_ = false;
};

}  // namespace clickmill::faults
