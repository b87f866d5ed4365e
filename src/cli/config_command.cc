// clickmill config check, config print, config reference; clickmill version; clickmill clock
// confirm.
#include "cli/commands.h"
#include "cli/console.h"
#include "config/settings.h"
#include "server/data_folder.h"
#include "server/trusted_clock.h"
#include "server/version.h"

#include <fmt/format.h>

namespace clickmill::cli {

int check_config(const SettingsArguments& arguments) {
    const config::Loaded loaded = checked_settings_of(arguments);
    if (!print_problems(loaded)) return kWrongUse;
    fmt::print("{}: {} rollups, no problem\n",
               arguments.config_file.empty() ? "defaults and environment" : arguments.config_file,
               loaded.config.rollups.size());
    return kDone;
}

int print_config(const SettingsArguments& arguments) {
    const config::Loaded loaded = checked_settings_of(arguments);
    if (!print_problems(loaded)) return kWrongUse;
    fmt::print("{}", config::printed(loaded));
    return kDone;
}

int print_config_reference() {
    fmt::print("{}", config::reference_page());
    return kDone;
}

int confirm_clock_of(const SettingsArguments& arguments) {
    const auto config = settings_of(arguments);
    if (!config) return kWrongUse;
    SystemClock clock;
    const auto done =
        server::confirm_clock(server::clock_confirmation_path(config->data_folder), clock.now());
    if (!done) return report(done.error());
    fmt::print("confirmed: a running server believes the host's clock within a second\n");
    return kDone;
}

int print_version() {
    fmt::print("clickmill {}\n", server::kVersion);
    return kDone;
}

}  // namespace clickmill::cli
