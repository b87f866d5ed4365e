// clickmill topics create, topics check: the topic on Kafka that is the event log.
#include "cli/commands.h"
#include "cli/console.h"
#include "server/wiring.h"

#include <fmt/format.h>

#include <functional>

namespace clickmill::cli {

namespace {

using Work = std::function<int(const config::Config&, const server::World&)>;

int with_kafka(const SettingsArguments& arguments, const Work& work) {
    const config::Loaded loaded = checked_settings_of(arguments);
    if (!print_problems(loaded)) return kWrongUse;
    SystemClock clock;
    const auto logger = telemetry::make_logger(telemetry::Level::Error, telemetry::Format::Text);
    telemetry::Registry registry;
    return work(loaded.config, {clock, *logger, registry});
}

}  // namespace

int create_topic(const SettingsArguments& arguments) {
    return with_kafka(arguments, [](const config::Config& config, const server::World& world) {
        if (const auto made = server::create_topic(config, world); !made) {
            return report(made.error());
        }
        fmt::print("made {} with {} partitions of {} replicas\n", config.kafka_topic,
                   config.kafka_partitions, config.kafka_replication);
        return kDone;
    });
}

int check_topic(const SettingsArguments& arguments) {
    return with_kafka(arguments, [](const config::Config& config, const server::World& world) {
        const auto problems = server::topic_problems(config, world);
        if (!problems) return report(problems.error());
        for (const std::string& problem : *problems) {
            fmt::print("{}: {}\n", config.kafka_topic, problem);
        }
        if (problems->empty()) fmt::print("{} keeps what is promised\n", config.kafka_topic);
        return problems->empty() ? kDone : kFailed;
    });
}

}  // namespace clickmill::cli
