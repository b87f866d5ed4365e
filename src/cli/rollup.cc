// clickmill rollup list.
#include "cli/commands.h"
#include "cli/console.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

namespace clickmill::cli {

int list_rollups(const SettingsArguments& arguments) {
    const auto config = settings_of(arguments);
    if (!config) return kWrongUse;
    std::vector<std::vector<std::string>> rows = {{"name", "dimensions", "users"}};
    for (const config::Rollup& rollup : config->rollups) {
        rows.push_back({rollup.name,
                        rollup.dimensions.empty()
                            ? "(none)"
                            : fmt::format("{}", fmt::join(rollup.dimensions, ", ")),
                        rollup.users ? "yes" : "no"});
    }
    print_table(rows);
    return kDone;
}

}  // namespace clickmill::cli
