// clickmill doctor: looks for what could go wrong on this machine, and says what to do about it.
#include "base/sqlite.h"
#include "calendar/calendar.h"
#include "cli/command_world.h"
#include "cli/commands.h"
#include "cli/console.h"
#include "server/data_folder.h"
#include "server/options.h"
#include "server/trusted_clock.h"
#include "server/wiring.h"

#include <fmt/format.h>

#include <arpa/inet.h>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

namespace clickmill::cli {

namespace {

// Prints one line for each look; remembers whether any of them was bad.
class Findings {
public:
    void good(std::string_view what, std::string_view detail) { line("ok", what, detail); }
    void warn(std::string_view what, std::string_view detail) { line("look", what, detail); }
    void bad(std::string_view what, std::string_view detail) {
        line("BAD", what, detail);
        is_bad_ = true;
    }
    bool is_bad() const { return is_bad_; }

private:
    static void line(std::string_view verdict, std::string_view what, std::string_view detail) {
        fmt::print("{:<5} {:<18} {}\n", verdict, what, detail);
    }
    bool is_bad_ = false;
};

void examine_settings(const config::Config& config, Findings& findings) {
    const auto problems = server::problems_of(config);
    for (const server::Problem& problem : problems) {
        findings.bad("settings", problem.error.message());
    }
    if (problems.empty()) findings.good("settings", "no problem");
}

void examine_folder(const std::string& folder, Findings& findings) {
    std::error_code error;
    if (!std::filesystem::exists(folder, error)) {
        findings.warn("data folder", folder + " is not there yet; 'clickmill serve' makes it");
        return;
    }
    if (access(folder.c_str(), R_OK | W_OK | X_OK) != 0) {
        findings.bad("data folder", fmt::format("{}: {}; give it to the user that runs clickmill",
                                                folder, std::strerror(errno)));
        return;
    }
    struct stat state{};
    const bool is_open = stat(folder.c_str(), &state) == 0 && (state.st_mode & 0077) != 0;
    if (is_open) {
        findings.warn("data folder", folder + " can be read by other users: chmod 700 " + folder);
    } else {
        findings.good("data folder", folder);
    }
    if (const auto lock = server::lock_folder(folder); !lock) {
        findings.good("server", "running: " + lock.error().why);
    } else {
        findings.warn("server", "none is running on this folder");
    }
}

void examine_disk(const std::string& folder, Findings& findings) {
    constexpr double kGib = 1 << 30;
    std::error_code error;
    const auto path = std::filesystem::exists(folder, error) ? folder : std::string(".");
    const auto space = std::filesystem::space(path, error);
    if (error) return findings.bad("disk space", error.message());
    const double free_gib = static_cast<double>(space.available) / kGib;
    const std::string text = fmt::format("{:.1f} GiB free", free_gib);
    if (free_gib < 0.2) {
        findings.bad("disk space", text +
                                       "; clicks are refused when it is full: make room, or lower "
                                       "event_log.retention_days");
    } else if (free_gib < 2) {
        findings.warn("disk space", text + "; make room soon");
    } else {
        findings.good("disk space", text);
    }
}

void examine_database(const std::string& path, std::string_view name, std::string_view remedy,
                      Findings& findings) {
    std::error_code error;
    if (!std::filesystem::exists(path, error))
        return findings.warn(name, path + " is not there yet");
    auto connection = sqlite::Connection::open({.path = path, .read_only = true, .vfs = {}});
    if (!connection) {
        return findings.bad(name, fmt::format("{}; {}", connection.error().message(), remedy));
    }
    auto check = connection->prepare("PRAGMA quick_check(1)");
    if (!check) return findings.bad(name, check.error().message());
    const auto row = check->step();
    if (!row || !*row || check->text(0) != "ok") {
        return findings.bad(name, fmt::format("{} is damaged: {}; {}", path,
                                              row && *row ? check->text(0) : "unreadable", remedy));
    }
    findings.good(name, path);
}

Result<void> ask_metrics(const std::string& url, const std::string& cluster) {
    CommandWorld of_command;
    ASSIGN_OR_RETURN(const auto store, server::open_store_at(url, cluster, of_command.world(),
                                                             server::Writes::Elsewhere));
    RETURN_IF_ERROR(store->progress(PartitionId{0}));
    return {};
}

// Database servers, where metrics or projects live there.
void examine_servers(const config::Config& config, Findings& findings) {
    const auto examine = [&](std::string_view setting, const Result<void>& asked,
                             std::string_view detail) {
        if (asked)
            findings.good(setting, detail);
        else
            findings.bad(setting, asked.error().message());
    };
    constexpr std::string_view kHasTables = "answers, and has the tables that this program needs";
    const std::string& cluster = config.metrics_store_cluster;
    if (const std::string& url = config.metrics_store_url; !url.empty())
        examine("metrics_store.url", ask_metrics(url, cluster), kHasTables);
    if (const std::string& url = config.metrics_store_read_url; !url.empty())
        examine("metrics_store.read_url", ask_metrics(url, cluster), kHasTables);
    if (!config.control_url.empty())
        examine("control.url", control::check_connection(server::control_options_of(config)),
                "answers");
}

void examine_port(std::string_view setting, const std::string& text, Findings& findings) {
    const auto address = server::address_of(setting, text);
    if (!address || address->port == 0) return;
    sockaddr_in where{};
    where.sin_family = AF_INET;
    where.sin_port = htons(address->port);
    const std::string host = address->host == "localhost" ? "127.0.0.1" : address->host;
    if (inet_pton(AF_INET, host.c_str(), &where.sin_addr) != 1) return;
    const int descriptor = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (descriptor < 0) {
        return findings.bad(setting, fmt::format("{}: {}", text, std::strerror(errno)));
    }
    const int yes = 1;
    setsockopt(descriptor, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof(yes));
    const bool is_free =
        bind(descriptor, reinterpret_cast<const sockaddr*>(&where), sizeof(where)) == 0;
    const std::string reason = std::strerror(errno);
    close(descriptor);
    if (is_free) {
        findings.good(setting, text + " is free");
    } else {
        findings.warn(setting, fmt::format("{}: {}; good if it is clickmill itself", text, reason));
    }
    if (!server::is_loopback(*address)) {
        findings.warn(setting,
                      text + " is reachable from other machines: put a TLS proxy in front");
    }
}

void examine_clock(const std::string& folder, Findings& findings) {
    const auto witnesses = server::host_witnesses(server::clock_confirmation_path(folder));
    if (witnesses.is_synchronised()) {
        findings.good("clock", "the kernel says that it is synchronised");
    } else {
        findings.warn("clock",
                      "not synchronised: run chrony or systemd-timesyncd, because buckets "
                      "stand on it");
    }
    const std::string zone = calendar::host_zone();
    if (calendar::Calendar::make(zone, calendar::WeekStart::Monday)) {
        findings.good("time zones", "this host's is " + zone);
    } else {
        findings.bad("time zones", "the zone database is missing: apt install tzdata");
    }
}

void examine_limits(const config::Config& config, Findings& findings) {
    rlimit files{};
    getrlimit(RLIMIT_NOFILE, &files);
    const auto wanted = static_cast<rlim_t>(config.max_connections) + 100;
    const std::string text = fmt::format("{} open files may be had", files.rlim_cur);
    if (files.rlim_cur < wanted) {
        findings.warn("open files", fmt::format("{}, server.max_connections wants {}: ulimit -n {}",
                                                text, wanted, wanted));
    } else {
        findings.good("open files", text);
    }
}

}  // namespace

int examine(const SettingsArguments& arguments) {
    const auto config = settings_of(arguments);
    if (!config) return kWrongUse;
    const std::string& folder = config->data_folder;
    Findings findings;
    examine_settings(*config, findings);
    examine_folder(folder, findings);
    examine_disk(folder, findings);
    examine_database(server::event_log_path(folder), "events.db",
                     "the server salvages what can be read when it starts", findings);
    if (!server::has_shared_store(*config)) {
        examine_database(server::metrics_path(folder), "metrics.db",
                         "the server sets it aside and folds the event log again", findings);
    }
    if (config->control_url.empty()) {
        examine_database(server::control_path(folder), "control.db", "restore it from a backup",
                         findings);
    }
    examine_servers(*config, findings);
    examine_port("server.listen", config->listen, findings);
    examine_port("server.operations_listen", config->operations_listen, findings);
    examine_clock(folder, findings);
    examine_limits(*config, findings);
    return findings.is_bad() ? kFailed : kDone;
}

}  // namespace clickmill::cli
