#include "verify/verify.h"

#include "verify/recount.h"
#include "verify/stored_rows.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>

namespace clickmill::verify {
namespace {

using archive::ask_number;
using archive::Engine;
using calendar::BucketKey;
using calendar::Grain;

constexpr int64_t kDay = 86'400;
constexpr int64_t kShown = 100;  // differences
// Users are an estimate: what is off by more than five standard errors, and one, is wrong.
constexpr const char* kUsersDiffer =
    "NOT is_unknown AND abs(stored_users - users) > greatest(1, 0.0163 * 5 * users)";
constexpr const char* kClicksDiffer = "NOT is_unknown AND clicks IS DISTINCT FROM stored_clicks";

int64_t number_of(const std::optional<std::string_view>& cell) {
    return cell ? std::stoll(std::string(*cell)) : 0;
}

// One project's views, in its calendar.
struct Project {
    std::string id;
    calendar::Calendar calendar;
    std::vector<fold::View> views;
    std::vector<BucketKey> days = {};  // local ones, on which there are events; sorted
    BucketKey from = 0;                // what is asked for, `to` excluded
    BucketKey to = 0;
};

class Verification {
public:
    Verification(archive::RawEvents& events, metrics_store::MetricsStore& store,
                 const Request& request)
        : engine_(events.engine()), store_(store), request_(request) {}

    Result<Report> run() {
        for (const std::string& sql : create_tables()) RETURN_IF_ERROR(engine_.run(sql));
        RETURN_IF_ERROR(read_stored());
        for (const Project& project : projects_) RETURN_IF_ERROR(recount(project));
        for (const Project& project : projects_) {
            for (const fold::View& view : project.views)
                RETURN_IF_ERROR(compare_view(project, view));
        }
        return std::move(report_);
    }

private:
    void say(const std::string& doing) {
        if (request_.on_progress) request_.on_progress(doing);
    }

    bool is_sample() const { return request_.sample > 1; }

    std::vector<Grain> grains() const {
        if (is_sample()) return {Grain::Hour, Grain::Day};
        return {Grain::Hour, Grain::Day, Grain::Week, Grain::Month};
    }

    // In one moment of the store.
    Result<void> read_stored() {
        ASSIGN_OR_RETURN(const auto snapshot, store_.snapshot());
        ASSIGN_OR_RETURN(ledgers_, snapshot->ledgers());
        if (const auto sql = insert_cuts(ledgers_)) RETURN_IF_ERROR(engine_.run(*sql));
        ASSIGN_OR_RETURN(const auto views, snapshot->views());
        RETURN_IF_ERROR(choose(views));
        for (const Project& project : projects_) {
            for (const fold::View& view : project.views) {
                say(fmt::format("reading {} {}", project.id, view.definition.rollup.name));
                RETURN_IF_ERROR(read_view_of(*snapshot, project, view));
            }
        }
        return {};
    }

    Result<void> choose(const std::vector<fold::View>& views) {
        std::map<std::string, std::vector<fold::View>> chosen;
        for (const fold::View& view : views) {
            if (view.state != fold::ViewState::Current) continue;
            if (!request_.project.empty() && view.definition.project != request_.project) continue;
            if (!request_.rollup.empty() && view.definition.rollup.name != request_.rollup)
                continue;
            chosen[view.definition.project].push_back(view);
        }
        if (chosen.empty()) {
            return fail(ErrorCode::InvalidInput, "there is nothing to verify",
                        request_.project + " " + request_.rollup,
                        "no project has such a rollup: 'clickmill rollup list'");
        }
        for (auto& [id, of_project] : chosen) {
            const fold::ViewDefinition& definition = of_project.front().definition;
            ASSIGN_OR_RETURN(auto calendar,
                             calendar::Calendar::make(definition.zone, definition.week_start));
            Project project{id, std::move(calendar), std::move(of_project)};
            ASSIGN_OR_RETURN(const bool has_clicks, find_range(project));
            if (has_clicks) projects_.push_back(std::move(project));
        }
        return {};
    }

