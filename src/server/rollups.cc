#include "server/rollups.h"

#include "base/hash.h"
#include "event/line_reader.h"
#include "event_log/read_all.h"
#include "fold/dimensions.h"
#include "metrics_store/views.h"
#include "server/options.h"

#include <algorithm>
#include <chrono>
#include <map>
#include <unordered_set>

namespace clickmill::server {
namespace {

constexpr int64_t kSampledRecords = 40'000;  // over all partitions; a record may hold many clicks
constexpr int64_t kSampledEvents = 200'000;

// The rows that clicks have, by their hashes: two of a few hundred thousand may be taken for one.
class Sample {
public:
    Sample(std::string project, std::vector<fold::Dimension> dimensions)
        : project_(std::move(project)), dimensions_(std::move(dimensions)) {}

    void add(const event_log::StoredRecord& record) {
        if (record.is_damaged || !record.fault.empty()) return;
        for (const event::Line& line : reader_.read(record.payload, record.append_time)) {
            ++sample_.events;
            if (line.readable && !line.event.bot && line.event.project == project_) add(line.event);
        }
    }
    bool is_enough() const { return sample_.events >= kSampledEvents; }
    query_api::RollupSample take() {
        sample_.hours = static_cast<int64_t>(hours_.size());
        sample_.rows = static_cast<int64_t>(rows_.size());
        return sample_;
    }

private:
    void add(const event::Event& event) {
        const auto hour = std::chrono::floor<std::chrono::hours>(event.received_at);
        const int64_t number = hour.time_since_epoch().count();
        hours_.insert(number);
        const bool is_of_experiments = std::ranges::any_of(
            dimensions_, [](const auto& dimension) { return dimension.is_of_experiments(); });
        if (!is_of_experiments || event.experiments.empty())
            return add_rows(event, nullptr, number);
        for (const event::NamedValue& experiment : event.experiments)
            add_rows(event, &experiment, number);
    }

    // Of the feature and of all together.
    void add_rows(const event::Event& event, const event::NamedValue* experiment, int64_t hour) {
        text_.clear();
        for (const fold::Dimension& dimension : dimensions_)
            text_.append(dimension.value(event, experiment)).append("\n");
        const auto seed = static_cast<uint64_t>(hour);
        rows_.insert(keyed_hash(text_, seed));
        text_.append(event.feature_id);
        rows_.insert(keyed_hash(text_, ~seed));
    }

    const std::string project_;
    const std::vector<fold::Dimension> dimensions_;
    event::LineReader reader_{event::Reads::Properties};
    query_api::RollupSample sample_;
    std::unordered_set<int64_t> hours_;
    std::unordered_set<uint64_t> rows_;
    std::string text_;
};

}  // namespace

Result<size_t> add_rollup(metrics_store::MetricsStore& store, const config::Config& config,
                          const std::string& project, const config::Rollup& rollup) {
    RETURN_IF_ERROR(check_rollup(rollup));
    ASSIGN_OR_RETURN(const auto snapshot, store.snapshot());
    ASSIGN_OR_RETURN(const auto views, snapshot->views());
    // As the rollups that a project has: one zone, one week.
    std::map<std::string, fold::ViewDefinition> by_project;
    for (const fold::View& view : views) {
        const bool is_wanted = project.empty() || view.definition.project == project;
        if (!is_wanted || view.state == fold::ViewState::Dropped) continue;
        if (view.definition.rollup.name == rollup.name) {
            return fail(ErrorCode::Conflict, "cannot add rollup", metrics_store::name_of(view),
                        "it is there: choose another name, or change it in the configuration and "
                        "run 'clickmill rollup rebuild'");
        }
        if (view.state != fold::ViewState::Current) continue;
        fold::ViewDefinition& definition = by_project[view.definition.project];
        definition = view.definition;
        definition.limits = limits_of(config);
        definition.fold_version = fold::kFoldVersion;
        definition.rollup = {rollup.name, rollup.dimensions, rollup.users};
    }
    if (by_project.empty()) {
        return fail(ErrorCode::NotFound, "cannot add rollup", project,
                    "there is no such project, or nothing was counted yet");
    }
    for (const auto& [id, definition] : by_project)
        RETURN_IF_ERROR(metrics_store::begin_generation(store, definition));
    return by_project.size();
}

Result<query_api::RollupSample> sample_rollup(event_log::EventLog& log, const std::string& project,
                                              const std::vector<std::string>& dimensions) {
    std::vector<fold::Dimension> found;
    for (const std::string& name : dimensions) {
        ASSIGN_OR_RETURN(fold::Dimension dimension, fold::Dimension::named(name));
        found.push_back(std::move(dimension));
    }
    const auto begin = std::chrono::steady_clock::now();
    Sample sample(project, std::move(found));
    const int32_t partitions = log.partition_count();
    for (int32_t i = 0; i < partitions && !sample.is_enough(); ++i) {
        ASSIGN_OR_RETURN(const auto state, log.state(PartitionId{i}));
        const Offset from =
            std::max(state.first, Offset{state.end.value - kSampledRecords / partitions});
        RETURN_IF_ERROR(event_log::read_all(log, PartitionId{i}, from, state.end,
                                            [&](const event_log::StoredRecord& record) {
                                                sample.add(record);
                                                return !sample.is_enough();
                                            }));
    }
    query_api::RollupSample taken = sample.take();
    taken.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
    return taken;
}

}  // namespace clickmill::server
