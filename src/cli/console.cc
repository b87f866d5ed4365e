#include "cli/console.h"

#include "server/data_folder.h"
#include "server/options.h"
#include "server/wiring.h"

#include <fmt/chrono.h>
#include <fmt/format.h>

#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <unistd.h>

namespace clickmill::cli {

int report(const Error& error) {
    fmt::print(stderr, "clickmill: {}\n", error.message());
    return error.code == ErrorCode::InvalidInput ? kWrongUse : kFailed;
}

namespace {

config::Loaded loaded_of(const SettingsArguments& arguments) {
    config::Sources sources{
        .file = arguments.config_file, .environment = config::process_environment(), .flags = {}};
    if (!arguments.data.empty()) sources.flags.emplace_back("server.data", arguments.data);
    if (!arguments.listen.empty()) sources.flags.emplace_back("server.listen", arguments.listen);
    if (!arguments.operations.empty()) {
        sources.flags.emplace_back("server.operations_listen", arguments.operations);
    }
    return config::load(sources);
}

// NotFound: there is none yet.
Result<std::unique_ptr<control::Control>> open_control(const config::Config& config, Clock& clock) {
    const control::Options options = server::control_options_of(config);
    std::error_code error;
    if (options.url.empty() && !std::filesystem::exists(options.path, error)) {
        return fail(
            ErrorCode::NotFound, "cannot open the data folder", config.data_folder,
            "clickmill has not run there yet; start 'clickmill serve' once, or name another "
            "folder with --data");
    }
    return control::Control::open(options, clock);
}

}  // namespace

std::optional<config::Config> settings_of(const SettingsArguments& arguments) {
    config::Loaded loaded = loaded_of(arguments);
    if (!print_problems(loaded)) return std::nullopt;
    return std::move(loaded.config);
}

config::Loaded checked_settings_of(const SettingsArguments& arguments) {
    config::Loaded loaded = loaded_of(arguments);
    for (const server::Problem& problem : server::problems_of(loaded.config)) {
        const auto origin = loaded.origins.find(problem.setting);
        loaded.problems.push_back(
            fmt::format("{}: {}", origin == loaded.origins.end() ? "default" : origin->second,
                        problem.error.message()));
    }
    return loaded;
}

bool print_problems(const config::Loaded& loaded) {
    for (const std::string& problem : loaded.problems) {
        fmt::print(stderr, "clickmill: {}\n", problem);
    }
    return loaded.problems.empty();
}

int with_control(const SettingsArguments& arguments,
                 const std::function<int(control::Control&, const config::Config&)>& work) {
    const auto config = settings_of(arguments);
    if (!config) return kWrongUse;
    SystemClock clock;
    const auto control = open_control(*config, clock);
    if (!control) return report(control.error());
    return work(**control, *config);
}

ProgressLine::ProgressLine() : is_terminal_(isatty(STDERR_FILENO) != 0) {}

void ProgressLine::show(std::string_view text) {
    if (!is_terminal_) return;
    is_shown_ = true;
    fmt::print(stderr, "\r\x1b[K{}", text);
}

void ProgressLine::clear() {
    if (is_shown_) fmt::print(stderr, "\r\x1b[K");
    is_shown_ = false;
}

void print_table(const std::vector<std::vector<std::string>>& rows) {
    std::vector<size_t> widths;
    for (const auto& row : rows) {
        widths.resize(std::max(widths.size(), row.size()));
        for (size_t i = 0; i < row.size(); ++i) widths[i] = std::max(widths[i], row[i].size());
    }
    for (const auto& row : rows) {
        std::string line;
        for (size_t i = 0; i < row.size(); ++i) line += fmt::format("{:<{}}  ", row[i], widths[i]);
        while (line.ends_with(' ')) line.pop_back();
        fmt::print("{}\n", line);
    }
}

std::string date_text(int64_t microseconds) {
    return fmt::format("{:%Y-%m-%d}",
                       fmt::gmtime(static_cast<std::time_t>(microseconds / 1'000'000)));
}

std::string public_url(const config::Config& config) {
    std::string url = config.public_url;
    if (url.empty()) {
        const std::string address = server::last_address(config.data_folder);
        url = "http://" + (address.empty() ? config.listen : address);
    }
    while (url.ends_with('/')) url.pop_back();
    return url;
}

}  // namespace clickmill::cli
