#include "tests/scenarios/stage.h"

#include "base/check.h"
#include "metrics_store/memory/memory_metrics_store.h"
#include "metrics_store/sqlite/sqlite_metrics_store.h"

#include <future>

namespace clickmill::scenarios {
namespace {

using metrics_store::MetricsStore;

std::filesystem::path new_folder() {
    std::string pattern = (std::filesystem::temp_directory_path() / "scenario-XXXXXX").string();
    CHECK(mkdtemp(pattern.data()) != nullptr);
    return pattern;
}

}  // namespace

std::vector<Backend> backends() {
    using Opened = Result<std::unique_ptr<MetricsStore>>;
    return {{"Memory", false,
             [](const auto&, telemetry::Logger&) -> Opened {
                 return std::make_unique<metrics_store::MemoryMetricsStore>();
             }},
            {"Sqlite", true,
             [](const std::filesystem::path& folder, telemetry::Logger& logger) -> Opened {
                 return metrics_store::SqliteMetricsStore::open(
                     {.path = (folder / "metrics.db").string()}, logger);
             }}};
}

Result<std::unique_ptr<Stage>> Stage::open(const Backend& backend, const Casting& casting) {
    ASSIGN_OR_RETURN(calendar::Calendar calendar,
                     calendar::Calendar::make(casting.zone, casting.week_start));
    std::unique_ptr<Stage> stage(new Stage(backend, casting, std::move(calendar)));
    RETURN_IF_ERROR(stage->set_up());
    return stage;
}

Stage::Stage(Backend backend, const Casting& casting, calendar::Calendar calendar)
    : backend_(std::move(backend)),
      casting_(casting),
      calendar_(std::move(calendar)),
      folder_(new_folder()),
      logger_(telemetry::make_silent_logger()),
      clock_(Moment{}),
      log_({.partition_count = casting.partitions, .answers_from_thread = false}, clock_),
      rollups_{{"totals", {}, true},
               {"by_platform_version", {"platform", "app_version"}, true},
               {"by_experiment", {"experiment", "variant"}, true},
               {"by_page", {"page"}, false}} {}

Stage::~Stage() {
    api_.reset();
    folders_.clear();
    store_.reset();
    control_.reset();
    std::filesystem::remove_all(folder_);
}

Result<void> Stage::set_up() {
    ASSIGN_OR_RETURN(control_,
                     control::Control::open({.path = (folder_ / "control.db").string()}, clock_));
    RETURN_IF_ERROR(
        control_->add_project({.id = casting_.project,
                               .zone = casting_.zone,
                               .week_start = std::string(calendar::name_of(casting_.week_start))}));
    ASSIGN_OR_RETURN(const control::NewKey key, control_->add_key({.kind = control::KeyKind::Read,
                                                                   .project = casting_.project}));
    key_ = key.text;
    return open_store();
}

Result<void> Stage::open_store() {
    ASSIGN_OR_RETURN(store_, backend_.open(folder_, *logger_));
    return {};
}

// The first time, or after a restart; when the clock stands where the story is.
Result<void> Stage::start() {
    for (int32_t i = 0; i < casting_.partitions; ++i) {
        ASSIGN_OR_RETURN(folders_.emplace_back(), open_folder(PartitionId{i}));
    }
    api_ = std::make_unique<query_api::QueryApi>(
        query_api::Options{.version = "scenario", .threads = 1},
        query_api::Sources{*store_, *control_, clock_, metrics_, *logger_,
                           [this] { return tails(); }});
    return {};
}

Result<std::unique_ptr<aggregator::PartitionFolder>> Stage::open_folder(PartitionId partition) {
    return aggregator::PartitionFolder::open(
        partition, {.repeat_key = 1}, log_, *store_, [this] { return definitions(); },
        clock_.now());
}

std::vector<fold::ViewDefinition> Stage::definitions() const {
    std::vector<fold::ViewDefinition> definitions;
    for (const fold::RollupDefinition& rollup : rollups_) {
        definitions.push_back({.project = casting_.project,
                               .rollup = rollup,
                               .zone = casting_.zone,
                               .week_start = casting_.week_start,
                               .limits = casting_.limits});
    }
    return definitions;
}

Result<void> Stage::pass_to(Moment moment) {
    if (moment < clock_.now()) {
        return fail(ErrorCode::InvalidInput, "time goes back", calendar_.format(moment),
                    "it is " + calendar_.format(clock_.now()) + " already; give a date");
    }
    clock_.advance(moment - clock_.now());
    return {};
}

void Stage::click(const event::Event& event) {
    std::string line;
    append_line(line, event);
    const std::string_view who = event.who().empty() ? event.event_id : event.who();
    const auto partition = static_cast<int32_t>(std::hash<std::string_view>{}(who) %
                                                static_cast<size_t>(casting_.partitions));
    log_.append(PartitionId{partition}, {std::move(line), 1},
                [](const Result<Offset>& done) { CHECK(done.has_value()); });
}

Result<void> Stage::add_rollup(fold::RollupDefinition rollup) {
    rollups_.push_back(std::move(rollup));
    for (auto& folder : folders_) RETURN_IF_ERROR(folder->refresh_definitions(clock_.now()));
    return {};
}

Result<void> Stage::flush() {
    if (folders_.empty()) RETURN_IF_ERROR(start());
    for (auto& folder : folders_) {
        if (folder->is_outdated()) {
            ASSIGN_OR_RETURN(folder, open_folder(folder->partition()));
        }
        const event_log::ReadOptions read{.wait = std::chrono::milliseconds(0)};
        for (int64_t records = 1; records > 0;) {
            ASSIGN_OR_RETURN(records, folder->fold_some(read, {}, clock_.now()));
        }
        RETURN_IF_ERROR(folder->refresh_definitions(clock_.now()));
        std::vector<fold::ViewId> views;
        for (const auto& [id, view] : folder->views()) views.push_back(id);
        const fold::Commit commit = folder->changes(views);
        RETURN_IF_ERROR(store_->commit(commit));
        folder->committed(commit);
    }
    return {};
}

Result<void> Stage::settle() {
    RETURN_IF_ERROR(flush());
    aggregator::Settler settler({.partition_count = casting_.partitions}, *store_, *logger_);
    for (int64_t settled = 1; settled > 0;) {
        ASSIGN_OR_RETURN(settled, settler.pass({}));
    }
    aggregator::Generations generations(
        {.partition_count = casting_.partitions}, *store_, *logger_,
        [&](fold::ViewId view) { return settler.is_at_rest(view); });
    return generations.look_after({});
}

Result<void> Stage::restart() {
    api_.reset();
    folders_.clear();
    if (!backend_.keeps_rows) return {};
    store_.reset();
    return open_store();
}

http::Response Stage::get(const std::string& target) {
    http::Request request;
    request.head.method = http::Method::Get;
    const size_t question = target.find('?');
    request.head.path = target.substr(0, question);
    if (question != std::string::npos) request.head.query = target.substr(question + 1);
    request.head.headers = {{"Authorization", "Bearer " + key_}};
    auto admitted = api_->admit(request.head);
    if (!admitted) return std::move(admitted).error();
    std::promise<http::Response> promise;
    auto answer = promise.get_future();
    api_->handle(std::move(request),
                 [&](http::Response response) { promise.set_value(std::move(response)); });
    return answer.get();
}

Result<std::vector<query_api::PartitionTail>> Stage::tails() {
    std::vector<query_api::PartitionTail> tails;
    for (int32_t i = 0; i < casting_.partitions; ++i) {
        ASSIGN_OR_RETURN(const event_log::PartitionState state, log_.state(PartitionId{i}));
        tails.push_back({.partition = PartitionId{i},
                         .end = state.end,
                         .total_events = state.total_events,
                         .bytes = state.bytes});
    }
    return tails;
}

}  // namespace clickmill::scenarios
