// clickmill topics create, topics check: the topics on Kafka that are the event log and
// what is unreadable in it.
#include "cli/command_world.h"
#include "cli/commands.h"
#include "cli/console.h"

#include <fmt/format.h>

#include <functional>

namespace clickmill::cli {

namespace {

using Work = std::function<int(const config::Config&, const server::World&)>;

int with_kafka(const SettingsArguments& arguments, const Work& work) {
    const config::Loaded loaded = checked_settings_of(arguments);
    if (!print_problems(loaded)) return kWrongUse;
    CommandWorld world;
    return work(loaded.config, world.world());
}

}  // namespace

int create_topic(const SettingsArguments& arguments) {
    return with_kafka(arguments, [](const config::Config& config, const server::World& world) {
        const auto made = server::create_topics(config, world);
        if (!made) return report(made.error());
        for (const std::string& topic : *made) fmt::print("made {}\n", topic);
        return kDone;
    });
}

int check_topic(const SettingsArguments& arguments) {
    return with_kafka(arguments, [](const config::Config& config, const server::World& world) {
        const auto problems = server::topic_problems(config, world);
        if (!problems) return report(problems.error());
        for (const std::string& problem : *problems) {
            fmt::print("{}\n", problem);
        }
        if (problems->empty()) fmt::print("{} keeps what is promised\n", config.kafka_topic);
        return problems->empty() ? kDone : kFailed;
    });
}

}  // namespace clickmill::cli
