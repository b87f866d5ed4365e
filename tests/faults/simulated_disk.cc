#include "tests/faults/simulated_disk.h"

#include <sqlite3.h>

#include <atomic>
#include <cstring>
#include <utility>

namespace clickmill::faults {
namespace {

std::string next_name() {
    static std::atomic<int> number = 0;
    return "simulated-disk-" + std::to_string(number++);
}

// What SQLite keeps for an open file: it allocates the bytes, we live in them.
struct OpenFile {
    sqlite3_file base{};
    SimulatedDisk* disk = nullptr;
    std::shared_ptr<SimulatedFile> file;
    Holder holder;
    std::string delete_on_close;
};

OpenFile& open_file(sqlite3_file* file) {
    return *reinterpret_cast<OpenFile*>(file);
}

}  // namespace

struct Methods {
    static SimulatedDisk& disk_of(sqlite3_vfs* vfs) {
        return *static_cast<SimulatedDisk*>(vfs->pAppData);
    }
    // The system's own VFS, for what has nothing to do with a disk.
    static sqlite3_vfs* system() { return sqlite3_vfs_find("unix"); }

    // Runs `work` under the disk's mutex if the call is admitted; `code` is what an I/O error of it
    // is.
    template <typename Work>
    static int with(sqlite3_file* file, SimulatedDisk::Call call, int code, Work work) {
        OpenFile& open = open_file(file);
        const std::lock_guard lock(open.disk->mutex_);
        if (const int refused = open.disk->admit(call); refused != SQLITE_OK) {
            return refused == SQLITE_IOERR ? code : refused;
        }
        return work(open);
    }

    static int open(sqlite3_vfs* vfs, const char* name, sqlite3_file* file, int flags,
                    int* out_flags) {
        SimulatedDisk& disk = disk_of(vfs);
        auto& opened = *new (file) OpenFile();
        const std::lock_guard lock(disk.mutex_);
        if (disk.admit(SimulatedDisk::Call::Open) != SQLITE_OK) return SQLITE_CANTOPEN;
        const std::string path = name ? name : "temporary-" + std::to_string(disk.calls_);
        auto found = disk.files_.find(path);
        if (found == disk.files_.end()) {
            if ((flags & SQLITE_OPEN_CREATE) == 0) return SQLITE_CANTOPEN;
            found = disk.files_.emplace(path, std::make_shared<SimulatedFile>()).first;
        }
        opened.disk = &disk;
        opened.file = found->second;
        if ((flags & SQLITE_OPEN_DELETEONCLOSE) != 0) opened.delete_on_close = path;
        opened.file->add(opened.holder);
        opened.base.pMethods = &kIo;
        if (out_flags) *out_flags = flags;
        return SQLITE_OK;
    }
    static int close(sqlite3_file* file) {
        OpenFile& open = open_file(file);
        {
            const std::lock_guard lock(open.disk->mutex_);
            open.file->remove(open.holder);
            if (!open.delete_on_close.empty()) open.disk->files_.erase(open.delete_on_close);
        }
        open.~OpenFile();
        return SQLITE_OK;
    }
    static int read(sqlite3_file* file, void* into, int size, sqlite3_int64 at) {
        return with(file, SimulatedDisk::Call::Read, SQLITE_IOERR_READ, [&](OpenFile& open) {
            const std::string_view bytes = open.file->read(at, size);
            std::memset(into, 0, static_cast<size_t>(size));
            if (!bytes.empty()) std::memcpy(into, bytes.data(), bytes.size());
            return static_cast<int>(bytes.size()) == size ? SQLITE_OK : SQLITE_IOERR_SHORT_READ;
        });
    }
    static int write(sqlite3_file* file, const void* from, int size, sqlite3_int64 at) {
        const std::string_view bytes(static_cast<const char*>(from), static_cast<size_t>(size));
        const int result =
            with(file, SimulatedDisk::Call::Write, SQLITE_IOERR_WRITE, [&](OpenFile& open) {
                open.file->write(at, bytes);
                return SQLITE_OK;
            });
        if (result == SQLITE_OK || result == SQLITE_FULL) return result;
        // Half of what failed got there.
        OpenFile& open = open_file(file);
        const std::lock_guard lock(open.disk->mutex_);
        if (!open.disk->is_off_) open.file->write(at, bytes.substr(0, bytes.size() / 2));
        return result;
    }
    static int truncate(sqlite3_file* file, sqlite3_int64 size) {
        return with(file, SimulatedDisk::Call::Truncate, SQLITE_IOERR_TRUNCATE,
                    [&](OpenFile& open) {
                        open.file->truncate(size);
                        return SQLITE_OK;
                    });
    }
    static int sync(sqlite3_file* file, int) {
        SimulatedDisk& disk = *open_file(file).disk;
        std::unique_lock lock(disk.mutex_);
        disk.wait_for_sync(lock);
        lock.unlock();
        return with(file, SimulatedDisk::Call::Sync, SQLITE_IOERR_FSYNC, [&](OpenFile& open) {
            open.file->sync();
            return SQLITE_OK;
        });
    }
    static int size(sqlite3_file* file, sqlite3_int64* size) {
        const std::lock_guard lock(open_file(file).disk->mutex_);
        *size = open_file(file).file->size();
        return SQLITE_OK;
    }
    static int lock(sqlite3_file* file, int level) {
        OpenFile& open = open_file(file);
        const std::lock_guard guard(open.disk->mutex_);
        return open.file->lock(open.holder, level) ? SQLITE_OK : SQLITE_BUSY;
    }
    static int unlock(sqlite3_file* file, int level) {
        OpenFile& open = open_file(file);
        const std::lock_guard guard(open.disk->mutex_);
        SimulatedFile::unlock(open.holder, level);
        return SQLITE_OK;
    }
    static int is_reserved(sqlite3_file* file, int* result) {
        const std::lock_guard guard(open_file(file).disk->mutex_);
        *result = open_file(file).file->is_reserved() ? 1 : 0;
        return SQLITE_OK;
    }
    static int control(sqlite3_file*, int, void*) { return SQLITE_NOTFOUND; }
    static int sector_size(sqlite3_file*) { return 512; }
    static int characteristics(sqlite3_file*) { return SQLITE_IOCAP_POWERSAFE_OVERWRITE; }

