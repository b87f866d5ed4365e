#include "server/group_name.h"

#include "base/durable_file.h"
#include "base/hash.h"
#include "server/data_folder.h"

#include <fmt/format.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <optional>
#include <unistd.h>

namespace clickmill::server {
namespace {

constexpr int kRandomBytes = 4;

std::optional<std::string> kept_name(const std::string& path) {
    std::optional<std::string> name = text_of_file(path);
    while (name && name->ends_with('\n')) name->pop_back();
    if (name && name->empty()) return std::nullopt;
    return name;
}

}  // namespace

Result<std::string> group_name(const std::string& data_folder) {
    const std::string path = kafka_group_path(data_folder);
    if (auto name = kept_name(path)) return *std::move(name);
    // Whole before it has its name; who comes second takes the first one's.
    const std::string mine = fmt::format("{}.{}", path, getpid());
    RETURN_IF_ERROR(write_durably(mine, fmt::format("clickmill-{}\n", random_token(kRandomBytes))));
    const bool is_linked = ::link(mine.c_str(), path.c_str()) == 0;
    const int why = errno;
    std::error_code ignored;
    std::filesystem::remove(mine, ignored);
    if (auto name = kept_name(path)) return *std::move(name);
    return fail(ErrorCode::Unavailable, "cannot keep the consumer group's name", path,
                is_linked ? "it cannot be read" : std::strerror(why));
}

}  // namespace clickmill::server