    // False: there are no events to compare with.
    Result<bool> find_range(Project& project) {
        const calendar::Calendar& calendar = project.calendar;
        RETURN_IF_ERROR(engine_.ask(days_with_events(project.id, calendar.zone()),
                                    [&](const Engine::Cells& cells) -> Result<void> {
                                        project.days.push_back(number_of(cells[0]));
                                        return {};
                                    }));
        if (project.days.empty()) return false;
        // Whole weeks and months around all clicks.
        project.from = project.days.front();
        project.to = project.days.back();
        for (const Grain grain : {Grain::Week, Grain::Month}) {
            project.from =
                std::min(project.from, calendar.bucket_of_day(grain, project.days.front()));
            const BucketKey last = calendar.bucket_of_day(grain, project.days.back());
            project.to = std::max(project.to, calendar.next(grain, last));
        }
        for (const auto& [text, day] :
             {std::pair(&request_.from, &project.from), std::pair(&request_.to, &project.to)}) {
            if (text->empty()) continue;
            ASSIGN_OR_RETURN(const Moment moment, calendar.parse(*text));
            *day = calendar.bucket_at(Grain::Day, moment);
        }
        if (project.from < project.to) return true;
        return fail(ErrorCode::InvalidInput, "there is nothing to verify",
                    request_.from + " to " + request_.to, "--to has to be behind --from");
    }

    // The days that are looked at, as ranges.
    std::vector<std::pair<BucketKey, BucketKey>> ranges_of(const Project& project) const {
        if (!is_sample()) return {{project.from, project.to}};
        std::vector<std::pair<BucketKey, BucketKey>> ranges;
        for (size_t i = 0; i < project.days.size(); i += static_cast<size_t>(request_.sample)) {
            const BucketKey day = project.days[i];
            if (day >= project.from && day < project.to) ranges.emplace_back(day, day + kDay);
        }
        return ranges;
    }

    Result<void> read_view_of(metrics_store::Snapshot& snapshot, const Project& project,
                              const fold::View& view) {
        bool has_positions = false;
        for (const auto& [from, to] : ranges_of(project)) {
            ASSIGN_OR_RETURN(const StoredView read,
                             read_view(snapshot, view, project.calendar, grains(), from, to));
            if (!has_positions && !read.positions.empty())
                RETURN_IF_ERROR(engine_.run(insert_positions(view.id, read.positions)));
            has_positions = true;
            report_.not_checked.insert(report_.not_checked.end(), read.not_checked.begin(),
                                       read.not_checked.end());
            RETURN_IF_ERROR(store_rows(view, read));
        }
        return {};
    }

    Result<void> store_rows(const fold::View& view, const StoredView& read) {
        std::string buckets;
        for (const CheckedBucket& bucket : read.buckets) {
            buckets += fmt::format("{}({}, {}, {})", buckets.empty() ? "" : ", ", view.id.value,
                                   static_cast<int>(bucket.grain), bucket.bucket);
        }
        if (buckets.empty()) return {};
        report_.buckets += static_cast<int64_t>(read.buckets.size());
        RETURN_IF_ERROR(engine_.run("INSERT INTO checked VALUES " + buckets));
        const std::string table = fmt::format("stored_rows_{}", tables_++);
        const auto& dimensions = view.definition.rollup.dimensions;
        RETURN_IF_ERROR(engine_.add_table(table, stored_columns(),
                                          [&]() -> Result<std::unique_ptr<archive::RowSource>> {
                                              return source_of(read.rows, dimensions);
                                          }));
        return engine_.run(
            fmt::format("INSERT INTO stored SELECT {}, * FROM {}()", view.id.value, table));
    }

