// Where the archive's files lie. A name is a path with slashes, without a leading one.
#pragma once

#include "base/file_lock.h"
#include "base/result.h"

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace clickmill::archive {

struct Object {
    std::string name;
    int64_t bytes = 0;
};

// How names of copies of objects begin, in a scratch folder.
inline constexpr std::string_view kCopyPrefix = "copy-";

// A file of this machine with an object's bytes, for as long as it is held.
class LocalFile {
public:
    LocalFile(std::string path, bool is_copy) : path_(std::move(path)), is_copy_(is_copy) {}
    LocalFile(LocalFile&& other) noexcept
        : path_(std::move(other.path_)), is_copy_(std::exchange(other.is_copy_, false)) {}
    LocalFile& operator=(LocalFile&&) = delete;
    ~LocalFile();  // a copy goes
    const std::string& path() const { return path_; }

private:
    std::string path_;
    bool is_copy_;
};

// Any thread.
class ObjectStore {
public:
    virtual ~ObjectStore() = default;

    // All of them, sorted by name.
    virtual Result<std::vector<Object>> list() = 0;
    // Where a file is made that put() takes afterwards; files whose names begin with "copy-" are
    // the store's.
    virtual std::string scratch_folder() = 0;
    // Takes the file of this path for its own, under `name`: as a whole, durably, or not at all. An
    // object of that name is replaced.
    virtual Result<void> put(const std::string& path, const std::string& name) = 0;
    // Its bytes; a store elsewhere fetches them. NotFound: there is no such object.
    virtual Result<LocalFile> get(const std::string& name) = 0;
    virtual Result<void> remove(const std::string& name) = 0;  // one that is not there is removed
};

// Who writes or replaces files on this machine has it meanwhile. Conflict: somebody else does.
Result<FileLock> lock_files(ObjectStore& store);

// A folder of this machine, made when it is not there. Unavailable: it cannot be written.
Result<std::unique_ptr<ObjectStore>> open_folder(const std::string& folder);

}  // namespace clickmill::archive
