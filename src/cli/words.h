// What the pages of the command line's words share. The only files that know CLI11 are these and
// the pages.
#pragma once

#include "cli/arguments.h"

#include <CLI/CLI.hpp>

#include <functional>

namespace clickmill::cli {

using Action = std::function<int()>;

// The commands that there are; the one that was named is what action() does.
class Words {
public:
    CLI::App& app() { return app_; }
    // Every command has an example.
    CLI::App* command(CLI::App& parent, const char* name, const char* description,
                      const char* example, Action action);
    CLI::App& group(const char* name, const char* description);
    static void add_settings(CLI::App* command, SettingsArguments& settings);
    int act() { return action_(); }

private:
    CLI::App app_;
    Action action_ = [] { return 2; };
};

// The commands on clicks and rollups, and on a data folder as a whole.
class DataWords {
public:
    explicit DataWords(Words& words);

private:
    void add_sample_and_log();
    void add_raw();
    void add_rollups();
    void add_verify();
    void add_erase();
    void add_backup();
    void add_care();

    Words& words_;
    SettingsArguments settings_;
    DemoArguments demo_;
    CatArguments cat_;
    RawArguments raw_;
    RollupArguments rollup_;
    VerifyArguments verify_;
    EraseArguments erase_;
    BackupArguments backup_;
};

}  // namespace clickmill::cli