    Result<void> recount(const Project& project) {
        int64_t late_seconds = 0;
        for (const fold::View& view : project.views)
            late_seconds = std::max(late_seconds, view.definition.limits.late_seconds);
        for (const auto& [from, to] : ranges_of(project)) {
            for (const BucketKey day : project.days) {
                if (day < from || day >= to) continue;
                say(fmt::format("recounting {} {}", project.id,
                                project.calendar.label(Grain::Day, day)));
                const Moment begins = project.calendar.start_of(Grain::Day, day);
                const Moment ends = project.calendar.end_of(Grain::Day, day);
                RETURN_IF_ERROR(engine_.run(judge_day({
                    .project = project.id,
                    .zone = project.calendar.zone(),
                    .day = day,
                    .read_from = window_start(ledgers_, begins),
                    .read_to = ends + std::chrono::seconds(late_seconds),
                })));
                for (const fold::View& view : project.views)
                    RETURN_IF_ERROR(engine_.run(recount_day(view)));
                ASSIGN_OR_RETURN(const int64_t clicks,
                                 ask_number(engine_, "SELECT count(*) FROM judged"));
                report_.events += clicks;
            }
        }
        return {};
    }

    Result<void> compare_view(const Project& project, const fold::View& view) {
        for (const Grain grain : grains()) {
            say(fmt::format("comparing {} {} by {}", project.id, view.definition.rollup.name,
                            calendar::name_of(grain)));
            RETURN_IF_ERROR(engine_.run(compare(view, grain)));
            ASSIGN_OR_RETURN(const int64_t rows,
                             ask_number(engine_, "SELECT count(*) FROM compared"));
            ASSIGN_OR_RETURN(const int64_t unknown,
                             ask_number(engine_, "SELECT count(*) FROM compared WHERE is_unknown"));
            report_.rows += rows - unknown;
            if (unknown > 0) {
                report_.not_checked.push_back(fmt::format(
                    "{} {} by {}: {} rows of features whose clicks were erased, with the "
                    "properties that they stand on",
                    project.id, view.definition.rollup.name, calendar::name_of(grain), unknown));
            }
            RETURN_IF_ERROR(take_differences(project, view, grain, "clicks", kClicksDiffer));
            RETURN_IF_ERROR(take_differences(project, view, grain, "users", kUsersDiffer));
        }
        return {};
    }

    Result<void> take_differences(const Project& project, const fold::View& view, Grain grain,
                                  const std::string& what, const char* differ) {
        ASSIGN_OR_RETURN(
            const int64_t count,
            ask_number(engine_, fmt::format("SELECT count(*) FROM compared WHERE {}", differ)));
        report_.difference_count += count;
        const int64_t room = kShown - static_cast<int64_t>(report_.differences.size());
        if (count == 0 || room <= 0) return {};
        return engine_.ask(
            fmt::format("SELECT bucket, labels, stored_{0}, {0}, place FROM compared WHERE {1} "
                        "ORDER BY bucket, labels LIMIT {2}",
                        what, differ, room),
            [&](const Engine::Cells& cells) -> Result<void> {
                report_.differences.push_back(
                    {.project = project.id,
                     .rollup = view.definition.rollup.name,
                     .grain = std::string(calendar::name_of(grain)),
                     .bucket = project.calendar.label(grain, number_of(cells[0])),
                     .labels = std::string(cells[1].value_or("")),
                     .what = what,
                     .stored = std::string(cells[2].value_or("none")),
                     .recounted = std::string(cells[3].value_or("none")),
                     .where = std::string(cells[4].value_or(""))});
                return {};
            });
    }

    Engine& engine_;
    metrics_store::MetricsStore& store_;
    const Request& request_;
    std::vector<fold::Ledger> ledgers_;
    std::vector<Project> projects_;
    int tables_ = 0;  // each view's rows come through a table of their own
    Report report_;
};

}  // namespace

Result<Report> verify(archive::RawEvents& events, metrics_store::MetricsStore& store,
                      const Request& request) {
    return Verification(events, store, request).run();
}

}  // namespace clickmill::verify
