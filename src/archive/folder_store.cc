#include "archive/object_store.h"
#include "base/durable_file.h"

#include <algorithm>
#include <filesystem>

namespace clickmill::archive {
namespace {

namespace fs = std::filesystem;

// Not among the names: they begin with a letter. With an ending it is the lock's.
constexpr std::string_view kScratch = ".new";

Error cannot(const char* what, const std::string& where, const std::string& why) {
    return Error{ErrorCode::Unavailable, what, where, why};
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
        RETURN_IF_ERROR(sync_to_disk(path));
        std::error_code error;
        fs::create_directories(target.parent_path(), error);
        if (!error) fs::rename(path, target, error);
        if (error) {
            return std::unexpected(
                cannot("cannot put a file into the archive", target.string(), error.message()));
        }
        RETURN_IF_ERROR(sync_to_disk(target.parent_path().string()));
        return sync_to_disk(folder_.string());
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
        return sync_to_disk(path.parent_path().string());
    }

private:
    const fs::path folder_;
};

}  // namespace

Result<std::unique_ptr<ObjectStore>> open_folder(const std::string& folder) {
    auto store = std::make_unique<FolderStore>(folder);
    RETURN_IF_ERROR(store->open());
    return std::unique_ptr<ObjectStore>(std::move(store));
}

}  // namespace clickmill::archive
