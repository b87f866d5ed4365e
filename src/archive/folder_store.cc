#include "archive/object_store.h"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <filesystem>
#include <unistd.h>

namespace clickmill::archive {
namespace {

namespace fs = std::filesystem;

// Not among the names: they begin with a letter. With an ending it is the lock's.
constexpr std::string_view kScratch = ".new";

Error cannot(const char* what, const std::string& where, const std::string& why) {
    return Error{ErrorCode::Unavailable, what, where, why};
}

// A file's bytes, or a folder's names, survive power loss afterwards.
Result<void> sync(const std::string& path) {
    const int descriptor = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
    const bool is_synced = descriptor >= 0 && ::fsync(descriptor) == 0;
    const int reason = errno;
    if (descriptor >= 0) ::close(descriptor);
    if (is_synced) return {};
    return std::unexpected(cannot("cannot sync an archive file", path, std::strerror(reason)));
}

class FolderStore final : public ObjectStore {
public:
    explicit FolderStore(fs::path folder) : folder_(std::move(folder)) {}

    Result<void> open() {
        std::error_code error;
        fs::create_directories(folder_ / kScratch, error);
        if (error) {
            return std::unexpected(
                cannot("cannot make the archive's folder", folder_.string(), error.message()));
        }
        return {};
    }

    Result<std::vector<Object>> list() override {
        std::vector<Object> objects;
        std::error_code error;
        for (auto each = fs::recursive_directory_iterator(folder_, error);
             !error && each != fs::recursive_directory_iterator(); each.increment(error)) {
            if (each->path().filename().string().starts_with(kScratch)) {
                each.disable_recursion_pending();
            } else if (each->is_regular_file(error)) {
                objects.push_back({fs::relative(each->path(), folder_, error).string(),
                                   static_cast<int64_t>(each->file_size(error))});
            }
        }
        if (error) {
            return std::unexpected(
                cannot("cannot list the archive", folder_.string(), error.message()));
        }
        std::ranges::sort(objects, {}, &Object::name);
        return objects;
    }

    std::string scratch_folder() override { return (folder_ / kScratch).string(); }

    Result<void> put(const std::string& path, const std::string& name) override {
        const fs::path target = folder_ / name;
        RETURN_IF_ERROR(sync(path));
        std::error_code error;
        fs::create_directories(target.parent_path(), error);
        if (!error) fs::rename(path, target, error);
        if (error) {
            return std::unexpected(
                cannot("cannot put a file into the archive", target.string(), error.message()));
        }
        RETURN_IF_ERROR(sync(target.parent_path().string()));
        return sync(folder_.string());
    }

    Result<LocalFile> get(const std::string& name) override {
        const fs::path path = folder_ / name;
        std::error_code error;
        if (fs::is_regular_file(path, error)) return LocalFile(path.string(), false);
        return fail(ErrorCode::NotFound, "cannot read from the archive", path.string(),
                    "there is no such file");
    }

    Result<void> remove(const std::string& name) override {
        const fs::path path = folder_ / name;
        std::error_code error;
        fs::remove(path, error);
        if (error) {
            return std::unexpected(
                cannot("cannot remove a file of the archive", path.string(), error.message()));
        }
        return sync(path.parent_path().string());
    }

private:
    const fs::path folder_;
};

}  // namespace

LocalFile::~LocalFile() {
    std::error_code ignored;
    if (is_copy_) fs::remove(path_, ignored);
}

Result<FileLock> lock_files(ObjectStore& store) {
    return FileLock::take(store.scratch_folder() + ".lock");
}

Result<std::unique_ptr<ObjectStore>> open_folder(const std::string& folder) {
    auto store = std::make_unique<FolderStore>(folder);
    RETURN_IF_ERROR(store->open());
    return std::unique_ptr<ObjectStore>(std::move(store));
}

}  // namespace clickmill::archive
