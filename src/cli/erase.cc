// clickmill erase: forgets people in archive and event log, while a server runs or not.
#include "cli/command_world.h"
#include "cli/commands.h"
#include "cli/console.h"
#include "cli/raw_world.h"
#include "erasure/erasure.h"
#include "event/identity.h"
#include "server/data_folder.h"

#include <fmt/format.h>

#include <filesystem>

namespace clickmill::cli {

namespace {

namespace fs = std::filesystem;

// Events carry an id as it was sent, or as privacy.user_ids made a hash of it.
Result<std::vector<erasure::People>> people_of(control::Control& control,
                                               const EraseArguments& arguments) {
    ASSIGN_OR_RETURN(const auto projects, control.projects());
    std::vector<erasure::People> people;
    for (const control::Project& project : projects) {
        if (!arguments.project.empty() && project.id != arguments.project) continue;
        erasure::People of_project{.project = project.id, .ids = {}};
        for (const std::string& id : arguments.users) {
            of_project.ids.push_back(id);
            of_project.ids.push_back(event::keyed_identity(project.secret, id));
        }
        people.push_back(std::move(of_project));
    }
    if (!people.empty()) return people;
    return fail(ErrorCode::InvalidInput, "there is nobody to erase", arguments.project,
                "there is no such project: 'clickmill project list'");
}

std::string clicks(int64_t count) {
    return fmt::format("{} click{}", count, count == 1 ? "" : "s");
}

void print_count(const char* where, const erasure::Count& count, const std::string& in,
                 bool only_counts) {
    fmt::print("{:<12}{} {} in {}", where, clicks(count.events), only_counts ? "found" : "erased",
               in);
    if (count.unreadable > 0)
        fmt::print(", and {} unreadable lines that name them", count.unreadable);
    fmt::print("\n");
}

// What this command cannot reach.
std::vector<std::string> what_is_left(const config::Config& config, const erasure::Report& report) {
    std::vector<std::string> left;
    const int64_t mentions = report.in_files.mentions + report.in_log.mentions;
    if (mentions > 0) {
        left.push_back(fmt::format(
            "{} have the text in their page, feature, labels, or in fields of somebody else's "
            "click; numbers stand on them, so they stay",
            clicks(mentions)));
    }
    if (server::is_kafka(config)) {
        left.push_back(fmt::format(
            "the topic {} keeps the clicks until its retention ends, and files that are archived "
            "from it until then have them again; run this once more after that",
            config.kafka_topic));
    }
    std::error_code ignored;
    for (const auto& entry : fs::directory_iterator(config.data_folder, ignored)) {
        if (entry.path().filename().string().find(".damaged-") != std::string::npos)
            left.push_back(fmt::format("{} was set aside; delete it", entry.path().string()));
    }
    if (fs::exists(server::event_log_path(server::spool_folder(config.data_folder)), ignored))
        left.emplace_back("clicks in the spool, until Kafka has taken them");
    left.emplace_back(
        "rollups keep their counts, values of properties among them; sketches of users hold hashes "
        "and give no id back");
    left.emplace_back("backups that were made before");
    return left;
}

int print_report(const config::Config& config, const EraseArguments& arguments,
                 const erasure::Report& found) {
    print_count("archive", found.in_files,
                fmt::format("{} of {} files", found.files_changed, found.files),
                arguments.only_counts);
    if (!server::is_kafka(config)) {
        print_count("event log", found.in_log,
                    arguments.only_counts ? "it" : fmt::format("{} records", found.log.changed),
                    arguments.only_counts);
    }
    fmt::print("left:\n");
    for (const std::string& each : what_is_left(config, found)) fmt::print("  {}\n", each);
    for (const std::string& file : found.unreadable_files)
        fmt::print(stderr, "clickmill: not looked at: {}\n", file);
    if (found.log.damaged > 0) {
        fmt::print(stderr,
                   "clickmill: {} records of the event log are damaged and were not "
                   "looked at\n",
                   found.log.damaged);
    }
    if (found.log.is_wal_in_use) {
        fmt::print(stderr,
                   "clickmill: somebody reads the event log all the time; its write-ahead "
                   "log still has bytes from before\n");
    }
    if (found.is_complete()) return kDone;
    fmt::print(stderr, "clickmill: the erasure is not complete; mend that and run it again\n");
    return kFailed;
}

int erase_with(control::Control& control, const config::Config& config,
               const EraseArguments& arguments) {
    const auto people = people_of(control, arguments);
    if (!people) return report(people.error());
    CommandWorld world(telemetry::Level::Warn);
    ScratchFolder scratch;
    erasure::RawData data;
    data.engine = server::engine_options_of(config);
    data.engine.scratch_folder = scratch.path();
    const auto archive = server::archive_if_any(config);
    if (!archive) return report(archive.error());
    data.archive = archive->get();
    std::unique_ptr<event_log::EventLog> log;
    std::error_code ignored;
    if (!server::is_kafka(config) &&
        fs::exists(server::event_log_path(config.data_folder), ignored)) {
        auto opened = server::open_event_log_to_read(config, world.world());
        if (!opened) return report(opened.error());
        log = *std::move(opened);
        data.log = log.get();
        data.rewrite_log = [&](const event_log::Rewrite& rewrite) {
            return server::rewrite_event_log(config, rewrite);
        };
    }
    ProgressLine progress;
    const auto done = erasure::erase(
        data, {.people = *people,
               .key_file = server::erasure_key_path(config.data_folder),
               .only_counts = arguments.only_counts,
               .on_progress = [&](const std::string& doing) { progress.show(doing); }});
    progress.clear();
    if (!done) return report(done.error());
    return print_report(config, arguments, *done);
}

}  // namespace

int erase_people(const EraseArguments& arguments) {
    return with_control(arguments.settings,
                        [&](control::Control& control, const config::Config& config) {
                            return erase_with(control, config, arguments);
                        });
}

}  // namespace clickmill::cli
