// A lock that lies in a file, held by one process or shared by several; the kernel lets go of it
// when a process dies.
#pragma once

#include "base/result.h"

#include <string>

namespace clickmill {

class FileLock {
public:
    enum class Share { Alone, Shared };
    // Without waiting. Conflict: another process has it otherwise; the error names its pid.
    static Result<FileLock> take(const std::string& path, Share share = Share::Alone);
    FileLock(FileLock&& other) noexcept : descriptor_(other.descriptor_) { other.descriptor_ = -1; }
    FileLock& operator=(FileLock&&) = delete;
    ~FileLock();

private:
    explicit FileLock(int descriptor) : descriptor_(descriptor) {}
    int descriptor_;
};

}  // namespace clickmill
