// What a new data folder gets, so that the first minute needs no manual: a project, its keys, a
// person who may sign in.
#pragma once

#include "base/result.h"
#include "control/control.h"

#include <optional>
#include <string>

namespace clickmill::server {

inline constexpr std::string_view kFirstPerson = "admin";
inline constexpr std::string_view kSampleProject = "demo";

// Keys and links exist here once, in memory, to be shown.
struct Welcome {
    control::Project project;
    std::string write_key;
    std::string read_key;
    std::string sign_in_token;
};

// Adds `project` with keys, and the first person with a link, when there is no project yet; else
// nothing.
Result<std::optional<Welcome>> welcome(control::Control& control, control::Project project);

// Project `default` in the host's time zone.
control::Project default_project();

struct SampleKeys {
    std::string write_key;
    std::string read_key;
};

// The keys of the sample project, which its demo page uses: kept in `path` for their owner alone,
// made anew when they are gone or no longer hold.
Result<SampleKeys> sample_keys(control::Control& control, const std::string& path);

// A link for the first person, or whoever is the first admin.
Result<std::string> sign_in_token(control::Control& control);

}  // namespace clickmill::server
