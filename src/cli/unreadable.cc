// clickmill unreadable list, unreadable retry: what the aggregator could not read on Kafka.
#include "cli/command_world.h"
#include "cli/commands.h"
#include "cli/console.h"
#include "server/retry_unreadable.h"

#include <fmt/format.h>

#include <functional>

namespace clickmill::cli {

namespace {

using Work = std::function<int(event_log::EventLog&, const config::Config&, const server::World&)>;

int with_unreadable(const SettingsArguments& arguments, const Work& work) {
    const auto config = settings_of(arguments);
    if (!config) return kWrongUse;
    CommandWorld world;
    const auto unreadable = server::open_unreadable_log(*config, world.world());
    if (!unreadable) return report(unreadable.error());
    return work(**unreadable, *config, world.world());
}

}  // namespace

int list_unreadable(const UnreadableArguments& arguments) {
    return with_unreadable(
        arguments.settings, [](event_log::EventLog& unreadable, const auto&, const auto&) {
            const auto listed = event_log::for_each_unreadable(
                unreadable, [](const event_log::UnreadableEntry& entry) -> Result<void> {
                    const std::string line = event_log::line_of(entry);
                    std::fwrite(line.data(), 1, line.size(), stdout);
                    return {};
                });
            if (!listed) return report(listed.error());
            return std::fflush(stdout) == 0 ? kDone : kFailed;
        });
}

int retry_unreadable(const UnreadableArguments& arguments) {
    return with_unreadable(
        arguments.settings, [&](event_log::EventLog& unreadable, const config::Config& config,
                                const server::World& world) {
            const auto log = server::open_event_log(config, world, {});
            if (!log) return report(log.error());
            const auto sent = server::retry_unreadable(
                unreadable, **log, {server::surely_held(config), arguments.is_again},
                world.clock.now());
            if (!sent) return report(sent.error());
            fmt::print("{} events are sent, {} records stay unreadable\n", sent->events,
                       sent->unreadable);
            if (sent->in_doubt > 0) {
                fmt::print(
                    stderr,
                    "{} records may have been sent by a retry that was cut off, too long ago for "
                    "their repeats to be recognised; --again sends them\n",
                    sent->in_doubt);
            }
            return kDone;
        });
}

}  // namespace clickmill::cli
