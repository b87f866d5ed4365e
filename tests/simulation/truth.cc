#include "tests/simulation/truth.h"

#include "base/check.h"

namespace clickmill::simulation {
namespace {

constexpr size_t kOlderSlices = 3;

// "boot#70" belongs to the block "boot#" of 64; any other id is a block of its own.
std::string block_of(const SimulatedClick& click) {
    const size_t at = click.id.find('#');
    if (at == std::string::npos) return click.project + "=" + click.id;
    return click.project + "#" + click.id.substr(0, at) + "/" +
           std::to_string(std::stoll(click.id.substr(at + 1)) / 64);
}

// A value within its day's limit: itself, or (other).
std::string admitted(std::set<std::string>& known, const std::string& value, int32_t limit) {
    if (value.empty()) return "(none)";
    if (known.contains(value)) return value;
    if (static_cast<int32_t>(known.size()) >= limit) return "(other)";
    known.insert(value);
    return value;
}

std::string value_of(const std::string& dimension, const SimulatedClick& click,
                     const std::string& experiment) {
    if (dimension == "platform") return click.platform;
    if (dimension == "experiment") return experiment;
    if (dimension == "variant") return experiment.empty() ? "" : click.experiments.at(experiment);
    CHECK(false);
}

}  // namespace

Truth::Truth(std::vector<fold::View> views, TruthLimits limits)
    : views_(std::move(views)), limits_(limits) {
    states_.emplace_back();
    for (const fold::View& view : views_) {
        calendars_.emplace(
            view.id, *calendar::Calendar::make(view.definition.zone, view.definition.week_start));
        states_.back()[view.id];
    }
}

void Truth::enter(int64_t append_time) {
    const int64_t number = append_time / limits_.slice_seconds;
    const bool is_cut = slices_.empty() || slices_.back().number != number ||
                        static_cast<int64_t>(slices_.back().blocks.size()) >= limits_.max_entries;
    if (!is_cut) return;
    slices_.push_back({number, {}, {}});
    if (slices_.size() > kOlderSlices + 1) slices_.erase(slices_.begin());
}

bool Truth::is_repeat(const SimulatedClick& click) {
    const std::string id = click.project + "/" + click.id;
    bool seen = false;
    for (const Slice& slice : slices_) seen = seen || slice.ids.contains(id);
    slices_.back().ids.insert(id);
    slices_.back().blocks.insert(block_of(click));
    return seen;
}

void Truth::append(const SimulatedRecord& record) {
    states_.push_back(states_.back());
    enter(record.append_time);
    for (const SimulatedClick& click : record.clicks) {
        const bool repeat = is_repeat(click);
        fold::Accounting& accounting = accounting_[click.project];
        bool is_late = false;
        for (const fold::View& view : views_) {
            if (view.definition.project != click.project) continue;
            const calendar::Hour hour =
                calendars_.at(view.id).hour_at(moment_of(click.received_at * 1'000'000));
            is_late = record.append_time > hour.end + view.definition.limits.late_seconds;
            if (!repeat && !click.bot && !is_late) add(view, click, states_.back().at(view.id));
        }
        ++(repeat      ? accounting.duplicate
           : click.bot ? accounting.left_out
           : is_late   ? accounting.late
                       : accounting.counted);
    }
}

void Truth::add(const fold::View& view, const SimulatedClick& click, TrueRows& rows) {
    const calendar::Hour hour =
        calendars_.at(view.id).hour_at(moment_of(click.received_at * 1'000'000));
    const std::vector<std::string>& dimensions = view.definition.rollup.dimensions;
    Day& day = days_[{view.id, hour.day}];
    day.resize(dimensions.size() + 1);
    const std::string feature = admitted(day[0], click.feature, view.definition.limits.features);
    std::vector<std::string> experiments;
    for (const auto& [experiment, variant] : click.experiments) experiments.push_back(experiment);
    const bool is_of_experiments = !dimensions.empty() && dimensions.front() == "experiment";
    if (experiments.empty() || !is_of_experiments) experiments = {""};
    for (const std::string& experiment : experiments) {
        fold::Labels one{feature};
        fold::Labels all{"(all)"};
        for (size_t i = 0; i < dimensions.size(); ++i) {
            const std::string value =
                admitted(day[i + 1], value_of(dimensions[i], click, experiment),
                         view.definition.limits.values);
            one.append(value);
            all.append(value);
        }
        for (const fold::Labels& labels : {one, all}) {
            TrueRow& row = rows[{hour.key, labels}];
            ++row.clicks;
            if (view.definition.rollup.users && !click.user.empty()) row.users.insert(click.user);
        }
    }
}

}  // namespace clickmill::simulation
