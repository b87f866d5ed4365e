#include "server/sample_history.h"

#include "calendar/calendar.h"
#include "event/event.h"
#include "event_log/event_log.h"
#include "server/data_folder.h"
#include "server/first_start.h"
#include "server/sample_clicks.h"
#include "server/wiring.h"

#include <algorithm>
#include <atomic>
#include <filesystem>
#include <future>
#include <system_error>
#include <utility>

namespace clickmill::server {

namespace {

// One record each: few enough commits to take seconds, and small enough for a record.
constexpr std::chrono::hours kStep{6};
// The end of history comes as fast as real clicks would: complete_through stays behind by the
// longest way into the log of the last ten minutes.
constexpr std::chrono::minutes kEnd{12};
constexpr std::chrono::seconds kStepAtTheEnd{1};

// Appends and waits until it is durable.
Result<void> append(event_log::EventLog& event_log, event_log::Record record) {
    std::promise<Result<Offset>> done;
    auto stored = done.get_future();
    event_log.append(PartitionId{0}, std::move(record),
                     [&done](Result<Offset> offset) { done.set_value(std::move(offset)); });
    Result<Offset> offset = stored.get();
    if (!offset) return std::unexpected(std::move(offset).error());
    return {};
}

// The clock of the past: jumps from step to step. The log's thread reads it.
class HistoryClock final : public Clock {
public:
    Moment now() override { return moment_of(now_.load()); }
    std::chrono::steady_clock::time_point steady() override {
        return std::chrono::steady_clock::now();
    }
    void set(Moment moment) { now_.store(microseconds_of(moment)); }

private:
    std::atomic<int64_t> now_{0};
};

Result<void> append_history(event_log::EventLog& event_log, HistoryClock& history,
                            const calendar::Calendar& calendar, Moment end,
                            const HistoryOptions& options) {
    SampleClicks clicks(calendar, end, options);
    for (Moment from = clicks.begin(); from < end;) {
        const Moment to = from < end - kEnd ? std::min<Moment>(from + kStep, end - kEnd)
                                            : std::min<Moment>(from + kStepAtTheEnd, end);
        event_log::Record record;
        record.event_count = clicks.append_lines(record.payload, from, to);
        history.set(to);
        if (record.event_count > 0) RETURN_IF_ERROR(append(event_log, std::move(record)));
        from = to;
    }
    return {};
}

Result<void> refused(const std::string& folder, std::string why) {
    return fail(ErrorCode::Conflict, "cannot add sample history", folder, std::move(why));
}

// Makes the event log in a folder of its own, so that one that was interrupted is never half there.
Result<void> make_event_log(const config::Config& config, const std::string& staging,
                            const calendar::Calendar& calendar, Moment end,
                            const HistoryOptions& options) {
    const auto logger = telemetry::make_silent_logger();
    telemetry::Registry registry;
    HistoryClock history;
    history.set(end - std::chrono::days(options.days + 1));
    config::Config staged = config;
    staged.data_folder = staging;
    RETURN_IF_ERROR(make_data_folder(staging));
    ASSIGN_OR_RETURN(const auto event_log,
                     open_event_log(staged, {history, *logger, registry}, {}));
    return append_history(*event_log, history, calendar, end, options);
}

// events.db last: it says that the history is complete.
Result<void> move_event_log(const std::string& staging, const std::string& folder) {
    std::error_code error;
    const std::string last = event_log_path(staging);
    for (const auto& entry : std::filesystem::directory_iterator(staging, error)) {
        if (entry.path() == last) continue;
        std::filesystem::rename(entry.path(), folder / entry.path().filename(), error);
        if (error) return refused(folder, error.message());
    }
    std::filesystem::rename(last, event_log_path(folder), error);
    if (error) return refused(folder, error.message());
    std::filesystem::remove_all(staging, error);
    return {};
}

Result<bool> has_sample_project(control::Control& control) {
    ASSIGN_OR_RETURN(const auto projects, control.projects());
    return std::any_of(projects.begin(), projects.end(),
                       [](const auto& project) { return project.id == kSampleProject; });
}

// What the shop's people have written about their features; about some of them nobody has yet.
Result<void> write_catalogue(control::Control& control) {
    using control::FeatureChange;
    using control::FeatureState;
    const auto live = [](const char* id, const char* name, const char* owner, const char* tag,
                         const char* description = "") {
        return FeatureChange{.id = id,
                             .name = name,
                             .description = description,
                             .owner = owner,
                             .tags = {{tag}},
                             .state = FeatureState::Live,
                             .alias_of = {}};
    };
    std::vector<FeatureChange> changes = {
        live("search.submit", "Search", "Discovery", "search"),
        live("product.open", "Open a product", "Discovery", "search"),
        live("product.add_to_cart", "Add to cart", "Shop", "cart",
             "The button on a product's page; the list has none."),
        live("cart.open", "Open the cart", "Shop", "cart"),
        live("checkout.start", "Go to checkout", "Payments", "checkout"),
        live("checkout.pay", "Pay", "Payments", "checkout",
             "The last step. Watch it: each click is an order."),
        live("checkout.coupon", "Enter a coupon", "Payments", "checkout"),
        live("compare.open", "Compare products", "Discovery", "search"),
        live("banner.summer_sale", "Summer sale", "Marketing", "campaign"),
        live("checkout.gift", "Wrap as a gift", "Payments", "checkout")};
    changes[8].state = FeatureState::Removed;
    changes[9].state = FeatureState::Planned;
    ASSIGN_OR_RETURN(std::ignore, control.set_features(kSampleProject, changes));
    return {};
}

Result<void> add_project(control::Control& control) {
    control::Project project;
    project.id = kSampleProject;
    project.name = "Sample shop";
    project.zone = calendar::host_zone();
    project.is_sample = true;
    ASSIGN_OR_RETURN(std::ignore, control.add_project(std::move(project)));
    return write_catalogue(control);
}

}  // namespace

Result<void> add_sample_project(const config::Config& config, control::Control& control,
                                Clock& clock, const HistoryOptions& options) {
    const std::string& folder = config.data_folder;
    ASSIGN_OR_RETURN(const bool has_project, has_sample_project(control));
    // A topic may be anybody's: nothing is made up in it.
    if (is_kafka(config)) return has_project ? Result<void>() : add_project(control);
    std::error_code error;
    if (std::filesystem::exists(event_log_path(folder), error)) {
        if (has_project) return {};
        return refused(folder,
                       "it holds clicks of its own, and history cannot be put before them; name an "
                       "empty folder with --data");
    }
    const std::string zone = calendar::host_zone();
    ASSIGN_OR_RETURN(const auto calendar,
                     calendar::Calendar::make(zone, calendar::WeekStart::Monday));
    if (!has_project) RETURN_IF_ERROR(add_project(control));
    const std::string staging = folder + "/sample-history";
    std::filesystem::remove_all(staging, error);
    RETURN_IF_ERROR(make_event_log(config, staging, calendar, clock.now(), options));
    return move_event_log(staging, folder);
}

}  // namespace clickmill::server
