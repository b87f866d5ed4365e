#include "erasure/erasure_key.h"

#include "base/durable_file.h"
#include "base/hash.h"
#include "base/lines.h"
#include "event/identity.h"

#include <fmt/format.h>

#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <unistd.h>

namespace clickmill::erasure {
namespace {

constexpr int kKeyBytes = 32;  // as hex they fill a block of SHA-256

// Recognises the request, and tells nobody who it is about.
std::string proof_of(const std::string& key, std::span<const People> people) {
    std::string who;
    for (const People& of_project : people) {
        who += of_project.project;
        for (const std::string& id : of_project.ids) who.append(" ").append(id);
        who += '\n';
    }
    return event::keyed_identity(key, who);
}

std::string head_of(const std::string& key, std::span<const People> people) {
    return fmt::format("{} {}", key, proof_of(key, people));
}

Result<void> overwrite(const std::string& path, size_t bytes) {
    const int descriptor = ::open(path.c_str(), O_WRONLY | O_CLOEXEC);
    const std::string zeros(bytes, '0');
    const bool is_written =
        descriptor >= 0 &&
        ::write(descriptor, zeros.data(), zeros.size()) == static_cast<ssize_t>(zeros.size()) &&
        ::fsync(descriptor) == 0;
    const int why = errno;
    if (descriptor >= 0) ::close(descriptor);
    if (is_written && ::unlink(path.c_str()) == 0) return {};
    return fail(ErrorCode::Unavailable, "cannot throw the erasure's key away", path,
                std::strerror(is_written ? errno : why));
}

}  // namespace

Result<Begun> take_key(const std::string& path, std::span<const People> people) {
    // A key that was overwritten, by an erasure that was complete and killed then, is none.
    const auto text = text_of_file(path);
    if (text && text->find_first_not_of('0') != std::string::npos) {
        std::vector<std::string> lines = lines_of(*text);
        const size_t space = lines.front().find(' ');
        std::string key = lines.front().substr(0, space);
        if (lines.front() == head_of(key, people)) {
            lines.erase(lines.begin());
            return Begun{std::move(key), std::move(lines)};
        }
        return fail(ErrorCode::Conflict, "cannot erase", path,
                    "an erasure of somebody else was begun and not finished; run that one again "
                    "first, with the same --user and --project");
    }
    std::string key = random_token(kKeyBytes);
    RETURN_IF_ERROR(write_durably(path, head_of(key, people) + '\n'));
    return Begun{std::move(key), {}};
}

Result<void> keep_noted(const std::string& path, const Forgotten& forgotten) {
    std::string text = head_of(forgotten.key(), forgotten.people()) + '\n';
    for (const std::string& id : forgotten.noted()) text.append(id).append("\n");
    return write_durably(path, text);
}

Result<void> throw_key_away(const std::string& path) {
    const auto text = text_of_file(path);
    return text ? overwrite(path, text->size()) : Result<void>();
}

}  // namespace clickmill::erasure
