// A project for tests: clicks go into a metrics store by hand, as the fold would write them, and
// questions are asked as a browser would.
#pragma once

#include "calendar/calendar.h"
#include "control/control.h"
#include "metrics_store/metrics_store.h"
#include "query_api/query_api.h"

#include <gtest/gtest.h>
#include <simdjson.h>

#include <filesystem>
#include <future>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace clickmill::query_api {

struct TestClick {
    std::string at;  // local
    std::string feature = "checkout.pay";
    std::string user = "ann";
    std::string platform = "web";
    std::string app_version = "1.0";
    std::string page = "/";
    std::map<std::string, std::string> experiments = {};
};

class Shop {
public:
    // `store` is empty. `partitions`: clicks are spread over them by who clicked.
    Shop(std::unique_ptr<metrics_store::MetricsStore> store, const std::string& zone,
         int32_t partitions = 1, calendar::WeekStart week_start = calendar::WeekStart::Monday)
        : store_(std::move(store)),
          calendar_(*calendar::Calendar::make(zone, week_start)),
          partitions_(static_cast<size_t>(partitions)),
          clock_(*calendar_.parse("2026-11-07T12:00")) {
        std::string pattern = (std::filesystem::temp_directory_path() / "shop.XXXXXX").string();
        folder_ = mkdtemp(pattern.data());
        control_ = *control::Control::open({.path = folder_ + "/control.db"}, clock_);
        EXPECT_TRUE(control_->add_project({.id = "shop", .name = "The shop", .zone = zone}));
        EXPECT_TRUE(control_->add_project({.id = "other", .zone = zone}));
        key_ = control_->add_key({.kind = control::KeyKind::Read, .project = "shop"})->text;
        declare({{"totals", {}, true},
                 {"by_platform_version", {"platform", "app_version"}, true},
                 {"by_experiment", {"experiment", "variant"}, true},
                 {"by_page", {"page"}, false}});
        start();
    }
    ~Shop() {
        api_.reset();
        control_.reset();
        std::filesystem::remove_all(folder_);
    }

    void declare(const std::vector<fold::RollupDefinition>& rollups) {
        std::vector<fold::ViewDefinition> definitions;
        for (const auto& rollup : rollups)
            definitions.push_back({.project = "shop",
                                   .rollup = rollup,
                                   .zone = calendar_.zone(),
                                   .week_start = calendar_.week_start()});
        auto views = *metrics_store::declare(*store_, definitions);
        for (fold::View& view : views) {
            if (view.state == fold::ViewState::Current) continue;
            // As if there were no raw events from before.
            EXPECT_TRUE(metrics_store::raise_since(*store_, view.id, clock_.now()));
            EXPECT_TRUE(metrics_store::make_current(*store_, std::vector{view.id}));
            view = metrics_store::declare(*store_, std::vector{view.definition})->front();
        }
        views_.insert(views_.end(), views.begin(), views.end());
    }

    void start() {
        api_.reset();
        api_ = std::make_unique<QueryApi>(options_,
                                          Sources{*store_, *control_, clock_, metrics_, *logger_,
                                                  [this] { return tails(); }, rollup_works()});
    }

    // Raw clicks are the server's: of those here, ten in two hours had six rows.
    RollupWorks rollup_works() {
        return {.sample = [](const auto&, const auto& dimensions) -> Result<RollupSample> {
                    if (dimensions == std::vector<std::string>{"colour"})
                        return fail(ErrorCode::InvalidInput, "", "colour", "there is no colour");
                    return RollupSample{.events = 10, .hours = 2, .rows = 6, .seconds = 0.5};
                },
                .add = [this](const auto& project, const auto& rollup) -> Result<void> {
                    const auto views = store_->snapshot().value()->views().value();
                    fold::ViewDefinition definition = views.front().definition;
                    for (const fold::View& view : views) {
                        if (view.definition.rollup.name == rollup.name)
                            return fail(ErrorCode::Conflict, "", "", "it is there");
                    }
                    definition.project = project;
                    definition.rollup = rollup;
                    RETURN_IF_ERROR(metrics_store::begin_generation(*store_, definition));
                    return {};
                }};
    }

    void now_is(std::string_view local) { clock_.jump_to(*calendar_.parse(local)); }

