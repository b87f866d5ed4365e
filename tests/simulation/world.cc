#include "tests/simulation/world.h"

#include "base/check.h"
#include "event/event.h"

#include <fmt/core.h>

#include <algorithm>

namespace clickmill::simulation {
namespace {

using calendar::BucketKey;
using calendar::Grain;
using metrics_store::Header;

constexpr int64_t kLateSeconds = 3 * 3600;
constexpr size_t kMostActors = 20;
constexpr metrics_store::BucketRange kEverything{INT64_MIN, INT64_MAX};
constexpr std::array kPartitions = {1, 2, 3, 1, 2, 4, 1, 2, 3, 16};

struct ZoneChange {
    const char* zone;
    int64_t moment;  // of a change of its offset, or any moment where it has none
};

constexpr std::array kZones = {
    ZoneChange{"Europe/Berlin", 1'792'886'400},        // 2026-10-25 01:00Z, an hour happens twice
    ZoneChange{"America/New_York", 1'772'953'200},     // 2026-03-08 07:00Z, an hour is skipped
    ZoneChange{"America/St_Johns", 1'162'089'060},     // 2006-10-29 02:31Z, a day in two pieces
    ZoneChange{"Australia/Lord_Howe", 1'775'314'800},  // 2026-04-04 15:00Z, half an hour
    ZoneChange{"Asia/Kathmandu", 1'792'886'400},      ZoneChange{"UTC", 1'792'886'400},
};

}  // namespace

World::World(uint64_t seed)
    : random_(seed),
      store_({.has_snapshots = false}),
      log_(kPartitions[seed % kPartitions.size()]) {
    constexpr std::array kPaces = {1, 2, 10};
    pace_ = kPaces[static_cast<size_t>(below(kPaces.size()))];
    repeats_ = {.slice_seconds = 9'000,
                .max_entries = 12,
                .piece_seconds = 1 + below(9'000),
                .max_piece_entries = static_cast<size_t>(1 + below(12))};
    declare_views();
    for (int32_t i = 0; i < log_.partition_count(); ++i) {
        const PartitionId partition{i};
        partitions_.push_back(partition);
        truths_.emplace(partition, Truth(views_, {repeats_.slice_seconds, repeats_.max_entries}));
        start_actor(partition);
    }
}

World::~World() = default;

void World::declare_views() {
    const ZoneChange& zone = kZones[static_cast<size_t>(below(kZones.size()))];
    now_ = zone.moment - below(30 * 3600);
    const fold::Limits limits{.features = 3, .values = 2, .late_seconds = kLateSeconds};
    const auto declare = [&](std::string project, std::string_view zone_name,
                             calendar::WeekStart week_start, fold::RollupDefinition rollup) {
        definitions_.push_back({.project = std::move(project),
                                .rollup = std::move(rollup),
                                .zone = std::string(zone_name),
                                .week_start = week_start,
                                .limits = limits});
    };
    using calendar::WeekStart;
    declare("shop", zone.zone, WeekStart::Monday, {"totals", {}, true});
    declare("shop", zone.zone, WeekStart::Monday, {"by_platform", {"platform"}, false});
    declare("shop", zone.zone, WeekStart::Monday,
            {"by_experiment", {"experiment", "variant"}, true});
    declare("blog", "Asia/Kathmandu", WeekStart::Sunday, {"totals", {}, true});
    views_ = *metrics_store::declare(store_, definitions_);
    for (const fold::View& view : views_) {
        calendars_.emplace(
            view.id, *calendar::Calendar::make(view.definition.zone, view.definition.week_start));
        flush_percent_[view.id] = 15 + static_cast<int>(below(75));
    }
}

void World::start_actor(PartitionId partition) {
    auto folder =
        aggregator::PartitionFolder::open(partition, {.repeats = repeats_, .repeat_key = 1}, log_,
                                          store_, [this] { return definitions_; }, {});
    if (!folder) {
        broken_ = folder.error().message();
        return;
    }
    std::vector<Actor>& actors = actors_[partition];
    actors.push_back({.folder = *std::move(folder)});
    if (actors.size() > kMostActors) actors.erase(actors.begin() + below(kMostActors - 1));
    if (!chance(35)) return;
    // Overtaken before it has folded anything; then it does little, and sleeps long in the middle.
    actors.back().is_laggard = true;
    actors.back().asleep_until = step_ + below(60);
    start_actor(partition);
}

// From a moment to half the seed's time: long enough for hours to settle and retire meanwhile.
void World::sleep(Actor& actor) {
    actor.asleep_until = step_ + below(int64_t{16} << below(6));
}

// The owner goes to sleep where it stands, and wakes later as a zombie.
void World::freeze(PartitionId partition) {
    sleep(actors_[partition].back());
    start_actor(partition);
}

void World::act(PartitionId partition) {
    std::vector<Actor>& actors = actors_[partition];
    const int64_t dice = below(100);
    if (dice < 3) {
        actors.pop_back();  // crash, start again
        return start_actor(partition);
    }
    if (dice < 8) return freeze(partition);
    const size_t chosen = chance(80)
                              ? actors.size() - 1
                              : static_cast<size_t>(below(static_cast<int64_t>(actors.size())));
    Actor& actor = actors[chosen];
    if (step_ < actor.asleep_until) return;
    const bool is_owner = chosen + 1 == actors.size();
    const bool was_writing = !actor.writes.empty();
    if (!step(actor)) {
        // Retention took what it had still to read: others have counted that.
        actors.erase(actors.begin() + static_cast<std::ptrdiff_t>(chosen));
        if (is_owner) start_actor(partition);
        return;
    }
    // The places that matter most: nothing of the commit is written yet, or only its ledger is.
    const bool begins = !actor.writes.empty() && !was_writing;
    if (!begins || !chance(is_owner ? 12 : actor.is_laggard ? 90 : 30)) return;
    if (chance(50)) step(actor);
    if (!is_owner) return sleep(actor);
    freeze(partition);
}

bool World::step(Actor& actor) {
    if (!actor.writes.empty()) {
        do {
            actor.writes.front()();
            actor.writes.pop_front();
        } while (!actor.writes.empty() && chance(60));
        if (actor.writes.empty()) finish_commit(actor);
        return true;
    }
    const int64_t most = actor.is_laggard ? 2 : chance(25) ? 30 : 4;
    const event_log::ReadOptions read{.max_records = 1 + static_cast<int32_t>(below(most))};
    if (!actor.folder->fold_some(read, {}, {})) return false;
    if (actor.is_laggard || chance(50)) begin_commit(actor);
    return true;
}

// Each view commits at times of its own.
void World::begin_commit(Actor& actor) {
    if (actor.folder->fold().next() < actor.folder->fold().next_to_apply())
        return;  // still filling its tables
    std::vector<fold::ViewId> views;
    for (const fold::View& view : views_) {
        if (chance(flush_percent_.at(view.id))) views.push_back(view.id);
    }
    actor.commit = actor.folder->changes(views);
    for (auto& write : ordered_writes(*actor.commit)) actor.writes.push_back(std::move(write));
}

// The order of a store without transactions; a planted fault changes it.
std::vector<std::function<void()>> World::ordered_writes(const fold::Commit& commit) {
    std::vector<std::function<void()>> writes = store_.commit_steps(commit, false);
    const auto first_mark =
        1 + static_cast<int64_t>(commit.pieces.size() + (commit.pieces.empty() ? 0 : 1));
    int64_t marks = 0;
    for (const fold::ViewChanges& view : commit.views)
        marks += static_cast<int64_t>(view.marks.size());
    const auto positions = writes.end() - static_cast<int64_t>(commit.views.size());
    if (is_planted("position first")) std::rotate(writes.begin(), positions, writes.end());
    if (is_planted("marks after rows"))
        std::rotate(writes.begin() + first_mark, writes.begin() + first_mark + marks, positions);
    if (is_planted("no marks")) {
        writes.erase(writes.begin() + first_mark, writes.begin() + first_mark + marks);
    }
    return writes;
}

void World::finish_commit(Actor& actor) {
    actor.folder->committed(*actor.commit);
    const PartitionId partition = actor.commit->ledger.partition;
    actor.commit.reset();
    if (chance(30))
        log_.allow_deletion(partition, event_log::ReaderRole::Aggregator,
                            actor.folder->keep_from());
    evict(actor);
}

void World::evict(Actor& actor) {
    for (auto& [id, view] : actor.folder->views()) {
        if (chance(40)) view.evict(below(3), static_cast<size_t>(below(10)));
    }
}

// The hours of a view that no build counts for, the oldest first; or any.
std::vector<BucketKey> World::hours_to_settle(const fold::View& view) {
    std::set<BucketKey> hours;
    for (const auto& [id, hour] : hours_seen_) {
        if (id == view.id) hours.insert(hour);
    }
    if (chance(70)) {
        const auto marks = all_marks(view);
        const std::vector<Header> headers =
            *(*store_.snapshot())->headers(view.id, Grain::Hour, kEverything);
        for (const Header& header : headers) {
            if (aggregator::counts(header, marks)) hours.erase(header.bucket);
        }
        while (hours.size() > 4) hours.erase(std::prev(hours.end()));
    }
    return {hours.begin(), hours.end()};
}

void World::choose_bucket() {
    const fold::View& view =
        views_[static_cast<size_t>(below(static_cast<int64_t>(views_.size())))];
    if (chance(30)) return retire(view);
    const std::vector<BucketKey> hours = hours_to_settle(view);
    if (hours.empty()) return;
    const calendar::Calendar& calendar = calendars_.at(view.id);
    const BucketKey hour = hours[static_cast<size_t>(below(static_cast<int64_t>(hours.size())))];
    const int64_t dice = below(100);
    const Grain grain = dice < 65   ? Grain::Hour
                        : dice < 88 ? Grain::Day
                        : dice < 94 ? Grain::Week
                                    : Grain::Month;
    const BucketKey bucket =
        grain == Grain::Hour ? hour : calendar.bucket_of_day(grain, calendar.hour_of(hour).day);
    settling_.emplace(store_, view, log_.partition_count(), calendar, grain, bucket);
}

void World::step_settler() {
    if (!settle_writes_.empty()) {
        settle_writes_.front()();
        settle_writes_.pop_front();
        return;
    }
    if (!settling_) return choose_bucket();
    if (!settling_->is_ready_to_write()) {
        const Result<bool> goes_on = settling_->step();
        CHECK(goes_on.has_value());
        if (!*goes_on) settling_.reset();
        return;
    }
    for (auto& write : store_.settle_steps(settling_->build()))
        settle_writes_.push_back(std::move(write));
    settling_.reset();
}

// Live rows of a day go once its hours count and every partition has folded past the day's late
// limit.
void World::retire(const fold::View& view) {
    const calendar::Calendar& calendar = calendars_.at(view.id);
    const auto snapshot = *store_.snapshot();
    const std::vector<Header> headers = *snapshot->headers(view.id, Grain::Hour, kEverything);
    const auto marks = all_marks(view);
    std::map<BucketKey, std::vector<BucketKey>> days;
    for (const auto& [id, hour] : hours_seen_) {
        if (id == view.id) days[calendar.hour_of(hour).day].push_back(hour);
    }
    const auto positions = *snapshot->positions(view.id);
    if (positions.size() < partitions_.size()) return;
    int64_t folded_to = INT64_MAX;
    for (const metrics_store::PartitionPosition& entry : positions) {
        folded_to =
            std::min(folded_to, microseconds_of(entry.position.complete_through) / 1'000'000);
    }
    for (const auto& [day, hours] : days) {
        if (microseconds_of(calendar.end_of(Grain::Day, day)) / 1'000'000 + kLateSeconds >=
            folded_to)
            continue;
        const bool all_count = std::all_of(hours.begin(), hours.end(), [&](BucketKey hour) {
            return std::any_of(headers.begin(), headers.end(), [&](const Header& header) {
                return header.bucket == hour && aggregator::counts(header, marks);
            });
        });
        if (all_count) CHECK(store_.retire(view.id, hours).has_value());
    }
}

std::optional<std::string> World::run() {
    const int64_t steps = (300 + below(500)) * (8 + log_.partition_count()) / 8;
    int64_t outage_until = 0;  // nobody folds, and what is folded next is long
    for (; step_ < steps; ++step_) {
        if (chance(1)) outage_until = step_ + below(80);
        const bool is_outage = step_ < outage_until;
        if (chance(is_outage ? 40 : 25)) append();
        if (chance(25)) {
            do step_settler();
            while (chance(90));
        } else if (!is_outage) {
            act(partitions_[static_cast<size_t>(below(static_cast<int64_t>(partitions_.size())))]);
        }
        if (broken_) return fmt::format("step {}: {}", step_, *broken_);
        if (step_ % 11 == 0) {
            if (auto wrong = check()) return fmt::format("step {}: {}", step_, *wrong);
        }
    }
    finish_in_peace();
    if (broken_) return "at the end: " + *broken_;
    if (auto wrong = check()) return "at the end: " + *wrong;
    if (auto wrong = check_answers()) return "at the end: " + *wrong;
    return check_accounting();
}

// Who sleeps in the middle of a commit ends it now.
void World::wake_all(PartitionId partition) {
    for (Actor& actor : actors_[partition]) {
        for (auto& write : actor.writes) write();
    }
    actors_[partition].clear();
}

void World::finish_in_peace() {
    for (const PartitionId partition : partitions_) {
        end_append(partition);
        wake_all(partition);
        start_actor(partition);
        if (broken_) return;
        Actor& actor = actors_[partition].back();
        while (actor.folder->fold().next().value < truths_.at(partition).records()) {
            CHECK(actor.folder->fold_some({.max_records = 3}, {}, {}).has_value());
        }
        std::vector<fold::ViewId> views;
        for (const fold::View& view : views_) views.push_back(view.id);
        actor.commit = actor.folder->changes(views);
        for (auto& write : ordered_writes(*actor.commit)) write();
    }
    for (const fold::View& view : views_) {
        const calendar::Calendar& calendar = calendars_.at(view.id);
        for (const Grain grain : {Grain::Hour, Grain::Day, Grain::Week, Grain::Month}) {
            std::set<BucketKey> buckets;
            for (const auto& [id, hour] : hours_seen_) {
                if (id != view.id || chance(20)) continue;  // some are never settled
                buckets.insert(grain == Grain::Hour
                                   ? hour
                                   : calendar.bucket_of_day(grain, calendar.hour_of(hour).day));
            }
            for (const BucketKey bucket : buckets) {
                const auto done = aggregator::SettleTask(store_, view, log_.partition_count(),
                                                         calendar, grain, bucket)
                                      .run();
                CHECK(done.has_value() || done.error().code == ErrorCode::Conflict);
            }
        }
        retire(view);
    }
}

}  // namespace clickmill::simulation
