#include "server/first_start.h"

#include "calendar/calendar.h"

#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <fstream>
#include <span>
#include <unistd.h>

namespace clickmill::server {

namespace {

constexpr std::chrono::hours kLinkHolds{24};

Result<std::string> new_key(control::Control& control, const std::string& project,
                            control::KeyKind kind) {
    control::Key wanted;
    wanted.project = project;
    wanted.kind = kind;
    ASSIGN_OR_RETURN(control::NewKey made, control.add_key(std::move(wanted)));
    return std::move(made.text);
}

bool holds(std::span<const control::Key> keys, std::string_view text, control::KeyKind kind) {
    const std::string hash = control::hash_of_key(text);
    return std::any_of(keys.begin(), keys.end(), [&](const control::Key& key) {
        return key.hash == hash && key.kind == kind && key.project == kSampleProject &&
               !key.is_disabled;
    });
}

Result<void> write_private_file(const std::string& path, std::string_view text) {
    const int descriptor = open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    const bool is_written = descriptor >= 0 && write(descriptor, text.data(), text.size()) ==
                                                   static_cast<ssize_t>(text.size());
    const int reason = errno;
    if (descriptor >= 0) close(descriptor);
    if (is_written) return {};
    return fail(ErrorCode::Unavailable, "cannot keep the keys of the sample project", path,
                std::strerror(reason));
}

}  // namespace

control::Project default_project() {
    control::Project project;
    project.id = "default";
    project.name = "Default project";
    project.zone = calendar::host_zone();
    return project;
}

Result<std::optional<Welcome>> welcome(control::Control& control, control::Project project) {
    ASSIGN_OR_RETURN(const auto projects, control.projects());
    if (!projects.empty()) return std::optional<Welcome>();
    Welcome made;
    auto added = control.add_project(std::move(project));
    // Another process on the same control store was quicker, and says what there is to say.
    if (!added && added.error().code == ErrorCode::Conflict) return std::optional<Welcome>();
    ASSIGN_OR_RETURN(made.project, std::move(added));
    ASSIGN_OR_RETURN(made.write_key, new_key(control, made.project.id, control::KeyKind::Write));
    ASSIGN_OR_RETURN(made.read_key, new_key(control, made.project.id, control::KeyKind::Read));
    ASSIGN_OR_RETURN(made.sign_in_token, sign_in_token(control));
    return std::optional(std::move(made));
}

Result<std::string> sign_in_token(control::Control& control) {
    ASSIGN_OR_RETURN(const auto people, control.people());
    const auto admin = std::find_if(people.begin(), people.end(), [](const auto& person) {
        return person.role == control::Role::Admin;
    });
    if (admin != people.end()) return control.make_sign_in(admin->id, kLinkHolds);
    ASSIGN_OR_RETURN(const auto person, control.add_person(kFirstPerson, control::Role::Admin));
    return control.make_sign_in(person.id, kLinkHolds);
}

Result<SampleKeys> sample_keys(control::Control& control, const std::string& path) {
    SampleKeys kept;
    std::ifstream file(path);
    ASSIGN_OR_RETURN(const auto keys, control.keys());
    if (file >> kept.write_key >> kept.read_key &&
        holds(keys, kept.write_key, control::KeyKind::Write) &&
        holds(keys, kept.read_key, control::KeyKind::Read)) {
        return kept;
    }
    const std::string project(kSampleProject);
    ASSIGN_OR_RETURN(kept.write_key, new_key(control, project, control::KeyKind::Write));
    ASSIGN_OR_RETURN(kept.read_key, new_key(control, project, control::KeyKind::Read));
    RETURN_IF_ERROR(
        write_private_file(path, fmt::format("{}\n{}\n", kept.write_key, kept.read_key)));
    return kept;
}

}  // namespace clickmill::server
