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
constexpr metrics_store::BucketRange kEverything{INT64_MIN, INT64_MAX};

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

std::string describe(const fold::View& view, BucketKey bucket, const fold::Labels& labels) {
    std::string text =
        view.definition.project + "/" + view.definition.rollup.name + " " + std::to_string(bucket);
    for (const char c : " " + labels.text()) text += c == '\0' ? '|' : c;
    return text;
}

// The first difference between what is there and what should be.
std::optional<std::string> difference(const fold::View& view, BucketKey bucket,
                                      const std::vector<metrics_store::SettledRow>& got,
                                      const std::map<fold::Labels, TrueRow>& want) {
    std::map<fold::Labels, std::pair<int64_t, int64_t>> rows;
    for (const metrics_store::SettledRow& row : got) {
        if (row.clicks == 0 && row.sketch.empty()) continue;
        rows[row.labels] = {row.clicks,
                            row.sketch.empty() ? 0 : fold::Hll::parse(row.sketch)->count()};
    }
    for (const auto& [labels, row] : want) {
        const auto found = rows.find(labels);
        const auto is = found == rows.end() ? std::pair<int64_t, int64_t>{} : found->second;
        const auto users = static_cast<int64_t>(row.users.size());
        if (is != std::pair(row.clicks, users)) {
            return fmt::format("{}: {} clicks of {} users, not {} of {}",
                               describe(view, bucket, labels), is.first, is.second, row.clicks,
                               users);
        }
        rows.erase(labels);
    }
    if (!rows.empty())
        return fmt::format("{}: a row that should not be",
                           describe(view, bucket, rows.begin()->first));
    return std::nullopt;
}

bool holds(const Header& header, BucketKey hour) {
    return std::any_of(header.held.begin(), header.held.end(),
                       [&](const metrics_store::HourRange& range) {
                           return range.first <= hour && hour <= range.last;
                       });
}

}  // namespace

World::World(uint64_t seed)
    : random_(seed), store_({.has_snapshots = false}), log_(1 + static_cast<int32_t>(seed % 3)) {
    pace_ = chance(50) ? 1 : 4;
    repeats_ = {.slice_seconds = 9'000, .max_entries = 12};
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
                             fold::RollupDefinition rollup) {
        definitions_.push_back({.project = std::move(project),
                                .rollup = std::move(rollup),
                                .zone = std::string(zone_name),
                                .limits = limits});
    };
    declare("shop", zone.zone, {"totals", {}, true});
    declare("shop", zone.zone, {"by_platform", {"platform"}, false});
    declare("shop", zone.zone, {"by_experiment", {"experiment", "variant"}, true});
    declare("blog", "Asia/Kathmandu", {"totals", {}, true});
    views_ = *store_.declare(definitions_, {});
    for (const fold::View& view : views_) {
        calendars_.emplace(
            view.id, *calendar::Calendar::make(view.definition.zone, view.definition.week_start));
    }
}

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
    click.feature = std::string(1, static_cast<char>('a' + below(5)));
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

void World::start_actor(PartitionId partition) {
    auto folder =
        aggregator::PartitionFolder::open(partition, {.repeats = repeats_, .repeat_key = 1}, log_,
                                          store_, [this] { return definitions_; }, {});
    CHECK(folder.has_value());
    actors_[partition].push_back({*std::move(folder), std::nullopt, {}});
}

void World::step(Actor& actor) {
    if (!actor.writes.empty()) {
        actor.writes.front()();
        actor.writes.pop_front();
        if (actor.writes.empty()) finish_commit(actor);
        return;
    }
    const event_log::ReadOptions read{.max_records = 1 + static_cast<int32_t>(below(4))};
    CHECK(actor.folder->fold_some(read, {}, {}).has_value());
    if (chance(50)) begin_commit(actor);
}

// Each view commits at times of its own.
void World::begin_commit(Actor& actor) {
    if (actor.folder->fold().next() < actor.folder->fold().next_to_apply())
        return;  // still filling its tables
    std::vector<fold::ViewId> views;
    for (const fold::View& view : views_) {
        if (chance(60)) views.push_back(view.id);
    }
    actor.commit = actor.folder->changes(views);
    for (auto& write : ordered_writes(*actor.commit)) actor.writes.push_back(std::move(write));
}

// The order of a store without transactions; a planted fault changes it.
std::vector<std::function<void()>> World::ordered_writes(const fold::Commit& commit) {
    std::vector<std::function<void()>> writes = store_.commit_steps(commit, false);
    int64_t marks = 0;
    for (const fold::ViewChanges& view : commit.views)
        marks += static_cast<int64_t>(view.marks.size());
    const auto positions = writes.end() - static_cast<int64_t>(commit.views.size());
    if (is_planted("position first")) std::rotate(writes.begin(), positions, writes.end());
    if (is_planted("marks after rows"))
        std::rotate(writes.begin() + 1, writes.begin() + 1 + marks, positions);
    if (is_planted("no marks")) writes.erase(writes.begin() + 1, writes.begin() + 1 + marks);
    return writes;
}

