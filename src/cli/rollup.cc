// clickmill rollup list, add, rebuild, switch, drop, diff.
#include "base/pause.h"
#include "cli/command_world.h"
#include "cli/commands.h"
#include "cli/console.h"
#include "server/data_folder.h"
#include "server/options.h"
#include "server/rollups.h"
#include "verify/generations.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <filesystem>
#include <functional>

namespace clickmill::cli {
namespace {

using fold::View;
using fold::ViewState;
using metrics_store::name_of;

constexpr std::array<std::string_view, 5> kStates = {"answers", "being built", "kept from before",
                                                     "being deleted", "deleted"};

// The metrics store, and what it knows of the rollups that are meant.
struct Rollups {
    CommandWorld world;
    config::Config config;
    std::unique_ptr<metrics_store::MetricsStore> store;
    std::vector<View> views;

    Result<void> look(const RollupArguments& arguments) {
        ASSIGN_OR_RETURN(const auto snapshot, store->snapshot());
        ASSIGN_OR_RETURN(views, snapshot->views());
        std::erase_if(views, [&](const View& view) {
            return view.state == ViewState::Dropped ||
                   (!arguments.project.empty() && view.definition.project != arguments.project) ||
                   (!arguments.name.empty() && view.definition.rollup.name != arguments.name);
        });
        return {};
    }
    std::vector<View> in(ViewState state) const {
        std::vector<View> found;
        for (const View& view : views) {
            if (view.state == state) found.push_back(view);
        }
        return found;
    }
};

int with_rollups(const RollupArguments& arguments, server::Writes writes,
                 const std::function<Result<int>(Rollups&)>& work) {
    auto config = settings_of(arguments.settings);
    if (!config) return kWrongUse;
    Rollups rollups;
    rollups.config = *std::move(config);
    auto store = server::open_metrics_store(rollups.config, rollups.world.world(), writes);
    if (!store) return report(store.error());
    rollups.store = *std::move(store);
    if (const auto looked = rollups.look(arguments); !looked) return report(looked.error());
    const Result<int> done = work(rollups);
    return done ? *done : report(done.error());
}

Result<int> nothing_of(const RollupArguments& arguments) {
    return fail(ErrorCode::NotFound, "no such rollup", arguments.name,
                "'clickmill rollup list' shows those that are there");
}

Result<double> share_built(metrics_store::MetricsStore& store, const View& view) {
    ASSIGN_OR_RETURN(const auto snapshot, store.snapshot());
    return metrics_store::share_built(*snapshot, view);
}

std::string text_of(const std::vector<std::string>& dimensions) {
    return dimensions.empty() ? "(none)" : fmt::format("{}", fmt::join(dimensions, ", "));
}

Result<int> print_rollups(Rollups& rollups) {
    std::vector<std::vector<std::string>> rows = {
        {"project", "rollup", "generation", "dimensions", "users", "zone", "state", "knows since"}};
    for (const View& view : rollups.views) {
        const fold::ViewDefinition& definition = view.definition;
        std::string state(kStates[static_cast<size_t>(view.state)]);
        if (view.state == ViewState::Building) {
            ASSIGN_OR_RETURN(const double share, share_built(*rollups.store, view));
            state += fmt::format(", {:.1f} %", share * 100);
        }
        rows.push_back(
            {definition.project, definition.rollup.name, std::to_string(view.generation),
             text_of(definition.rollup.dimensions), definition.rollup.users ? "yes" : "no",
             definition.zone, std::move(state),
             view.since == Moment{} ? "the first click" : date_text(microseconds_of(view.since))});
    }
    print_table(rows);
    return kDone;
}

// Before the first start.
int print_configured(const config::Config& config) {
    std::vector<std::vector<std::string>> rows = {{"rollup", "dimensions", "users", "state"}};
    for (const config::Rollup& rollup : config.rollups) {
        rows.push_back({rollup.name, text_of(rollup.dimensions), rollup.users ? "yes" : "no",
                        "configured, nothing was counted yet"});
    }
    print_table(rows);
    return kDone;
}

// Until all of them answer, or wait for somebody to decide.
Result<int> wait_for(Rollups& rollups, const RollupArguments& arguments) {
    constexpr std::chrono::milliseconds kLookAgain{500};
    ProgressLine progress;
    for (;;) {
        RETURN_IF_ERROR(rollups.look(arguments));
        const std::vector<View> building = rollups.in(ViewState::Building);
        if (building.empty()) break;
        double least = 1;
        for (const View& view : building) {
            ASSIGN_OR_RETURN(const double share, share_built(*rollups.store, view));
            least = std::min(least, share);
        }
        progress.show(fmt::format("{}: {:.1f} % of the records", arguments.name, least * 100));
        pause(kLookAgain, {});
    }
    progress.clear();
    fmt::print("{} is built and answers\n", arguments.name);
    return kDone;
}

Result<int> begun(Rollups& rollups, const RollupArguments& arguments, size_t count) {
    fmt::print(
        "{} is being built for {} project{} from the raw clicks; the server does it beside its "
        "work, and goes on after a restart\n",
        arguments.name, count, count == 1 ? "" : "s");
    if (arguments.waits) return wait_for(rollups, arguments);
    fmt::print("'clickmill rollup list' shows how far it is\n");
    return kDone;
}

// What the newest one says, or what the configuration does where it knows the rollup.
fold::ViewDefinition wanted_of(const View& view, const config::Config& config) {
    fold::ViewDefinition wanted = view.definition;
    wanted.limits = server::limits_of(config);
    wanted.fold_version = fold::kFoldVersion;
    for (fold::RollupDefinition& rollup : server::rollups_of(config)) {
        if (rollup.name == wanted.rollup.name) wanted.rollup = std::move(rollup);
    }
    return wanted;
}

}  // namespace

int list_rollups(const RollupArguments& arguments) {
    const auto config = settings_of(arguments.settings);
    if (!config) return kWrongUse;
    std::error_code missing;
    const bool has_store =
        server::has_shared_store(*config) ||
        std::filesystem::exists(server::metrics_path(config->data_folder), missing);
    if (!has_store) return print_configured(*config);
    return with_rollups(arguments, server::Writes::Elsewhere, print_rollups);
}

int add_rollup(const RollupArguments& arguments) {
    return with_rollups(arguments, server::Writes::Here, [&](Rollups& rollups) -> Result<int> {
        const config::Rollup wanted{.name = arguments.name,
                                    .dimensions = arguments.dimensions,
                                    .users = !arguments.without_users};
        ASSIGN_OR_RETURN(const size_t projects, server::add_rollup(*rollups.store, rollups.config,
                                                                   arguments.project, wanted));
        return begun(rollups, arguments, projects);
    });
}

int rebuild_rollup(const RollupArguments& arguments) {
    return with_rollups(arguments, server::Writes::Here, [&](Rollups& rollups) -> Result<int> {
        const std::vector<View> current = rollups.in(ViewState::Current);
        if (current.empty()) return nothing_of(arguments);
        for (const View& view : current) {
            RETURN_IF_ERROR(
                metrics_store::begin_generation(*rollups.store, wanted_of(view, rollups.config)));
        }
        return begun(rollups, arguments, current.size());
    });
}

int switch_rollup(const RollupArguments& arguments) {
    return with_rollups(arguments, server::Writes::Here, [&](Rollups& rollups) -> Result<int> {
        const std::vector<View> building = rollups.in(ViewState::Building);
        if (building.empty()) return nothing_of(arguments);
        std::vector<fold::ViewId> ids;
        for (const View& view : building) {
            ASSIGN_OR_RETURN(const double share, share_built(*rollups.store, view));
            if (share < 0.99) {
                return fail(ErrorCode::Conflict, "cannot switch rollup", name_of(view),
                            fmt::format("{:.1f} % of it is built: wait", share * 100));
            }
            ids.push_back(view.id);
        }
        RETURN_IF_ERROR(metrics_store::make_current(*rollups.store, ids));
        for (const View& view : building)
            fmt::print("{}: generation {} answers\n", name_of(view), view.generation);
        return kDone;
    });
}

int drop_rollup(const RollupArguments& arguments) {
    return with_rollups(arguments, server::Writes::Here, [&](Rollups& rollups) -> Result<int> {
        if (arguments.generation > 0) {
            std::erase_if(rollups.views, [&](const View& view) {
                return view.generation != arguments.generation;
            });
        }
        if (rollups.views.empty()) return nothing_of(arguments);
        const auto is_configured = [&](const config::Rollup& rollup) {
            return rollup.name == arguments.name;
        };
        const bool takes_current = !rollups.in(ViewState::Current).empty();
        if (takes_current && std::ranges::any_of(rollups.config.rollups, is_configured)) {
            return fail(ErrorCode::Conflict, "cannot drop rollup", arguments.name,
                        "the configuration asks for it, and it would be built again: remove its "
                        "[[rollup]] first");
        }
        std::ranges::stable_sort(rollups.views, std::greater(), &View::state);
        for (const View& view : rollups.views) {
            RETURN_IF_ERROR(metrics_store::drop(*rollups.store, view.id));
            fmt::print("{}: generation {} is being deleted\n", name_of(view), view.generation);
        }
        return kDone;
    });
}

int diff_rollup(const RollupArguments& arguments) {
    return with_rollups(arguments, server::Writes::Elsewhere, [&](Rollups& rollups) -> Result<int> {
        std::vector<std::vector<std::string>> table = {{"rollup", "day", "feature and values",
                                                        "clicks before", "after", "users before",
                                                        "after"}};
        const auto users = [](int64_t count) { return count < 0 ? "" : std::to_string(count); };
        ProgressLine progress;
        int64_t rows = 0;
        int64_t differences = 0;
        size_t pairs = 0;
        for (const View& current : rollups.in(ViewState::Current)) {
            for (const View& other : rollups.views) {
                if (other.state == ViewState::Current || name_of(other) != name_of(current))
                    continue;
                const bool is_before = other.generation < current.generation;
                ASSIGN_OR_RETURN(
                    const auto found,
                    verify::compare_generations(
                        *rollups.store, is_before ? other : current, is_before ? current : other,
                        [&](const std::string& day) { progress.show(day); }));
                ++pairs;
                rows += found.rows;
                differences += found.difference_count;
                for (const verify::GenerationDifference& each : found.differences) {
                    table.push_back({name_of(current), each.bucket, each.labels,
                                     std::to_string(each.clicks_before),
                                     std::to_string(each.clicks_after), users(each.users_before),
                                     users(each.users_after)});
                }
            }
        }
        progress.clear();
        if (pairs == 0) {
            return fail(ErrorCode::NotFound, "there is nothing to compare", arguments.name,
                        "only one generation of it is there");
        }
        if (table.size() > 1) print_table(table);
        fmt::print("{}: {} rows of days compared, {} differ\n",
                   differences == 0 ? "equal" : "NOT EQUAL", rows, differences);
        return differences == 0 ? kDone : kFailed;
    });
}

}  // namespace clickmill::cli
