// clickmill config check, config print, config reference; clickmill version; clickmill clock
// confirm.
#include "cli/commands.h"
#include "cli/console.h"
#include "config/load.h"
#include "config/settings.h"
#include "server/data_folder.h"
#include "server/options.h"
#include "server/trusted_clock.h"
#include "server/version.h"

#include <fmt/format.h>

namespace clickmill::cli {

namespace {

config::Loaded loaded_of(const SettingsArguments& arguments) {
    config::Sources sources{
        .file = arguments.config_file, .environment = config::process_environment(), .flags = {}};
    if (!arguments.data.empty()) sources.flags.emplace_back("server.data", arguments.data);
    return config::load(sources);
}

}  // namespace

int check_config(const SettingsArguments& arguments) {
    config::Loaded loaded = loaded_of(arguments);
    if (const auto usable = server::check(loaded.config); !usable && loaded.problems.empty()) {
        loaded.problems.push_back(usable.error().message());
    }
    for (const std::string& problem : loaded.problems) fmt::print("{}\n", problem);
    if (!loaded.problems.empty()) return kWrongUse;
    fmt::print("{}: {} settings, {} rollups, no problem\n",
               arguments.config_file.empty() ? "defaults and environment" : arguments.config_file,
               loaded.origins.size(), loaded.config.rollups.size());
    return kDone;
}

int print_config(const SettingsArguments& arguments) {
    const config::Loaded loaded = loaded_of(arguments);
    for (const std::string& problem : loaded.problems) {
        fmt::print(stderr, "clickmill: {}\n", problem);
    }
    if (!loaded.problems.empty()) return kWrongUse;
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