void World::finish_commit(Actor& actor) {
    actor.folder->committed(*actor.commit);
    actor.commit.reset();
    evict(actor);
}

void World::evict(Actor& actor) {
    for (auto& [id, view] : actor.folder->views()) {
        if (chance(40)) view.evict(below(3), static_cast<size_t>(below(10)));
    }
}

void World::choose_bucket() {
    const fold::View& view =
        views_[static_cast<size_t>(below(static_cast<int64_t>(views_.size())))];
    std::vector<BucketKey> hours;
    for (const auto& [id, hour] : hours_seen_) {
        if (id == view.id) hours.push_back(hour);
    }
    if (hours.empty()) return;
    const calendar::Calendar& calendar = calendars_.at(view.id);
    const BucketKey hour = hours[static_cast<size_t>(below(static_cast<int64_t>(hours.size())))];
    const int64_t dice = below(100);
    const Grain grain = dice < 55   ? Grain::Hour
                        : dice < 85 ? Grain::Day
                        : dice < 93 ? Grain::Week
                                    : Grain::Month;
    const BucketKey bucket =
        grain == Grain::Hour ? hour : calendar.bucket_of_day(grain, calendar.hour_of(hour).day);
    if (chance(30)) return retire(view);
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
    for (int64_t step_number = 0, steps = 300 + below(500); step_number < steps; ++step_number) {
        if (chance(25)) append();
        const PartitionId partition =
            partitions_[static_cast<size_t>(below(static_cast<int64_t>(partitions_.size())))];
        std::vector<Actor>& actors = actors_[partition];
        const int64_t dice = below(100);
        if (dice < 3) {
            actors.clear();  // crash, start again
            start_actor(partition);
        } else if (dice < 6) {
            start_actor(partition);  // the old one is frozen and may wake as a zombie
        } else if (dice < 30) {
            step_settler();
        } else {
            step(chance(85)
                     ? actors.back()
                     : actors[static_cast<size_t>(below(static_cast<int64_t>(actors.size())))]);
        }
        if (step_number % 7 == 0) {
            if (auto wrong = check()) return fmt::format("step {}: {}", step_number, *wrong);
        }
    }
    finish_in_peace();
    if (auto wrong = check()) return "at the end: " + *wrong;
    if (auto wrong = check_answers()) return "at the end: " + *wrong;
    return check_accounting();
}

