// clickmill backup, restore: a data folder as it was in one moment, and back.
#include "server/backup.h"

#include "cli/commands.h"
#include "cli/console.h"

#include <fmt/format.h>

namespace clickmill::cli {

namespace {

std::string size_text(int64_t bytes) {
    constexpr double kMebibyte = 1 << 20;
    return fmt::format("{:.1f} MiB", static_cast<double>(bytes) / kMebibyte);
}

}  // namespace

int back_up(const BackupArguments& arguments) {
    const auto config = settings_of(arguments.settings);
    if (!config) return kWrongUse;
    ProgressLine progress;
    const auto made = server::make_backup(
        *config, {.folder = arguments.folder,
                  .previous = arguments.previous,
                  .on_progress = [&](const std::string& doing) { progress.show(doing); }});
    progress.clear();
    if (!made) return report(made.error());
    fmt::print("{}: {} files, {}{}\n", arguments.folder, made->files, size_text(made->bytes),
               made->linked > 0
                   ? fmt::format(", {} of them linked from {}", made->linked, arguments.previous)
                   : "");
    for (const std::string& each : made->notes) fmt::print("not in it: {}\n", each);
    return kDone;
}

int restore(const BackupArguments& arguments) {
    const auto config = settings_of(arguments.settings);
    if (!config) return kWrongUse;
    ProgressLine progress;
    const auto show = [&](const std::string& doing) { progress.show(doing); };
    const auto done = arguments.only_checks
                          ? server::check_backup(arguments.folder, show)
                          : server::restore_backup(arguments.folder, *config, show);
    progress.clear();
    if (!done) return report(done.error());
    if (arguments.only_checks) {
        fmt::print("{} is whole: {} files, {}\n", arguments.folder, done->files,
                   size_text(done->bytes));
    } else {
        fmt::print("{} is restored: {} files, {}. Start it: clickmill serve --data {}\n",
                   config->data_folder, done->files, size_text(done->bytes), config->data_folder);
        for (const std::string& each : done->notes) fmt::print("{}\n", each);
    }
    return kDone;
}

}  // namespace clickmill::cli
