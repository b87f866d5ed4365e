#include "base/file_lock.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

namespace clickmill {

Result<FileLock> FileLock::take(const std::string& path, Share share) {
    const int descriptor = open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (descriptor < 0)
        return fail(ErrorCode::Unavailable, "cannot take the lock", path, std::strerror(errno));
    FileLock lock(descriptor);
    if (flock(descriptor, (share == Share::Shared ? LOCK_SH : LOCK_EX) | LOCK_NB) != 0) {
        std::array<char, 32> owner{};
        const ssize_t read_bytes = pread(descriptor, owner.data(), owner.size() - 1, 0);
        std::string pid(owner.data(), static_cast<size_t>(std::max<ssize_t>(read_bytes, 0)));
        while (pid.ends_with('\n')) pid.pop_back();
        return fail(ErrorCode::Conflict, "cannot take the lock", path,
                    fmt::format("process {} is using it", pid.empty() ? "another" : pid));
    }
    const std::string pid = fmt::format("{}\n", getpid());
    if (ftruncate(descriptor, 0) != 0 ||
        pwrite(descriptor, pid.data(), pid.size(), 0) != static_cast<ssize_t>(pid.size())) {
        // The pid only makes a message clearer; a full disk must not keep anybody from work.
        return lock;
    }
    return lock;
}

FileLock::~FileLock() {
    if (descriptor_ >= 0) close(descriptor_);
}

}  // namespace clickmill
