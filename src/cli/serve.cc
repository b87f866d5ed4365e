// clickmill serve, collect, aggregate, query: starts the server, says what runs where, and waits
// for a signal.
#include "cli/commands.h"
#include "cli/console.h"
#include "server/options.h"
#include "server/server.h"

#include <fmt/color.h>
#include <fmt/format.h>

#include <array>
#include <chrono>
#include <csignal>
#include <ctime>
#include <fstream>
#include <unistd.h>

namespace clickmill::cli {

namespace {

// The signals that this thread waits for; every other thread inherits the mask and never sees them.
class Signals {
public:
    Signals() {
        sigemptyset(&set_);
        for (const int signal : {SIGTERM, SIGINT, SIGHUP}) sigaddset(&set_, signal);
        pthread_sigmask(SIG_BLOCK, &set_, nullptr);
        std::signal(SIGPIPE, SIG_IGN);
    }
    // The next signal, or 0 after a second.
    int wait() {
        const timespec second{.tv_sec = 1, .tv_nsec = 0};
        const int signal = sigtimedwait(&set_, nullptr, &second);
        return signal > 0 ? signal : 0;
    }
    // From now on a signal ends the process at once.
    void let_them_end_us() {
        for (const int signal : {SIGTERM, SIGINT}) std::signal(signal, SIG_DFL);
        pthread_sigmask(SIG_UNBLOCK, &set_, nullptr);
    }

private:
    sigset_t set_{};
};

// Bold on a terminal, plain elsewhere.
std::string bold(std::string_view text) {
    if (isatty(STDOUT_FILENO) == 0) return std::string(text);
    return fmt::format(fmt::emphasis::bold, "{}", text);
}

void row(std::string_view name, std::string_view value) {
    fmt::print("  {:<12}{}\n", name, value);
}

void print_snippet(const std::string& url, std::string_view write_key) {
    fmt::print(
        "\n  Put this into your pages, and data-feature-id=\"...\" on what people click:\n\n"
        "    <script src=\"{}/sdk.js\" data-key=\"{}\" async></script>\n",
        url, write_key);
}

// One line for programs, the same wherever it runs.
void print_addresses(const server::Server& server) {
    if (server.listen().empty()) {
        fmt::print("operations on {}\n", server.operations());
    } else {
        fmt::print("listening on {} operations on {}\n", server.listen(), server.operations());
    }
    std::fflush(stdout);
}

// What runs where, and what a newcomer does next.
void greet(server::Server& server, const std::string& url, bool is_demo) {
    fmt::print("\n  {}\n\n", bold("Clickmill is running"));
    row("dashboard", url + "/");
    if (is_demo) row("demo page", url + "/demo/");
    row("clicks to", url + "/v1/events");
    row("operations", "http://" + server.operations() + "/metrics  /readyz");
    row("data", server.config().data_folder);

    std::string token;
    if (server.welcome()) {
        token = server.welcome()->sign_in_token;
    } else if (is_demo) {
        if (auto made = server.new_sign_in_token()) token = *std::move(made);
    }
    if (!token.empty()) {
        fmt::print("\n  {}\n  {}\n", bold("Sign in (works once, within a day):"),
                   bold(fmt::format("{}/signin?token={}", url, token)));
    } else {
        fmt::print("\n  A new sign-in link: clickmill user link NAME --data {}\n",
                   server.config().data_folder);
    }
    if (const auto& welcome = server.welcome()) {
        fmt::print("\n  Project '{}' counts in the time zone {}. Its keys, shown this once:\n\n",
                   welcome->project.id, welcome->project.zone);
        row("write key", welcome->write_key + "   public, goes into your pages");
        row("read key", welcome->read_key + "   secret, for programs that ask");
        print_snippet(url, welcome->write_key);
    }
    fmt::print("\n  Ctrl-C stops it; nothing that was accepted is lost.\n\n");
}

// Complete or not there at all: whoever waits for the file never reads half of it.
int write_ready_file(const std::string& path, const server::Server& server) {
    const std::string unfinished = path + ".new";
    std::ofstream file(unfinished, std::ios::trunc);
    file << fmt::format("{{\"listen\":\"{}\",\"operations\":\"{}\"}}\n", server.listen(),
                        server.operations());
    file.close();
    if (!file || std::rename(unfinished.c_str(), path.c_str()) != 0) {
        return report({.code = ErrorCode::Unavailable,
                       .what = "cannot write the ready file",
                       .where = path,
                       .why = "check the path and its owner"});
    }
    return kDone;
}

}  // namespace

int serve(const ServeArguments& arguments) {
    const config::Loaded loaded = checked_settings_of(arguments.settings);
    if (!print_problems(loaded)) return kWrongUse;
    const config::Config& config = loaded.config;
    Signals signals;  // before the first thread
    const auto level = std::make_shared<std::atomic<telemetry::Level>>(server::level_of(config));
    if (arguments.is_demo && arguments.role == server::Role::All) {
        fmt::print(stderr, "Preparing the sample project (the first time it takes some seconds)\n");
    }
    bool is_ended = false;
    const auto go_on_waiting = [&] {
        const int signal = signals.wait();
        is_ended = signal == SIGTERM || signal == SIGINT;
        return !is_ended;
    };
    const auto started = server::Server::start({.config = config,
                                                .role = arguments.role,
                                                .is_demo = arguments.is_demo,
                                                .collector_url = arguments.collector_url,
                                                .level = level,
                                                .go_on_waiting = go_on_waiting});
    if (is_ended) return kDone;
    if (!started) return report(started.error());
    server::Server& server = **started;

    const bool has_pages =
        arguments.role == server::Role::All || arguments.role == server::Role::Query;
    std::string url = public_url(config);
    if (config.public_url.empty()) url = "http://" + server.listen();
    if (has_pages) greet(server, url, arguments.is_demo);
    print_addresses(server);
    if (!arguments.ready_file.empty()) {
        if (const int code = write_ready_file(arguments.ready_file, server); code != kDone) {
            return code;
        }
    }
    while (true) {
        const int signal = signals.wait();
        if (signal == SIGHUP) {
            if (const auto read_again = settings_of(arguments.settings)) {
                level->store(server::level_of(*read_again));
            }
        } else if (signal != 0) {
            break;
        }
        server.tick();
    }
    signals.let_them_end_us();
    server.stop();
    return kDone;
}

}  // namespace clickmill::cli
