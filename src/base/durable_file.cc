#include "base/durable_file.h"

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <fcntl.h>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <unistd.h>

namespace clickmill {
namespace {

bool write_all(int descriptor, std::string_view text) {
    while (!text.empty()) {
        const ssize_t written = ::write(descriptor, text.data(), text.size());
        if (written < 0 && errno == EINTR) continue;
        if (written <= 0) return false;
        text.remove_prefix(static_cast<size_t>(written));
    }
    return ::fsync(descriptor) == 0;
}

std::string folder_of(const std::string& path) {
    const std::filesystem::path folder = std::filesystem::path(path).parent_path();
    return folder.empty() ? "." : folder.string();
}

}  // namespace

Result<void> sync_to_disk(const std::string& path) {
    const int descriptor = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
    const bool is_synced = descriptor >= 0 && ::fsync(descriptor) == 0;
    const int why = errno;
    if (descriptor >= 0) ::close(descriptor);
    if (is_synced) return {};
    return fail(ErrorCode::Unavailable, "cannot sync", path, std::strerror(why));
}

Result<void> write_durably(const std::string& path, std::string_view text) {
    const auto refused = [&path](int why) {
        return fail(ErrorCode::Unavailable, "cannot write", path, std::strerror(why));
    };
    const std::string unfinished = path + ".new";
    const int descriptor =
        ::open(unfinished.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    if (descriptor < 0) return refused(errno);
    const bool is_written = write_all(descriptor, text);
    const int why = errno;
    ::close(descriptor);
    if (!is_written) return refused(why);
    if (std::rename(unfinished.c_str(), path.c_str()) != 0) return refused(errno);
    return sync_to_disk(folder_of(path));
}

Result<void> copy_durably(const std::string& from, const std::string& to) {
    std::error_code error;
    std::filesystem::copy_file(from, to, error);
    if (error) return fail(ErrorCode::Unavailable, "cannot copy to", to, error.message());
    RETURN_IF_ERROR(sync_to_disk(to));
    return sync_to_disk(folder_of(to));
}

std::optional<std::string> text_of_file(const std::string& path) {
    std::ifstream file(path, std::ios::binary);
    if (!file) return std::nullopt;
    std::string text(std::istreambuf_iterator<char>(file), {});
    if (file.bad()) return std::nullopt;
    return text;
}

}  // namespace clickmill
