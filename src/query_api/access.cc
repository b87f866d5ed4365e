#include "query_api/access.h"

#include <fmt/format.h>

#include <algorithm>

namespace clickmill::query_api {
namespace {

constexpr std::string_view kBearer = "bearer ";

std::unexpected<Refusal> unauthorized(std::string code, std::string message) {
    return std::unexpected(Refusal(401, std::move(code), std::move(message)));
}

// The credential of `Authorization: Bearer ...`; nullopt when the field is absent or of another
// scheme.
std::optional<std::string> bearer_of(const http::Head& head) {
    const std::string_view field = head.header("authorization");
    if (field.size() <= kBearer.size()) return std::nullopt;
    const auto same = [](char a, char b) { return (a | 0x20) == (b | 0x20); };
    if (!std::equal(kBearer.begin(), kBearer.end(), field.begin(), same)) return std::nullopt;
    std::string_view key = field.substr(kBearer.size());
    while (key.starts_with(' ')) key.remove_prefix(1);
    while (key.ends_with(' ')) key.remove_suffix(1);
    return std::string(key);
}

}  // namespace

const control::Project* Directory::project(std::string_view id) const {
    const auto found = std::ranges::find(projects, id, &control::Project::id);
    return found == projects.end() ? nullptr : &*found;
}

Answer<std::shared_ptr<const Directory>> Access::directory() {
    ASSIGN_OR_RETURN(const int64_t version, control_.version());
    {
        const std::lock_guard lock(mutex_);
        if (directory_ && directory_->version == version) return directory_;
    }
    auto made = std::make_shared<Directory>();
    made->version = version;  // read first: what changes meanwhile is read again
    ASSIGN_OR_RETURN(made->projects, control_.projects());
    ASSIGN_OR_RETURN(auto keys, control_.keys());
    for (auto& key : keys) {
        std::string hash = key.hash;
        made->keys.emplace(std::move(hash), std::move(key));
    }
    const std::lock_guard lock(mutex_);
    directory_ = made;
    return directory_;
}

Answer<Catalogue> Access::catalogue(const std::string& project) {
    ASSIGN_OR_RETURN(const int64_t version, control_.version());
    {
        const std::lock_guard lock(mutex_);
        const auto known = catalogues_.find(project);
        if (known != catalogues_.end() && known->second.version == version) return known->second;
    }
    ASSIGN_OR_RETURN(auto features, control_.features(project));
    const auto aliases = std::make_shared<const Aliases>(features);
    const Catalogue made{version,
                         std::make_shared<const std::vector<control::Feature>>(std::move(features)),
                         aliases};
    const std::lock_guard lock(mutex_);
    return catalogues_[project] = made;
}

Answer<Visitor> Access::visitor(const http::Head& head) {
    if (const auto key = bearer_of(head)) {
        ASSIGN_OR_RETURN(const auto directory, this->directory());
        // Found by its hash: how long that takes says nothing about any key.
        const auto found = directory->keys.find(control::hash_of_key(*key));
        if (found == directory->keys.end() || found->second.is_disabled)
            return unauthorized("unknown_key",
                                "the read key is not known or is disabled: make one with "
                                "`clickmill key add PROJECT --kind read`");
        if (found->second.kind == control::KeyKind::Write)
            return std::unexpected(Refusal(403, "write_key",
                                           "this is a write key, which can only send clicks: ask "
                                           "with a read key (rk_...)"));
        return Visitor{.person = {}, .project = found->second.project};
    }
    const std::string_view token = head.cookie(kSessionCookie);
    if (token.empty())
        return unauthorized("missing_credential",
                            "no credential: send \"Authorization: Bearer rk_...\" or sign in to "
                            "the dashboard");
    auto person = control_.session(token);
    if (!person && person.error().code == ErrorCode::NotFound)
        return unauthorized("session_expired",
                            "the session has ended: open a new sign-in link, which `clickmill user "
                            "link NAME` prints");
    RETURN_IF_ERROR(person);
    return Visitor{.person = *std::move(person), .project = {}};
}

Answer<control::Project> Access::project(const Visitor& visitor, const http::Head& head) {
    ASSIGN_OR_RETURN(const auto directory, this->directory());
    std::string id = visitor.project;
    if (const auto named = head.parameter("project")) {
        if (!visitor.project.empty() && *named != visitor.project)
            return std::unexpected(
                Refusal(403, "other_project",
                        fmt::format("this key reads {} alone: leave project out or take a key of "
                                    "the other project",
                                    visitor.project)));
        id = *named;
    }
    if (id.empty())
        return refuse("missing_project",
                      "say which project: project=<id>; /api/v1/session lists them");
    const control::Project* project = directory->project(id);
    if (!project)
        return std::unexpected(Refusal(404, "unknown_project",
                                       "no such project: /api/v1/session lists those there are"));
    return *project;
}

}  // namespace clickmill::query_api
