// Where a scenario plays: the real fold, aggregator, settler, metrics store and query API on a log
// in memory, with a clock that the story sets. One thread, but for the query API's own.
#pragma once

#include "aggregator/generations.h"
#include "aggregator/partition_folder.h"
#include "aggregator/settler.h"
#include "base/clock.h"
#include "calendar/calendar.h"
#include "control/control.h"
#include "event_log/memory/memory_event_log.h"
#include "metrics_store/metrics_store.h"
#include "query_api/query_api.h"

#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace clickmill::scenarios {

struct Backend {
    std::string name;
    bool keeps_rows = false;  // a restart opens the same rows again
    std::function<Result<std::unique_ptr<metrics_store::MetricsStore>>(
        const std::filesystem::path& folder, telemetry::Logger& logger)>
        open;
};
std::vector<Backend> backends();

struct Casting {
    std::string project;
    std::string zone;
    calendar::WeekStart week_start = calendar::WeekStart::Monday;
    fold::Limits limits;
    int32_t partitions = 1;
};

class Stage {
public:
    static Result<std::unique_ptr<Stage>> open(const Backend& backend, const Casting& casting);
    ~Stage();
    Stage(const Stage&) = delete;
    Stage& operator=(const Stage&) = delete;

    const calendar::Calendar& calendar() const { return calendar_; }
    Moment now() { return clock_.now(); }
    // InvalidInput: time never goes back in a story.
    Result<void> pass_to(Moment moment);

    // One record in the log; in the store after flush().
    void click(const event::Event& event);
    Result<void> add_rollup(fold::RollupDefinition rollup);
    Result<void> flush();
    Result<void> settle();
    // Everything but the log, the store's file and the projects is gone, and begins again.
    Result<void> restart();

    // GET with a read key.
    http::Response get(const std::string& target);

private:
    Result<std::unique_ptr<aggregator::PartitionFolder>> open_folder(PartitionId partition);
    Stage(Backend backend, const Casting& casting, calendar::Calendar calendar);
    Result<void> set_up();
    Result<void> open_store();
    Result<void> start();
    std::vector<fold::ViewDefinition> definitions() const;
    Result<std::vector<query_api::PartitionTail>> tails();

    Backend backend_;
    Casting casting_;
    calendar::Calendar calendar_;
    std::filesystem::path folder_;
    std::unique_ptr<telemetry::Logger> logger_;
    telemetry::Registry metrics_;
    ManualClock clock_;
    event_log::MemoryEventLog log_;
    std::unique_ptr<metrics_store::MetricsStore> store_;
    std::unique_ptr<control::Control> control_;
    std::string key_;
    std::vector<fold::RollupDefinition> rollups_;
    std::vector<std::unique_ptr<aggregator::PartitionFolder>> folders_;
    std::unique_ptr<query_api::QueryApi> api_;  // last: it uses all above
};

}  // namespace clickmill::scenarios
