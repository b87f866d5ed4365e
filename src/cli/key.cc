// clickmill key add, key list, key disable.
#include "cli/commands.h"
#include "cli/console.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

namespace clickmill::cli {

int add_key(const KeyArguments& arguments) {
    return with_control(arguments.settings, [&](control::Control& control, const config::Config&) {
        control::Key wanted;
        wanted.kind = arguments.kind == "read" ? control::KeyKind::Read : control::KeyKind::Write;
        wanted.project = arguments.project;
        wanted.origins = arguments.origins;
        wanted.events_per_second = arguments.events_per_second;
        const auto key = control.add_key(std::move(wanted));
        if (!key) return report(key.error());
        fmt::print("{} key {} of project {}\n{}\nIt is shown once and works within a second.\n",
                   arguments.kind, key->key.id, key->key.project, key->text);
        return kDone;
    });
}

int list_keys(const KeyArguments& arguments) {
    return with_control(arguments.settings, [&](control::Control& control, const config::Config&) {
        const auto keys = control.keys();
        if (!keys) return report(keys.error());
        std::vector<std::vector<std::string>> rows = {
            {"id", "project", "kind", "begins with", "events/s", "origins", "since", ""}};
        for (const control::Key& key : *keys) {
            const bool is_write = key.kind == control::KeyKind::Write;
            if (!arguments.project.empty() && key.project != arguments.project) continue;
            rows.push_back({std::to_string(key.id), key.project, is_write ? "write" : "read",
                            key.hint,
                            !is_write                   ? "-"
                            : key.events_per_second > 0 ? fmt::format("{}", key.events_per_second)
                                                        : "default",
                            !is_write             ? "-"
                            : key.origins.empty() ? "any"
                                                  : fmt::format("{}", fmt::join(key.origins, " ")),
                            date_text(key.created_at), key.is_disabled ? "disabled" : ""});
        }
        print_table(rows);
        return kDone;
    });
}

int disable_key(const KeyArguments& arguments) {
    return with_control(arguments.settings, [&](control::Control& control, const config::Config&) {
        if (const auto done = control.disable_key(arguments.id); !done) return report(done.error());
        fmt::print("key {} is disabled: running servers refuse it within a second\n", arguments.id);
        return kDone;
    });
}

}  // namespace clickmill::cli
