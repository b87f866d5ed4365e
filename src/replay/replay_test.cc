#include "aggregator/generations.h"
#include "aggregator/test_doors.h"
#include "aggregator/test_world.h"
#include "archive/archiver.h"
#include "event/event.h"
#include "replay/partition_replay.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <random>

namespace clickmill::replay {
namespace {

using aggregator::definition_of;
using aggregator::DoorToStore;
using aggregator::World;
using fold::View;
using fold::ViewState;
using testing::HasSubstr;
using namespace std::chrono_literals;

constexpr PartitionId kFirst{0};

// Days of clicks of a shop, as text for the log: with repeats, crawlers, late ones, experiments and
// properties. Everything that happens follows from the seed.
class Clicks {
public:
    explicit Clicks(uint64_t seed) : random_(seed) {}

    // One record; every click was received within the hour before `now`, some long before.
    std::string record(Moment now, int count) {
        std::string payload;
        for (int i = 0; i < count; ++i) payload += line(now);
        return payload;
    }

private:
    int below(int limit) { return static_cast<int>(random_() % static_cast<uint64_t>(limit)); }
    std::string one_of(const char* kind, int count) {
        return fmt::format("{}{}", kind, below(count));
    }

    std::string line(Moment now) {
        if (!sent_.empty() && below(20) == 0) return sent_[random_() % sent_.size()];
        event::Event event;
        const std::string id = fmt::format("i{}.b#{}", below(9), ++number_);
        const std::string feature = one_of("f", 12);
        const std::string user = one_of("u", 60);
        const std::string page = one_of("/p", 5);
        const std::string version = one_of("1.", 3);
        const std::string properties =
            fmt::format(R"({{"plan":"{}","price":{}.50,"deep":{{"a":1}},"on":true}})",
                        one_of("plan", 4), below(3));
        const std::string variant = one_of("v", 2);
        event.project = below(7) == 0 ? "blog" : "shop";
        event.event_id = id;
        event.feature_id = feature;
        if (below(10) > 0) event.user_id = user;
        event.page = page;
        event.platform = below(3) == 0 ? "ios" : "web";
        if (below(4) > 0) event.app_version = version;
        if (below(3) == 0) event.properties_json = properties;
        if (below(3) == 0) event.experiments = {{"button", variant}, {"colour", "blue"}};
        event.bot = below(30) == 0;
        event.received_at = now - std::chrono::seconds(below(3'600));
        if (below(40) == 0) event.received_at = now - std::chrono::days(below(12));
        std::string text;
        event::append_line(text, event);
        sent_.push_back(text);
        if (sent_.size() > 400) sent_.erase(sent_.begin(), sent_.begin() + 200);
        return text;
    }

    std::mt19937_64 random_;
    int64_t number_ = 0;
    std::vector<std::string> sent_;
};

const std::vector<fold::ViewDefinition> kLater = {
    definition_of("by_page", {"page"}),
    definition_of("by_experiment", {"experiment", "variant"}),
    definition_of("by_plan", {"properties.plan", "properties.price", "platform"}),
};

class ReplayTest : public testing::Test {
protected:
    void SetUp() override {
        std::string pattern =
            (std::filesystem::temp_directory_path() / "clickmill-replay-XXXXXX").string();
        folder_ = mkdtemp(pattern.data());
        archive_ = archive::open_folder(folder_.string()).value();
        world_.definitions = {definition_of("totals", {}), definition_of("totals", {}, "blog")};
        // As if it had counted all rollups from the beginning.
        born_.definitions = world_.definitions;
        born_.definitions.insert(born_.definitions.end(), kLater.begin(), kLater.end());
    }
    void TearDown() override { std::filesystem::remove_all(folder_); }

    // About three records an hour, the same to both worlds.
    void days(int count, uint64_t seed = 1) {
        Clicks clicks(seed);
        std::mt19937_64 random(seed);
        for (int i = 0; i < count * 72; ++i) {
            const int events = 1 + static_cast<int>(random() % 40);
            const std::string payload = clicks.record(world_.clock.now(), events);
            for (World* world : {&world_, &born_}) {
                world->append(payload, events);
                world->clock.advance(20min);
            }
        }
        for (World* world : {&world_, &born_}) world->count_all();
    }

    // Every record that lies before today, in files of a few hundred events.
    void write_archive() {
        archive::Archiver archiver(
            {.engine = {}, .rules = {.max_events = 700}},
            {world_.log, [this] { return archive::open_folder(folder_.string()); }, world_.clock,
             *logger_, registry_, health_});
        const auto written = archiver.catch_up({});
        ASSERT_TRUE(written) << written.error().message();
        ASSERT_GT(*written, 3);
    }
    std::vector<std::filesystem::path> files() {
        std::vector<std::pair<archive::FileName, std::filesystem::path>> named;
        const auto objects = archive_->list().value();
        for (const archive::Object& object : objects)
            named.emplace_back(*archive::file_name_of(object.name), folder_ / object.name);
        std::ranges::sort(named);
        std::vector<std::filesystem::path> paths;
        for (const auto& [name, path] : named) paths.push_back(path);
        return paths;
    }
    // The log has only what is in no file.
    void trim_log(int files_back = 0) {
        std::vector<archive::FileName> names;
        const auto objects = archive_->list().value();
        for (const archive::Object& object : objects)
            names.push_back(*archive::file_name_of(object.name));
        std::ranges::sort(names);
        world_.log.trim(kFirst,
                        names[names.size() - 1 - static_cast<size_t>(files_back)].last.next());
    }

    // Declares them in the world that has been counting other rollups so far.
    void declare_later() {
        world_.definitions = born_.definitions;
        ASSERT_TRUE(metrics_store::declare(world_.store, world_.definitions));
    }
    Result<int64_t> replay(metrics_store::MetricsStore& store, std::stop_token stop = {}) {
        return replay_partition(kFirst, options_, {world_.log, store, archive_.get(), {}}, stop);
    }
    // And the aggregator joins in.
    void replay_all() {
        const auto events = replay(world_.store);
        ASSERT_TRUE(events) << events.error().message();
        ASSERT_GT(*events, 0);
        world_.count_all(0, {.joins_within = 50});
    }

    // As when the settler has nothing to do.
    void switch_complete() {
        aggregator::Generations generations({.partition_count = 1}, world_.store, *logger_,
                                            [](fold::ViewId) { return true; });
        const auto done = generations.look_after({});
        ASSERT_TRUE(done) << done.error().message();
    }

    // What each view says of every hour: "by_page 2025-... f3 /p1 17 <who>".
    static std::vector<std::string> rows(World& world, ViewState state, const std::string& zone) {
        std::vector<std::string> lines;
        const auto snapshot = *world.store.snapshot();
        const std::vector<View> views = *snapshot->views();
        for (const View& view : views) {
            if (view.state != state || view.definition.zone != zone) continue;
            const std::vector<metrics_store::PartitionMark> marks =
                *snapshot->marks(view.id, metrics_store::kAllBuckets);
            for (const metrics_store::PartitionMark& mark : marks) {
                const std::vector<metrics_store::SettledRow> found =
                    *snapshot->bucket_rows(view.id, true, calendar::Grain::Hour, mark.hour);
                lines.push_back(fmt::format("{} {} {} touched {}", view.definition.project,
                                            view.definition.rollup.name, mark.hour,
                                            mark.touched.value));
                for (const metrics_store::SettledRow& row : found) {
                    std::string line = fmt::format("{} {} {} ", view.definition.project,
                                                   view.definition.rollup.name, mark.hour);
                    for (const char c : row.labels.text()) line += c == '\0' ? ' ' : c;
                    lines.push_back(fmt::format("{}{} {}", line, row.clicks,
                                                std::hash<std::string>{}(row.sketch)));
                }
            }
        }
        std::ranges::sort(lines);
        return lines;
    }
    static std::vector<ViewState> states(World& world) {
        std::vector<ViewState> states;
        const auto views = *(*world.store.snapshot())->views();
        for (const View& view : views) states.push_back(view.state);
        return states;
    }
    void expect_as_born(ViewState state = ViewState::Building) {
        auto wanted = rows(born_, ViewState::Current, "UTC");
        std::erase_if(wanted, [](const std::string& line) {
            return line.starts_with("shop totals") || line.starts_with("blog totals");
        });
        EXPECT_GT(wanted.size(), 200u);
        EXPECT_EQ(rows(world_, state, "UTC"), wanted);
    }

    std::filesystem::path folder_;
    std::unique_ptr<archive::ObjectStore> archive_;
    std::unique_ptr<telemetry::Logger> logger_ = telemetry::make_silent_logger();
    telemetry::Registry registry_;
    telemetry::Health health_;
    World world_;
    World born_;
    ReplayOptions options_{
        .engine = {}, .repeats = {}, .ends_within = 20, .rows_at_once = 500, .records_at_once = 10};
};

TEST_F(ReplayTest, GivesALaterRollupWhatOneFromTheStartHas) {
    days(5);
    write_archive();
    trim_log();
    declare_later();
    replay_all();
    expect_as_born();
}

TEST_F(ReplayTest, ReadsTheLogWhereThereIsNoArchive) {
    days(5);
    declare_later();
    const auto events =
        replay_partition(kFirst, options_, {world_.log, world_.store, nullptr, {}}, {});
    ASSERT_TRUE(events) << events.error().message();
    world_.count_all(0, {.joins_within = 50});
    expect_as_born();
}

TEST_F(ReplayTest, GoesOnWhereItWasStopped) {
    days(2);
    options_.rows_at_once = 800;
    write_archive();
    trim_log();
    declare_later();
    DoorToStore store(world_.store);
    std::mt19937_64 random(7);
    int failed = 0;
    for (bool is_done = false; !is_done;) {
        // Each time a commit is lost, before or after it was stored.
        (random() % 2 == 0 ? store.commits_before : store.commits_after)
            .add(Error{ErrorCode::Unavailable, "away", "", ""});
        const auto events = replay(store);
        if (!events) ++failed;
        is_done = events && *events == 0;
        if (events && *events == 0) break;
        // Some commits of progress in between.
        for (int i = static_cast<int>(random() % 3); i > 0; --i) {
            std::stop_source stop;
            stop.request_stop();
            const auto stopped = replay(world_.store, stop.get_token());
            ASSERT_TRUE(stopped) << stopped.error().message();
        }
    }
    EXPECT_GT(failed, 5);
    world_.count_all(0, {.joins_within = 50});
    expect_as_born();
}

TEST_F(ReplayTest, LeavesTheLedgerAsItIs) {
    days(3);
    write_archive();
    declare_later();
    const fold::Ledger before = world_.ledger();
    ASSERT_TRUE(replay(world_.store));
    const fold::Ledger after = world_.ledger();
    EXPECT_EQ(after.through, before.through);
    EXPECT_EQ(after.complete_through, before.complete_through);
    EXPECT_EQ(after.cuts, before.cuts);
    EXPECT_EQ(after.projects, before.projects);
}

TEST_F(ReplayTest, MovesAProjectToAnotherZoneAtOnce) {
    days(5);
    write_archive();
    trim_log();
    declare_later();
    replay_all();
    switch_complete();
    EXPECT_THAT(states(world_), testing::Each(ViewState::Current));
    // To another zone, while one more rollup is asked for.
    for (fold::ViewDefinition& definition : world_.definitions) {
        if (definition.project == "shop") definition.zone = "Asia/Kathmandu";
    }
    ASSERT_TRUE(metrics_store::declare(world_.store, world_.definitions));
    switch_complete();
    const auto is_in_zone = [](const View& view) {
        return view.definition.zone == "Asia/Kathmandu";
    };
    EXPECT_EQ(std::ranges::count_if(*(*world_.store.snapshot())->views(), is_in_zone), 4);
    EXPECT_EQ(std::ranges::count(states(world_), ViewState::Building), 4) << "nothing is built yet";
    replay_all();
    switch_complete();
    EXPECT_EQ(std::ranges::count(states(world_), ViewState::Old), 4);
    EXPECT_EQ(std::ranges::count(states(world_), ViewState::Building), 0);
    World there;
    there.definitions = world_.definitions;
    Clicks clicks(1);
    std::mt19937_64 random(1);
    for (int i = 0; i < 5 * 72; ++i) {
        const int events = 1 + static_cast<int>(random() % 40);
        there.append(clicks.record(there.clock.now(), events), events);
        there.clock.advance(20min);
    }
    there.count_all();
    EXPECT_EQ(rows(world_, ViewState::Current, "Asia/Kathmandu"),
              rows(there, ViewState::Current, "Asia/Kathmandu"));
}

TEST_F(ReplayTest, NamesAFileThatIsDamagedUnlessTheLogHasItsRecords) {
    days(5);
    write_archive();
    const auto paths = files();
    std::filesystem::resize_file(paths[2], std::filesystem::file_size(paths[2]) / 2);
    trim_log();
    declare_later();
    const auto refused = replay(world_.store);
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, ErrorCode::Corrupt);
    EXPECT_THAT(refused.error().message(), HasSubstr(paths[2].filename().string()));
    switch_complete();
    EXPECT_EQ(std::ranges::count(states(world_), ViewState::Building), 3) << "it is not complete";
}

TEST_F(ReplayTest, TakesFromTheLogWhatADamagedFileHadHeld) {
    days(5);
    write_archive();
    const auto paths = files();
    std::ofstream(paths[paths.size() - 2], std::ios::in | std::ios::binary).write("nothing!", 8);
    std::filesystem::remove(paths[paths.size() - 1]);
    trim_log(3);  // the files were listed before
    declare_later();
    replay_all();
    expect_as_born();
}

TEST_F(ReplayTest, NamesOffsetsThatAreNowhere) {
    days(5);
    write_archive();
    trim_log();
    const auto paths = files();
    const auto gone =
        *archive::file_name_of("date=" + paths[2].parent_path().filename().string().substr(5) +
                               "/" + paths[2].filename().string());
    std::filesystem::remove(paths[2]);
    declare_later();
    const auto refused = replay(world_.store);
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, ErrorCode::NotFound);
    EXPECT_THAT(refused.error().message(),
                HasSubstr(fmt::format("offsets {} to {}", gone.first.value, gone.last.value)));
}

TEST_F(ReplayTest, SaysSinceWhenItKnowsWhatRawEventsBeganLater) {
    days(5);
    write_archive();
    trim_log();
    const auto paths = files();
    std::filesystem::remove(paths[0]);
    declare_later();
    replay_all();
    const auto views = *(*world_.store.snapshot())->views();
    for (const View& view : views) {
        if (view.state != ViewState::Building) continue;
        EXPECT_GT(view.since, aggregator::at_second(event::kNine));
        EXPECT_LT(view.since, aggregator::at_second(event::kNine) + 24h);
    }
    switch_complete();
    EXPECT_THAT(states(world_), testing::Each(ViewState::Current)) << "there was none before";
    // A generation that knows less than the one before it does not take its place by itself.
    std::filesystem::remove(paths[1]);
    const View page = world_.view_of("by_page");
    ASSERT_TRUE(metrics_store::begin_generation(world_.store, page.definition));
    replay_all();
    switch_complete();
    EXPECT_EQ(std::ranges::count(states(world_), ViewState::Building), 1);
}

}  // namespace
}  // namespace clickmill::replay
