// What the commands share: settings, errors and tables on the terminal.
#pragma once

#include "base/clock.h"
#include "base/result.h"
#include "cli/arguments.h"
#include "config/load.h"
#include "control/control.h"

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace clickmill::cli {

inline constexpr int kDone = 0;
inline constexpr int kFailed = 1;
inline constexpr int kWrongUse = 2;

// Prints the error as one line and returns the exit code that it becomes.
int report(const Error& error);

// The settings; nothing when they are wrong: every problem was printed, the exit code is kWrongUse.
std::optional<config::Config> settings_of(const SettingsArguments& arguments);

// The same with what only the whole program can judge among the problems; prints none of them.
config::Loaded checked_settings_of(const SettingsArguments& arguments);

// Prints each problem; true when there was none.
bool print_problems(const config::Loaded& loaded);

// Runs `work` on the control store of an existing data folder. The exit code: its own, or that of
// what stood in the way, which was printed.
int with_control(const SettingsArguments& arguments,
                 const std::function<int(control::Control&, const config::Config&)>& work);

// What a long work is doing, in one line on standard error; nothing where that is no terminal.
class ProgressLine {
public:
    ProgressLine();
    ProgressLine(const ProgressLine&) = delete;
    ProgressLine& operator=(const ProgressLine&) = delete;
    ~ProgressLine() { clear(); }
    void show(std::string_view text);
    void clear();  // before anything else is printed

private:
    const bool is_terminal_;
    bool is_shown_ = false;
};

// Columns padded to their widest cell; the first row is the head.
void print_table(const std::vector<std::vector<std::string>>& rows);

std::string date_text(int64_t microseconds);

// server.public_url, else where the last server on the data folder was, else where one would be;
// without a slash behind.
std::string public_url(const config::Config& config);

}  // namespace clickmill::cli
