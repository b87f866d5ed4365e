// clickmill feature list, set, remove, import, export: the catalogue of a project's features.
#include "cli/commands.h"
#include "cli/console.h"
#include "cli/feature_csv.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <fstream>
#include <iostream>
#include <iterator>
#include <span>

namespace clickmill::cli {

namespace {

Result<std::string> read_file(const std::string& path) {
    if (path == "-") {
        return std::string(std::istreambuf_iterator<char>(std::cin), {});
    }
    std::ifstream file(path, std::ios::binary);
    std::string text(std::istreambuf_iterator<char>(file), {});
    if (!file)
        return fail(ErrorCode::NotFound, "cannot read the catalogue", path,
                    "there is no such file, or it may not be read");
    return text;
}

std::optional<std::string> given(const std::string& text, bool is_given) {
    return is_given ? std::optional(text) : std::nullopt;
}

// NotFound: no such project.
Result<std::vector<control::Feature>> features_of(control::Control& control,
                                                  const std::string& project) {
    ASSIGN_OR_RETURN(const auto projects, control.projects());
    if (std::ranges::find(projects, project, &control::Project::id) == projects.end())
        return fail(ErrorCode::NotFound, "cannot read the catalogue", project,
                    "no such project; `clickmill project list` shows them");
    return control.features(project);
}

}  // namespace

int list_features(const FeatureArguments& arguments) {
    return with_control(arguments.settings, [&](control::Control& control, const config::Config&) {
        const auto features = features_of(control, arguments.project);
        if (!features) return report(features.error());
        std::vector<std::vector<std::string>> rows = {
            {"feature", "name", "state", "owner", "tags", "changed", ""}};
        for (const control::Feature& feature : *features) {
            if (!arguments.state.empty() && control::name_of(feature.state) != arguments.state)
                continue;
            rows.push_back({feature.id, feature.name, std::string(control::name_of(feature.state)),
                            feature.owner, fmt::format("{}", fmt::join(feature.tags, ", ")),
                            date_text(feature.changed_at),
                            feature.alias_of.empty() ? "" : "alias of " + feature.alias_of});
        }
        print_table(rows);
        return kDone;
    });
}

int set_feature(const FeatureArguments& arguments) {
    control::FeatureChange change{
        .id = arguments.id,
        .name = given(arguments.name, arguments.has_name),
        .description = given(arguments.description, arguments.has_description),
        .owner = given(arguments.owner, arguments.has_owner),
        .tags = {},
        .state = {},
        .alias_of = given(arguments.alias_of, arguments.has_alias_of)};
    if (!arguments.tags.empty()) {
        change.tags = arguments.tags;
        std::erase(*change.tags, "");  // --tag '' takes all of them away
    }
    if (!arguments.state.empty()) {
        const auto state = control::feature_state_named(arguments.state);
        if (!state) return report(state.error());
        change.state = *state;
    }
    return with_control(arguments.settings, [&](control::Control& control, const config::Config&) {
        const auto changed = control.set_features(arguments.project, std::span(&change, 1));
        if (!changed) return report(changed.error());
        fmt::print("{}\n", *changed > 0 ? "changed" : "it was so already");
        return kDone;
    });
}

int remove_feature(const FeatureArguments& arguments) {
    return with_control(arguments.settings, [&](control::Control& control, const config::Config&) {
        const auto removed = control.remove_feature(arguments.project, arguments.id);
        if (!removed) return report(removed.error());
        fmt::print("removed from the catalogue; its clicks stay\n");
        return kDone;
    });
}

int import_features(const FeatureArguments& arguments) {
    const auto text = read_file(arguments.file);
    if (!text) return report(text.error());
    const auto changes = read_feature_csv(*text);
    if (!changes) return report(changes.error());
    return with_control(arguments.settings, [&](control::Control& control, const config::Config&) {
        const auto changed = control.set_features(arguments.project, *changes);
        if (!changed) return report(changed.error());
        fmt::print("{} of {} features are changed, the others were so already\n", *changed,
                   changes->size());
        return kDone;
    });
}

int export_features(const FeatureArguments& arguments) {
    return with_control(arguments.settings, [&](control::Control& control, const config::Config&) {
        const auto features = features_of(control, arguments.project);
        if (!features) return report(features.error());
        fmt::print("{}", feature_csv_of(*features));
        return kDone;
    });
}

}  // namespace clickmill::cli
