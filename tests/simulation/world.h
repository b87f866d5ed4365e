// The counting protocol, driven by seed through what model/counting_protocol does to its model: the
// real fold, settler and in-memory store, without transactions or fences, with crashes, zombies and
// settlers between any two writes, several views with commits of their own, (other), zones across
// their changes, eviction, retirement and retention. After every step each live row must be what
// its key and `through` say, and each bucket that counts must hold what was committed; at the end
// the answer must equal a count of the acknowledged clicks.
#pragma once

#include "aggregator/partition_folder.h"
#include "aggregator/settle_task.h"
#include "metrics_store/memory/memory_metrics_store.h"
#include "tests/simulation/simulated_log.h"
#include "tests/simulation/truth.h"

#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <random>
#include <set>
#include <string>
#include <vector>

namespace clickmill::simulation {

// One thread. A seed and the planted fault decide everything.
class World {
public:
    explicit World(uint64_t seed);
    ~World();

    // What went wrong, or nothing.
    std::optional<std::string> run();

private:
    // An aggregator of one partition; frozen in the middle of a commit when others go on.
    struct Actor {
        std::unique_ptr<aggregator::PartitionFolder> folder;
        std::optional<fold::Commit> commit;
        std::deque<std::function<void()>> writes;  // of the commit, still to be done
        int64_t asleep_until = 0;                  // a step of the world
        bool is_laggard = false;
    };

    int64_t below(int64_t bound) {
        return static_cast<int64_t>(random_() % static_cast<uint64_t>(bound));
    }
    bool chance(int percent) { return below(100) < percent; }

    void declare_views();
    void append();
    void end_append(PartitionId partition);
    SimulatedClick click(PartitionId partition);
    void start_actor(PartitionId partition);
    void sleep(Actor& actor);
    void freeze(PartitionId partition);
    void act(PartitionId partition);
    bool step(Actor& actor);  // false: it can read no further
    void begin_commit(Actor& actor);
    void finish_commit(Actor& actor);
    std::vector<std::function<void()>> ordered_writes(const fold::Commit& commit);
    void evict(Actor& actor);
    void step_settler();
    std::vector<calendar::BucketKey> hours_to_settle(const fold::View& view);
    void choose_bucket();
    void retire(const fold::View& view);
    void wake_all(PartitionId partition);
    void finish_in_peace();

    std::optional<std::string> check();
    std::optional<std::string> check_live_rows();
    std::optional<std::string> check_settled(const fold::View& view, calendar::Grain grain);
    std::optional<std::string> check_answers();
    std::optional<std::string> check_answer(const fold::View& view);
    std::optional<std::string> check_accounting();
    TrueRows true_sum(const fold::View& view, const std::vector<int64_t>& through,
                      const std::function<bool(calendar::BucketKey)>& wants_hour) const;
    std::set<calendar::BucketKey> retired_hours(const fold::View& view);
    std::vector<metrics_store::PartitionMark> all_marks(const fold::View& view);

    std::mt19937_64 random_;
    std::vector<fold::ViewDefinition> definitions_;
    std::vector<fold::View> views_;
    std::map<fold::ViewId, calendar::Calendar> calendars_;
    fold::RepeatLimits repeats_;
    metrics_store::MemoryMetricsStore store_;
    SimulatedLog log_;
    std::vector<PartitionId> partitions_;
    std::map<PartitionId, Truth> truths_;
    std::map<PartitionId, std::vector<SimulatedRecord>> unsynced_;
    std::map<PartitionId, std::vector<SimulatedClick>> sent_;
    std::set<std::string> acknowledged_;  // "project/id"
    std::map<PartitionId, std::vector<Actor>>
        actors_;  // the last is the owner, the others are zombies
    std::map<fold::ViewId, int> flush_percent_;
    std::optional<std::string> broken_;  // what stopped an aggregator that should go on
    int64_t step_ = 0;
    int64_t now_ = 0;   // seconds
    int64_t pace_ = 1;  // how many times faster clicks come apart: days pass and live rows retire
    std::optional<aggregator::SettleTask> settling_;
    std::deque<std::function<void()>> settle_writes_;
    std::set<std::pair<fold::ViewId, calendar::BucketKey>> hours_seen_;
    std::set<int64_t> checked_builds_;
};

}  // namespace clickmill::simulation