void World::finish_in_peace() {
    for (const PartitionId partition : partitions_) {
        end_append(partition);
        actors_[partition].clear();
        start_actor(partition);
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

std::optional<std::string> World::check() {
    if (auto wrong = check_live_rows()) return wrong;
    for (const fold::View& view : views_) {
        for (const Grain grain : {Grain::Hour, Grain::Day, Grain::Week, Grain::Month}) {
            if (auto wrong = check_settled(view, grain)) return wrong;
        }
    }
    return std::nullopt;
}

std::optional<std::string> World::check_live_rows() {
    for (const fold::View& view : views_) {
        for (const PartitionId partition : partitions_) {
            const Truth& truth = truths_.at(partition);
            std::vector<fold::CellKey> keys;
            for (const auto& [key, row] : truth.rows(view.id, truth.records()))
                keys.push_back({key.first, key.second});
            const std::vector<fold::StoredCell> cells = *store_.load(view.id, partition, keys);
            for (size_t i = 0; i < keys.size(); ++i) {
                const auto at = [&](Offset through) {
                    const TrueRows& rows = truth.rows(view.id, through.value);
                    const auto row = rows.find({keys[i].hour, keys[i].labels});
                    return row == rows.end() ? TrueRow{} : row->second;
                };
                const std::string where = describe(view, keys[i].hour, keys[i].labels);
                if (cells[i].clicks != at(cells[i].clicks_through).clicks) {
                    return fmt::format("live row {} of partition {} through {}: {} clicks, not {}",
                                       where, partition.value, cells[i].clicks_through.value,
                                       cells[i].clicks, at(cells[i].clicks_through).clicks);
                }
                const auto users = static_cast<int64_t>(at(cells[i].sketch_through).users.size());
                const int64_t is =
                    cells[i].sketch.empty() ? 0 : fold::Hll::parse(cells[i].sketch)->count();
                if (is != users) {
                    return fmt::format(
                        "live sketch {} of partition {} through {}: {} users, not {}", where,
                        partition.value, cells[i].sketch_through.value, is, users);
                }
            }
        }
    }
    return std::nullopt;
}

std::vector<metrics_store::PartitionMark> World::all_marks(const fold::View& view) {
    return *(*store_.snapshot())->marks(view.id, kEverything);
}

TrueRows World::true_sum(const fold::View& view, const std::vector<int64_t>& through,
                         const std::function<bool(BucketKey)>& wants_hour) const {
    TrueRows sum;
    for (const PartitionId partition : partitions_) {
        for (const auto& [key, row] :
             truths_.at(partition).rows(view.id, through[static_cast<size_t>(partition.value)])) {
            if (!wants_hour(key.first)) continue;
            TrueRow& total = sum[{0, key.second}];
            total.clicks += row.clicks;
            total.users.insert(row.users.begin(), row.users.end());
        }
    }
    return sum;
}

std::optional<std::string> World::check_settled(const fold::View& view, Grain grain) {
    const auto snapshot = *store_.snapshot();
    const auto marks = all_marks(view);
    const std::vector<Header> headers = *snapshot->headers(view.id, grain, kEverything);
    for (const Header& header : headers) {
        if (!aggregator::counts(header, marks)) continue;
        std::vector<int64_t> through;
        for (const Offset position : header.positions) through.push_back(position.value);
        std::map<fold::Labels, TrueRow> want;
        for (auto& [key, row] :
             true_sum(view, through, [&](BucketKey hour) { return holds(header, hour); }))
            want[key.second] = row;
        const auto rows = *snapshot->bucket_rows(view.id, false, grain, header.bucket);
        if (auto wrong = difference(view, header.bucket, rows, want)) {
            return fmt::format("settled {} {}", calendar::name_of(grain), *wrong);
        }
    }
    return std::nullopt;
}

std::optional<std::string> World::check_answers() {
    for (const fold::View& view : views_) {
        if (auto wrong = check_answer(view)) return wrong;
    }
    return std::nullopt;
}

// Each day as a question would read it: the day's build for what it holds, settled hours for the
// rest, live where open.
std::optional<std::string> World::check_answer(const fold::View& view) {
    const calendar::Calendar& calendar = calendars_.at(view.id);
    const auto snapshot = *store_.snapshot();
    const auto marks = all_marks(view);
    std::set<BucketKey> days;
    for (const auto& [id, hour] : hours_seen_) {
        if (id == view.id) days.insert(calendar.hour_of(hour).day);
    }
    std::vector<int64_t> everything;
    for (const PartitionId partition : partitions_)
        everything.push_back(truths_.at(partition).records());
    for (const BucketKey day : days) {
        std::map<fold::Labels, std::pair<int64_t, fold::Hll>> sum;
        const auto add = [&](bool is_live, Grain grain, BucketKey bucket) {
            const std::vector<metrics_store::SettledRow> rows =
                *snapshot->bucket_rows(view.id, is_live, grain, bucket);
            for (const metrics_store::SettledRow& row : rows) {
                sum[row.labels].first += row.clicks;
                if (!row.sketch.empty())
                    CHECK(sum[row.labels].second.unite_bytes(row.sketch).has_value());
            }
        };
        std::optional<Header> of_day;
        const std::vector<Header> day_headers = *snapshot->headers(view.id, Grain::Day, {day, day});
        for (const Header& header : day_headers) {
            if (aggregator::counts(header, marks)) of_day = header;
        }
        if (of_day) add(false, Grain::Day, day);
        for (const calendar::Hour& hour : calendar.hours_in(Grain::Day, day)) {
            if (of_day && holds(*of_day, hour.key)) continue;
            const auto headers = *snapshot->headers(view.id, Grain::Hour, {hour.key, hour.key});
            const bool is_settled = !headers.empty() && aggregator::counts(headers.front(), marks);
            add(!is_settled, Grain::Hour, hour.key);
        }
        std::vector<metrics_store::SettledRow> rows;
        for (const auto& [labels, row] : sum)
            rows.push_back({labels, row.first, row.second.bytes()});
        std::map<fold::Labels, TrueRow> want;
        for (auto& [key, row] : true_sum(view, everything, [&](BucketKey hour) {
                 return calendar.hour_of(hour).day == day;
             }))
            want[key.second] = row;
        if (auto wrong = difference(view, day, rows, want)) return "answer " + *wrong;
    }
    return std::nullopt;
}

std::optional<std::string> World::check_accounting() {
    int64_t durable = 0;
    std::set<std::string> ids;
    for (const PartitionId partition : partitions_) {
        const metrics_store::Progress progress = *store_.progress(partition);
        for (const auto& [project, want] : truths_.at(partition).accounting()) {
            const auto is = progress.ledger.projects.find(project);
            if (is == progress.ledger.projects.end() || is->second != want) {
                return fmt::format("accounting of {} in partition {} differs", project,
                                   partition.value);
            }
            durable += want.total();
        }
        const auto reader = *log_.read(partition, {});
        event_log::Batch batch = *reader->next({.max_records = 1'000'000}, {});
        event::LineReader lines;
        for (const event_log::StoredRecord& record : batch.records) {
            for (const event::Line& line : lines.read(record.payload, {})) {
                ids.insert(std::string(line.event.project) + "/" +
                           std::string(line.event.event_id));
            }
        }
    }
    for (const std::string& id : acknowledged_) {
        if (!ids.contains(id)) return fmt::format("acknowledged and lost: {}", id);
    }
    return std::nullopt;
}

}  // namespace clickmill::simulation