    // One record of one click. In the store after commit().
    void click(const TestClick& click) {
        const size_t p = std::hash<std::string>{}(click.user) % partitions_.size();
        Partition& partition = partitions_[p];
        ++partition.end;
        const Moment at = *calendar_.parse(click.at);
        const calendar::BucketKey hour = calendar_.hour_at(at).key;
        for (size_t v = 0; v < views_.size(); ++v)
            for (auto& labels : labels_of(views_[v], click)) {
                Cell& cell = cells_[{v, p, hour, labels}];
                ++cell.clicks;
                cell.users.add(fold::hll_hash(click.user));
                partition.changed.insert({v, hour, labels});
                partition.marks[{v, hour}] = partition.end;
                newest_ = std::max(newest_, hour);
            }
    }

    // Stores what was clicked since the last commit; everything before `complete_through` is in.
    void commit(std::string_view complete_through) {
        const Moment through = *calendar_.parse(complete_through);
        for (size_t p = 0; p < partitions_.size(); ++p) {
            Partition& partition = partitions_[p];
            fold::Commit commit;
            const PartitionId id{static_cast<int32_t>(p)};
            commit.ledger.partition = id;
            commit.ledger.log_id = "log";
            commit.ledger.partition_count = static_cast<int32_t>(partitions_.size());
            commit.ledger.through = Offset{partition.end};
            commit.ledger.folded_to = through;
            commit.ledger.complete_through = through;
            commit.ledger.repeat_window_seconds = 86'400;
            commit.ledger.projects["shop"].counted = partition.end;
            for (size_t v = 0; v < views_.size(); ++v)
                commit.views.push_back(changes_of(v, p, through));
            const auto done = store_->commit(commit);
            EXPECT_TRUE(done) << done.error().message();
            partition.committed = partition.end;
            partition.changed.clear();
            partition.marks.clear();
        }
    }

    // Settles one bucket of every view from its hours, as far as they have clicks.
    void settle(calendar::Grain grain, std::string_view local) {
        const auto bucket = calendar_.bucket_at(grain, *calendar_.parse(local));
        for (const auto& view : views_) settle(view, grain, bucket);
    }
    void settle(const fold::View& view, calendar::Grain grain, calendar::BucketKey bucket) {
        metrics_store::Build build{.view = view.id, .header = {}, .rows = {}};
        build.header.grain = grain;
        build.header.bucket = bucket;
        for (const Partition& partition : partitions_)
            build.header.positions.push_back(Offset{partition.committed});
        const auto hours = calendar_.hours_in(grain, bucket);
        std::map<fold::Labels, std::pair<int64_t, fold::Hll>> rows;
        for (const auto& hour : hours) {
            auto& held = build.header.held;
            if (!held.empty() &&
                calendar_.next(calendar::Grain::Hour, held.back().last) == hour.key)
                held.back().last = hour.key;
            else
                held.push_back({hour.key, hour.key});
        }
        for (const auto& [key, cell] : cells_) {
            const auto& [v, p, hour, labels] = key;
            if (views_[v].id != view.id) continue;
            if (std::ranges::none_of(hours, [&](const auto& h) { return h.key == hour; })) continue;
            rows[labels].first += cell.clicks;
            rows[labels].second.unite(cell.users);
        }
        for (auto& [labels, row] : rows)
            build.rows.push_back(
                {labels, row.first, view.definition.rollup.users ? row.second.bytes() : ""});
        const auto done = store_->settle(build);
        EXPECT_TRUE(done) << done.error().message();
    }

    http::Headers read_headers() const { return {{"Authorization", "Bearer " + key_}}; }
    // GET with the read key.
    http::Response get(const std::string& target, http::Headers headers = {}) {
        headers.emplace_back("Authorization", "Bearer " + key_);
        return send(http::Method::Get, target, std::move(headers));
    }
    http::Response send(http::Method method, const std::string& target, http::Headers headers,
                        const std::string& body = {}) {
        http::Request request;
        request.body = body;
        request.body.reserve(body.size() + 64);
        request.head.method = method;
        const size_t question = target.find('?');
        request.head.path = target.substr(0, question);
        if (question != std::string::npos) request.head.query = target.substr(question + 1);
        request.head.headers = std::move(headers);
        auto admitted = api_->admit(request.head);
        if (!admitted) return std::move(admitted).error();
        std::promise<http::Response> promise;
        auto answer = promise.get_future();
        api_->handle(std::move(request),
                     [&](http::Response response) { promise.set_value(std::move(response)); });
        return answer.get();
    }
    // The same, read as JSON; valid until the next one.
    simdjson::dom::element json(const std::string& target) {
        const http::Response response = get(target);
        EXPECT_EQ(response.status, 200) << target << "\n" << response.body;
        text_ = simdjson::padded_string(response.body);
        auto parsed = parser_.parse(text_);
        EXPECT_EQ(parsed.error(), simdjson::SUCCESS) << response.body;
        return parsed.value_unsafe();
    }
    // "400 too_wide" of an answer that refuses.
    std::string refusal(const http::Response& response) {
        simdjson::dom::parser parser;
        const simdjson::padded_string text(response.body);
        std::string_view code;
        if (parser.parse(text)["error"]["code"].get(code)) code = "?";
        return std::to_string(response.status) + " " + std::string(code);
    }

