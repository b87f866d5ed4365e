#include "server/data_folder.h"

#include <fmt/format.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>
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
std::string erasure_key_path(const std::string& folder) {
    return folder + "/erasure-key";
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

Result<FileLock> lock_folder(const std::string& folder, FileLock::Share share,
                             std::string_view setting) {
    auto lock = FileLock::take(folder + "/lock", share);
    if (!lock && lock.error().code == ErrorCode::Conflict) {
        return fail(ErrorCode::Conflict, "cannot lock the folder", folder,
                    fmt::format("{}; stop that one or choose another folder with {}",
                                lock.error().why, setting));
    }
    return lock;
}

}  // namespace clickmill::server
