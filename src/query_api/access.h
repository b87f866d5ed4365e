// Who asks, and about which project.
#pragma once

#include "control/control.h"
#include "http/message.h"
#include "query_api/aliases.h"
#include "query_api/refusal.h"

#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

namespace clickmill::query_api {

inline constexpr std::string_view kSessionCookie = "clickmill_session";

// What a credential opens.
struct Visitor {
    std::optional<control::Person> person;  // none: a read key
    std::string project;                    // of the read key; empty for people, who see all
};

// A copy of what questions need of the control store; made anew when its version counts up.
struct Directory {
    int64_t version = 0;
    std::vector<control::Project> projects;
    std::map<std::string, control::Key> keys;  // by hash

    const control::Project* project(std::string_view id) const;
};

// What people wrote about a project's features, as of a version of the control store.
struct Catalogue {
    int64_t version = 0;
    std::shared_ptr<const std::vector<control::Feature>> features;
    std::shared_ptr<const Aliases> aliases;
};

// Any thread.
class Access {
public:
    explicit Access(control::Control& control) : control_(control) {}

    Answer<std::shared_ptr<const Directory>> directory();
    // 401: no credential, an unknown key or an ended session. 403: a write key.
    Answer<Visitor> visitor(const http::Head& head);
    // The project a question is about. 400: none named; 403: another than the key's; 404: unknown.
    Answer<control::Project> project(const Visitor& visitor, const http::Head& head);
    Answer<Catalogue> catalogue(const std::string& project);

private:
    control::Control& control_;
    std::mutex mutex_;                             // guards the copies below
    std::shared_ptr<const Directory> directory_;   // shared with the questions that use it
    std::map<std::string, Catalogue> catalogues_;  // by project
};

}  // namespace clickmill::query_api