    QueryApi& api() { return *api_; }
    control::Control& control() { return *control_; }
    metrics_store::MetricsStore& store() { return *store_; }
    const calendar::Calendar& calendar() const { return calendar_; }
    ManualClock& clock() { return clock_; }
    telemetry::Registry& metrics() { return metrics_; }
    Options& options() { return options_; }
    const std::string& key() const { return key_; }
    const std::vector<fold::View>& views() const { return views_; }
    bool is_log_away = false;
    int64_t pending = 0;  // events in the log that are not folded

private:
    struct Partition {
        int64_t end = 0;
        int64_t committed = 0;
        std::set<std::tuple<size_t, calendar::BucketKey, fold::Labels>> changed;
        std::map<std::pair<size_t, calendar::BucketKey>, int64_t> marks;
    };
    struct Cell {
        int64_t clicks = 0;
        fold::Hll users;
    };

    static std::vector<fold::Labels> labels_of(const fold::View& view, const TestClick& click) {
        const auto& dimensions = view.definition.rollup.dimensions;
        std::vector<std::pair<std::string, std::string>> experiments(click.experiments.begin(),
                                                                     click.experiments.end());
        const bool by_experiment = dimensions == std::vector<std::string>{"experiment", "variant"};
        if (!by_experiment || experiments.empty()) experiments = {{"(none)", "(none)"}};
        std::vector<fold::Labels> all;
        for (const auto& [experiment, variant] : experiments)
            for (const std::string_view feature :
                 {std::string_view("(all)"), std::string_view(click.feature)}) {
                fold::Labels labels{feature};
                for (const auto& name : dimensions)
                    labels.append(name == "platform"      ? click.platform
                                  : name == "app_version" ? click.app_version
                                  : name == "page"        ? click.page
                                  : name == "experiment"  ? experiment
                                                          : variant);
                all.push_back(labels);
            }
        return all;
    }

    fold::ViewChanges changes_of(size_t v, size_t p, Moment through) {
        Partition& partition = partitions_[p];
        fold::ViewChanges changes;
        changes.view = views_[v].id;
        changes.from = Offset{partition.committed};
        changes.position = {Offset{partition.end}, newest_, through};
        for (const auto& [key, touched] : partition.marks)
            if (key.first == v) changes.marks.push_back({key.second, Offset{touched}});
        for (const auto& [view, hour, labels] : partition.changed) {
            if (view != v) continue;
            const Cell& cell = cells_[{v, p, hour, labels}];
            changes.rows.push_back({{hour, labels}, cell.clicks});
            if (views_[v].definition.rollup.users)
                changes.sketches.push_back({{hour, labels}, cell.users.bytes()});
        }
        return changes;
    }

    Result<std::vector<PartitionTail>> tails() {
        if (is_log_away) return fail(ErrorCode::Unavailable, "cannot ask for the end", "the log");
        std::vector<PartitionTail> result;
        for (size_t p = 0; p < partitions_.size(); ++p) {
            const int64_t events = partitions_[p].end + (p == 0 ? pending : 0);
            result.push_back({.partition = {static_cast<int32_t>(p)},
                              .end = {events},
                              .total_events = events,
                              .bytes = 100 * events});
        }
        return result;
    }

    std::unique_ptr<metrics_store::MetricsStore> store_;
    calendar::Calendar calendar_;
    std::vector<Partition> partitions_;
    ManualClock clock_;
    std::string folder_;
    std::unique_ptr<control::Control> control_;
    std::string key_;
    std::vector<fold::View> views_;
    std::map<std::tuple<size_t, size_t, calendar::BucketKey, fold::Labels>, Cell> cells_;
    calendar::BucketKey newest_ = INT64_MIN;
    telemetry::Registry metrics_;
    std::unique_ptr<telemetry::Logger> logger_ = telemetry::make_silent_logger();
    Options options_{
        .version = "0.1.0", .threads = 2, .change_interval = std::chrono::milliseconds(5)};
    simdjson::dom::parser parser_;
    simdjson::padded_string text_;
    std::unique_ptr<QueryApi> api_;  // last: it uses all above
};

}  // namespace clickmill::query_api
