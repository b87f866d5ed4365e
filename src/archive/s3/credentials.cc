#include "archive/s3/credentials.h"

#include "base/durable_file.h"
#include "base/lines.h"

#include <fmt/format.h>

#include <cstdlib>

namespace clickmill::archive {
namespace {

std::string environment(const char* name) {
    const char* value = std::getenv(name);
    return value ? value : "";
}

std::string_view trimmed(std::string_view text) {
    constexpr std::string_view kBlank = " \t\r";
    const size_t begin = text.find_first_not_of(kBlank);
    if (begin == std::string_view::npos) return {};
    return text.substr(begin, text.find_last_not_of(kBlank) - begin + 1);
}

}  // namespace

std::optional<S3Credentials> credentials_in(std::string_view text, std::string_view profile) {
    S3Credentials found;
    bool is_ours = false;
    while (!text.empty()) {
        const std::string_view line = trimmed(take_line(text));
        if (line.starts_with('[') && line.ends_with(']')) {
            is_ours = trimmed(line.substr(1, line.size() - 2)) == profile;
            continue;
        }
        const size_t equals = line.find('=');
        if (!is_ours || line.starts_with('#') || equals == std::string_view::npos) continue;
        const std::string_view name = trimmed(line.substr(0, equals));
        const std::string value(trimmed(line.substr(equals + 1)));
        if (name == "aws_access_key_id") found.key_id = value;
        if (name == "aws_secret_access_key") found.secret = value;
        if (name == "aws_session_token") found.token = value;
    }
    if (found.key_id.empty() || found.secret.empty()) return std::nullopt;
    return found;
}

Result<S3Credentials> find_credentials() {
    S3Credentials found{environment("AWS_ACCESS_KEY_ID"), environment("AWS_SECRET_ACCESS_KEY"),
                        environment("AWS_SESSION_TOKEN")};
    if (!found.key_id.empty() && !found.secret.empty()) return found;
    std::string path = environment("AWS_SHARED_CREDENTIALS_FILE");
    if (path.empty()) path = environment("HOME") + "/.aws/credentials";
    std::string profile = environment("AWS_PROFILE");
    if (profile.empty()) profile = "default";
    if (const auto text = text_of_file(path)) {
        if (auto in_file = credentials_in(*text, profile)) return *std::move(in_file);
    }
    return fail(ErrorCode::NotFound, "cannot use S3", path,
                fmt::format("there are no keys: set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, "
                            "or write the profile [{}] there",
                            profile));
}

}  // namespace clickmill::archive
