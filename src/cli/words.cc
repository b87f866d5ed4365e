#include "cli/words.h"

#include <string>
#include <utility>

namespace clickmill::cli {

CLI::App* Words::command(CLI::App& parent, const char* name, const char* description,
                         const char* example, Action action) {
    CLI::App* made = parent.add_subcommand(name, description);
    made->footer(std::string("Example:\n  ") + example);
    made->callback([this, action = std::move(action)] { action_ = action; });
    return made;
}

CLI::App& Words::group(const char* name, const char* description) {
    CLI::App* made = app_.add_subcommand(name, description);
    made->require_subcommand(1);
    return *made;
}

void Words::add_settings(CLI::App* command, SettingsArguments& settings) {
    command->add_option("--config", settings.config_file, "a TOML file with settings");
    command->add_option("--data", settings.data, "the data folder");
}

}  // namespace clickmill::cli
