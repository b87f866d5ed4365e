// clickmill project add, change, list.
#include "calendar/calendar.h"
#include "cli/commands.h"
#include "cli/console.h"
#include "server/data_folder.h"
#include "server/wiring.h"

#include <fmt/format.h>

#include <algorithm>

namespace clickmill::cli {

int add_project(const ProjectArguments& arguments) {
    const auto config = settings_of(arguments.settings);
    if (!config) return kWrongUse;
    const auto week_start = calendar::week_start_named(arguments.week_start);
    if (!week_start) return report(week_start.error());
    const std::string zone = arguments.zone.empty() ? calendar::host_zone() : arguments.zone;
    if (const auto known = calendar::Calendar::make(zone, *week_start); !known) {
        return report(known.error());
    }

    // The first project may come before the first start.
    if (const auto made = server::make_data_folder(config->data_folder); !made) {
        return report(made.error());
    }
    SystemClock clock;
    const auto control = control::Control::open(server::control_options_of(*config), clock);
    if (!control) return report(control.error());
    const auto project = (*control)->add_project({
        .id = arguments.id,
        .name = arguments.name.empty() ? arguments.id : arguments.name,
        .zone = zone,
        .week_start = arguments.week_start,
        .is_sample = false,
        .secret = {},
        .created_at = 0,
    });
    if (!project) return report(project.error());
    fmt::print("project     {}\ntime zone   {}, weeks start on {}\n", project->id, project->zone,
               project->week_start);
    for (const auto kind : {control::KeyKind::Write, control::KeyKind::Read}) {
        control::Key wanted;
        wanted.project = project->id;
        wanted.kind = kind;
        const auto key = (*control)->add_key(std::move(wanted));
        if (!key) return report(key.error());
        fmt::print("{}   {}\n", kind == control::KeyKind::Write ? "write key" : "read key ",
                   key->text);
    }
    fmt::print(
        "Keys are shown once. The write key goes into your pages; keep the read key secret.\n");
    return kDone;
}

int change_project(const ProjectArguments& arguments) {
    return with_control(arguments.settings, [&](control::Control& control, const config::Config&) {
        const auto projects = control.projects();
        if (!projects) return report(projects.error());
        const auto found = std::ranges::find(*projects, arguments.id, &control::Project::id);
        if (found == projects->end()) {
            return report({ErrorCode::NotFound, "cannot change project", arguments.id,
                           "there is no such project: 'clickmill project list'"});
        }
        control::Project project = *found;
        if (!arguments.name.empty()) project.name = arguments.name;
        if (!arguments.zone.empty()) project.zone = arguments.zone;
        if (!arguments.new_week_start.empty()) project.week_start = arguments.new_week_start;
        const auto week_start = calendar::week_start_named(project.week_start);
        if (!week_start) return report(week_start.error());
        const auto known = calendar::Calendar::make(project.zone, *week_start);
        if (!known) return report(known.error());
        const auto changed = control.change_project(project);
        if (!changed) return report(changed.error());
        fmt::print("project     {}, {}\ntime zone   {}, weeks start on {}\n", changed->id,
                   changed->name, changed->zone, changed->week_start);
        if (changed->zone != found->zone || changed->week_start != found->week_start) {
            fmt::print(
                "Its rollups are being built anew from raw clicks; until all of them are "
                "done the old ones answer: 'clickmill rollup list'.\n");
        }
        return kDone;
    });
}

int list_projects(const ProjectArguments& arguments) {
    return with_control(arguments.settings, [&](control::Control& control, const config::Config&) {
        const auto projects = control.projects();
        if (!projects) return report(projects.error());
        std::vector<std::vector<std::string>> rows = {
            {"id", "name", "zone", "week start", "since", ""}};
        for (const control::Project& project : *projects) {
            rows.push_back({project.id, project.name, project.zone, project.week_start,
                            date_text(project.created_at), project.is_sample ? "sample data" : ""});
        }
        print_table(rows);
        return kDone;
    });
}

}  // namespace clickmill::cli
