// clickmill demo: fills a data folder with sample history, as `serve --demo` does on its first
// start.
#include "cli/commands.h"
#include "cli/console.h"
#include "server/data_folder.h"
#include "server/sample_history.h"
#include "server/wiring.h"

#include <fmt/format.h>

namespace clickmill::cli {

int fill_demo(const DemoArguments& arguments) {
    const auto config = settings_of(arguments.settings);
    if (!config) return kWrongUse;
    const std::string& folder = config->data_folder;
    if (const auto made = server::make_data_folder(folder); !made) return report(made.error());
    const auto lock = server::lock_folder(folder);
    if (!lock) return report(lock.error());

    SystemClock clock;
    const auto control = control::Control::open(server::control_options_of(*config), clock);
    if (!control) return report(control.error());
    const auto begin = clock.steady();
    const auto filled = server::add_sample_project(
        *config, **control, clock,
        {.days = arguments.days, .clicks = arguments.clicks, .seed = arguments.seed});
    if (!filled) return report(filled.error());
    const std::chrono::duration<double> seconds = clock.steady() - begin;
    fmt::print(
        "{} holds the sample project with {} days of history ({:.1f} s)\n"
        "Look at it: clickmill serve --demo --data {}\n",
        folder, arguments.days, seconds.count(), folder);
    return kDone;
}

}  // namespace clickmill::cli
