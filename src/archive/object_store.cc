#include "archive/object_store.h"

#include <filesystem>

namespace clickmill::archive {

LocalFile::~LocalFile() {
    std::error_code ignored;
    if (is_copy_) std::filesystem::remove(path_, ignored);
}

Result<FileLock> lock_files(ObjectStore& store) {
    return FileLock::take(store.scratch_folder() + ".lock");
}

}  // namespace clickmill::archive
