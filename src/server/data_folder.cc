#include "server/data_folder.h"

#include <fmt/format.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <filesystem>
#include <fstream>
#include <sys/file.h>
#include <sys/stat.h>
#include <system_error>
#include <unistd.h>

namespace clickmill::server {

std::string event_log_path(const std::string& folder) {
    return folder + "/events.db";
}
std::string metrics_path(const std::string& folder) {
    return folder + "/metrics.db";
}
std::string spool_folder(const std::string& folder) {
    return folder + "/spool";
}
std::string archive_folder(const std::string& folder) {
    return folder + "/archive";
}
std::string control_path(const std::string& folder) {
    return folder + "/control.db";
}
std::string clock_confirmation_path(const std::string& folder) {
    return folder + "/clock-confirmed";
}
std::string kafka_group_path(const std::string& folder) {
    return folder + "/kafka-group";
}
std::string accepted_gaps_path(const std::string& folder) {
    return folder + "/accepted-gaps";
}
std::string sample_keys_path(const std::string& folder) {
    return folder + "/sample-keys";
}

Result<void> make_data_folder(const std::string& folder) {
    const auto refused = [&folder](std::string why) {
        return fail(ErrorCode::Unavailable, "cannot use the data folder", folder, std::move(why));
    };
    std::error_code error;
    const bool existed = std::filesystem::exists(folder, error);
    std::filesystem::create_directories(folder, error);
    if (error) return refused(error.message() + "; choose another with --data");
    if (!existed) std::filesystem::permissions(folder, std::filesystem::perms::owner_all, error);
    if (!std::filesystem::is_directory(folder, error)) return refused("it is not a folder");
    if (access(folder.c_str(), R_OK | W_OK | X_OK) != 0) {
        return refused(fmt::format("{}; it must belong to the user that runs clickmill",
                                   std::strerror(errno)));
    }
    return {};
}

void keep_address(const std::string& folder, const std::string& address) {
    std::ofstream(folder + "/address", std::ios::trunc) << address << '\n';
}

std::string last_address(const std::string& folder) {
    std::ifstream file(folder + "/address");
    std::string address;
    std::getline(file, address);
    return address;
}

Result<FolderLock> FolderLock::take(const std::string& folder, Share share,
                                    std::string_view setting) {
    const std::string path = folder + "/lock";
    const int descriptor = open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (descriptor < 0) {
        return fail(ErrorCode::Unavailable, "cannot lock the folder", path, std::strerror(errno));
    }
    FolderLock lock(descriptor);
    if (flock(descriptor, (share == Share::Shared ? LOCK_SH : LOCK_EX) | LOCK_NB) != 0) {
        std::array<char, 32> owner{};
        const ssize_t read_bytes = pread(descriptor, owner.data(), owner.size() - 1, 0);
        std::string pid(owner.data(), static_cast<size_t>(std::max<ssize_t>(read_bytes, 0)));
        while (pid.ends_with('\n')) pid.pop_back();
        return fail(ErrorCode::Conflict, "cannot lock the folder", path,
                    fmt::format("process {} is using it; stop that one or choose another folder "
                                "with {}",
                                pid.empty() ? "another" : pid, setting));
    }
    const std::string pid = fmt::format("{}\n", getpid());
    if (ftruncate(descriptor, 0) != 0 ||
        pwrite(descriptor, pid.data(), pid.size(), 0) != static_cast<ssize_t>(pid.size())) {
        // The pid only makes a message clearer; a full disk must not keep the server down.
        return lock;
    }
    return lock;
}

FolderLock::~FolderLock() {
    if (descriptor_ >= 0) close(descriptor_);
}

}  // namespace clickmill::server
