// What is sent: clicks of a few people on a few features, repeats, late ones and crawlers, packed
// into records that the disk keeps or loses.
#include "base/check.h"
#include "event/event.h"
#include "tests/simulation/world.h"

#include <fmt/core.h>

#include <algorithm>

namespace clickmill::simulation {
namespace {

std::string payload_of(const SimulatedRecord& record) {
    std::string payload;
    for (const SimulatedClick& click : record.clicks) {
        event::Event event;
        event.project = click.project;
        event.event_id = click.id;
        event.feature_id = click.feature;
        event.user_id = click.user;
        event.platform = click.platform;
        event.bot = click.bot;
        event.received_at = moment_of(click.received_at * 1'000'000);
        for (const auto& [experiment, variant] : click.experiments)
            event.experiments.push_back({experiment, variant});
        append_line(payload, event);
    }
    return payload;
}

}  // namespace

SimulatedClick World::click(PartitionId partition) {
    std::vector<SimulatedClick>& sent = sent_[partition];
    if (!sent.empty() && chance(30))
        return sent[sent.size() - 1 -
                    static_cast<size_t>(
                        below(std::min<int64_t>(40, static_cast<int64_t>(sent.size()))))];
    constexpr std::array<int64_t, 8> kBack = {0, 0, 0, 0, 1'800, 5'400, 3 * 3'600, 6 * 3'600};
    const auto number = static_cast<int64_t>(sent.size());
    SimulatedClick click;
    click.project = chance(80) ? "shop" : "blog";
    click.id = chance(50) ? fmt::format("p{}.boot#{}", partition.value, number * 9)
                          : fmt::format("p{}-{}", partition.value, number);
    click.feature = std::string(1, static_cast<char>('a' + (chance(40) ? 0 : below(5))));
    if (chance(90)) click.user = fmt::format("u{}", below(6));
    constexpr std::array kPlatforms = {"web", "ios", "android", ""};
    click.platform = kPlatforms[static_cast<size_t>(below(4))];
    if (chance(40)) click.experiments["color"] = chance(50) ? "red" : "blue";
    if (chance(30)) click.experiments["size"] = "big";
    click.bot = chance(5);
    click.received_at = now_ - kBack[static_cast<size_t>(below(kBack.size()))];
    sent.push_back(click);
    return click;
}

void World::append() {
    constexpr std::array<int64_t, 5> kLater = {0, 60, 600, 1'200, 2'400};
    now_ += pace_ * kLater[static_cast<size_t>(below(kLater.size()))];
    if (chance(10)) now_ += below(30 * 3'600);  // at night nobody clicks
    const PartitionId partition =
        partitions_[static_cast<size_t>(below(static_cast<int64_t>(partitions_.size())))];
    SimulatedRecord record{.append_time = now_};
    for (int64_t i = 0, count = 1 + below(3); i < count; ++i)
        record.clicks.push_back(click(partition));
    std::vector<std::string> ids;
    for (const SimulatedClick& click : record.clicks) ids.push_back(click.project + "/" + click.id);
    log_.append_at(partition, moment_of(now_ * 1'000'000),
                   {payload_of(record), static_cast<int32_t>(record.clicks.size())},
                   [this, ids](const Result<Offset>& done) {
                       if (done) acknowledged_.insert(ids.begin(), ids.end());
                   });
    unsynced_[partition].push_back(std::move(record));
    if (chance(80)) end_append(partition);
}

// The disk syncs, or the power goes and takes what was not synced.
void World::end_append(PartitionId partition) {
    std::vector<SimulatedRecord>& records = unsynced_[partition];
    if (chance(95)) {
        CHECK(log_.sync(partition) == records.size());
        for (const SimulatedRecord& record : records) {
            truths_.at(partition).append(record);
            for (const SimulatedClick& click : record.clicks) {
                for (const fold::View& view : views_) {
                    if (view.definition.project != click.project) continue;
                    hours_seen_.emplace(view.id,
                                        calendars_.at(view.id)
                                            .hour_at(moment_of(click.received_at * 1'000'000))
                                            .key);
                }
            }
        }
    } else {
        log_.lose_power(partition);
    }
    records.clear();
}

}  // namespace clickmill::simulation