    static int map_region(sqlite3_file* file, int number, int size, int extend,
                          volatile void** region) {
        OpenFile& open = open_file(file);
        const std::lock_guard guard(open.disk->mutex_);
        *region = open.file->region(number, size, extend != 0);
        return SQLITE_OK;
    }
    static int lock_region(sqlite3_file* file, int first, int count, int flags) {
        OpenFile& open = open_file(file);
        const std::lock_guard guard(open.disk->mutex_);
        const uint32_t slots = ((uint32_t{1} << count) - 1) << first;
        if ((flags & SQLITE_SHM_UNLOCK) != 0) {
            SimulatedFile::unlock_slots(open.holder, slots);
            return SQLITE_OK;
        }
        const bool is_exclusive = (flags & SQLITE_SHM_EXCLUSIVE) != 0;
        return open.file->lock_slots(open.holder, slots, is_exclusive) ? SQLITE_OK : SQLITE_BUSY;
    }
    // A mutex orders memory, as in the VFS of SQLite; ThreadSanitizer knows no fences.
    static void barrier(sqlite3_file* file) {
        const std::lock_guard guard(open_file(file).disk->mutex_);
    }
    static int unmap_region(sqlite3_file* file, int forget) {
        OpenFile& open = open_file(file);
        const std::lock_guard guard(open.disk->mutex_);
        if (forget != 0 && !open.disk->is_off_) open.file->forget_shared_memory();
        return SQLITE_OK;
    }

    static int remove(sqlite3_vfs* vfs, const char* name, int) {
        SimulatedDisk& disk = disk_of(vfs);
        const std::lock_guard lock(disk.mutex_);
        if (disk.admit(SimulatedDisk::Call::Delete) != SQLITE_OK) return SQLITE_IOERR_DELETE;
        return disk.files_.erase(name) > 0 ? SQLITE_OK : SQLITE_IOERR_DELETE_NOENT;
    }
    static int access(sqlite3_vfs* vfs, const char* name, int, int* result) {
        SimulatedDisk& disk = disk_of(vfs);
        const std::lock_guard lock(disk.mutex_);
        const auto found = disk.files_.find(name);
        *result = found != disk.files_.end() && found->second->size() > 0 ? 1 : 0;
        return SQLITE_OK;
    }
    static int full_path(sqlite3_vfs*, const char* name, int size, char* out) {
        sqlite3_snprintf(size, out, "%s", name);
        return SQLITE_OK;
    }
    static int randomness(sqlite3_vfs*, int size, char* out) {
        return system()->xRandomness(system(), size, out);
    }
    static int sleep(sqlite3_vfs*, int microseconds) {
        return system()->xSleep(system(), microseconds);
    }
    static int now(sqlite3_vfs*, double* days) { return system()->xCurrentTime(system(), days); }
    static int last_error(sqlite3_vfs*, int, char*) { return 0; }

    static constexpr sqlite3_io_methods kIo = {2,
                                               close,
                                               read,
                                               write,
                                               truncate,
                                               sync,
                                               size,
                                               lock,
                                               unlock,
                                               is_reserved,
                                               control,
                                               sector_size,
                                               characteristics,
                                               map_region,
                                               lock_region,
                                               barrier,
                                               unmap_region,
                                               nullptr,
                                               nullptr};
};

SimulatedDisk::SimulatedDisk(uint64_t seed)
    : name_(next_name()), vfs_(std::make_unique<sqlite3_vfs>()), random_(seed) {
    vfs_->iVersion = 1;
    vfs_->szOsFile = static_cast<int>(sizeof(OpenFile));
    vfs_->mxPathname = 512;
    vfs_->zName = name_.c_str();
    vfs_->pAppData = this;
    vfs_->xOpen = Methods::open;
    vfs_->xDelete = Methods::remove;
    vfs_->xAccess = Methods::access;
    vfs_->xFullPathname = Methods::full_path;
    vfs_->xRandomness = Methods::randomness;
    vfs_->xSleep = Methods::sleep;
    vfs_->xCurrentTime = Methods::now;
    vfs_->xGetLastError = Methods::last_error;
    sqlite3_vfs_register(vfs_.get(), 0);
}

SimulatedDisk::~SimulatedDisk() {
    sqlite3_vfs_unregister(vfs_.get());
}

int64_t SimulatedDisk::calls() const {
    const std::lock_guard lock(mutex_);
    return calls_;
}

void SimulatedDisk::fail_call(int64_t number, int code, bool for_good) {
    const std::lock_guard lock(mutex_);
    failing_call_ = calls_ + number;
    failing_code_ = code;
    fails_for_good_ = for_good;
    has_failed_ = false;
}

bool SimulatedDisk::has_failed() const {
    const std::lock_guard lock(mutex_);
    return has_failed_;
}

void SimulatedDisk::heal() {
    const std::lock_guard lock(mutex_);
    failing_call_ = 0;
    is_full_ = false;
}

void SimulatedDisk::fill() {
    const std::lock_guard lock(mutex_);
    is_full_ = true;
}

int SimulatedDisk::admit(Call call) {
    ++calls_;
    if (is_off_) return SQLITE_IOERR;
    const bool fails =
        failing_call_ > 0 && (fails_for_good_ ? calls_ >= failing_call_ : calls_ == failing_call_);
    if (fails) {
        has_failed_ = true;
        const bool is_write = call == Call::Write || call == Call::Truncate;
        return failing_code_ == SQLITE_FULL && !is_write ? SQLITE_OK : failing_code_;
    }
    return is_full_ && (call == Call::Write || call == Call::Truncate) ? SQLITE_FULL : SQLITE_OK;
}

void SimulatedDisk::hold_sync() {
    const std::lock_guard lock(mutex_);
    is_sync_held_ = true;
}

void SimulatedDisk::release_sync() {
    const std::lock_guard lock(mutex_);
    is_sync_held_ = false;
    released_.notify_all();
}

void SimulatedDisk::wait_for_sync(std::unique_lock<std::mutex>& lock) {
    released_.wait(lock, [&] { return !is_sync_held_; });
}

void SimulatedDisk::lose_power() {
    const std::lock_guard lock(mutex_);
    is_off_ = true;
    for (auto& [path, file] : files_) file->lose_power(random_);
}

void SimulatedDisk::restore_power() {
    const std::lock_guard lock(mutex_);
    is_off_ = false;
    for (auto& [path, file] : files_) file->forget_shared_memory();
}

}  // namespace clickmill::faults
