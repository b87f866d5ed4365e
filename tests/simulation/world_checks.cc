// What must hold whatever happened: each live row, each bucket that counts, each answer.
#include "base/check.h"
#include "base/planted.h"
#include "event/event.h"
#include "tests/simulation/world.h"

#include <fmt/core.h>

#include <algorithm>

namespace clickmill::simulation {
namespace {

using calendar::BucketKey;
using calendar::Grain;
using metrics_store::Header;

constexpr metrics_store::BucketRange kEverything{INT64_MIN, INT64_MAX};

std::string describe(const fold::View& view, BucketKey bucket, const fold::Labels& labels) {
    std::string text =
        view.definition.project + "/" + view.definition.rollup.name + " " + std::to_string(bucket);
    for (const char c : " " + labels.text()) text += c == '\0' ? '|' : c;
    return text;
}

// The first difference between what is there and what should be.
std::optional<std::string> difference(const fold::View& view, BucketKey bucket,
                                      const std::vector<metrics_store::SettledRow>& got,
                                      const std::map<fold::Labels, TrueRow>& want) {
    std::map<fold::Labels, std::pair<int64_t, int64_t>> rows;
    for (const metrics_store::SettledRow& row : got) {
        if (row.clicks == 0 && row.sketch.empty()) continue;
        rows[row.labels] = {row.clicks,
                            row.sketch.empty() ? 0 : fold::Hll::parse(row.sketch)->count()};
    }
    for (const auto& [labels, row] : want) {
        const auto found = rows.find(labels);
        const auto is = found == rows.end() ? std::pair<int64_t, int64_t>{} : found->second;
        const auto users = static_cast<int64_t>(row.users.size());
        if (is != std::pair(row.clicks, users)) {
            return fmt::format("{}: {} clicks of {} users, not {} of {}",
                               describe(view, bucket, labels), is.first, is.second, row.clicks,
                               users);
        }
        rows.erase(labels);
    }
    if (!rows.empty())
        return fmt::format("{}: a row that should not be",
                           describe(view, bucket, rows.begin()->first));
    return std::nullopt;
}

bool holds(const Header& header, BucketKey hour) {
    return std::any_of(header.held.begin(), header.held.end(),
                       [&](const metrics_store::HourRange& range) {
                           return range.first <= hour && hour <= range.last;
                       });
}

}  // namespace

std::optional<std::string> World::check() {
    if (auto wrong = check_live_rows()) return wrong;
    for (const fold::View& view : views_) {
        for (const Grain grain : {Grain::Hour, Grain::Day, Grain::Week, Grain::Month}) {
            if (auto wrong = check_settled(view, grain)) return wrong;
        }
    }
    return std::nullopt;
}

// In a retired hour, whose live rows nobody reads, a zombie that loads a cell finds nothing and
// counts on from there: such a row may hold too little, and never too much. Only where a rule is
// left out on purpose, those are looked at as all others: one rule shows nowhere else.
std::optional<std::string> World::check_live_rows() {
    for (const fold::View& view : views_) {
        const std::set<BucketKey> retired = retired_hours(view);
        for (const PartitionId partition : partitions_) {
            const Truth& truth = truths_.at(partition);
            std::vector<fold::CellKey> keys;
            for (const auto& [key, row] : truth.rows(view.id, truth.records()))
                keys.push_back({key.first, key.second});
            const std::vector<fold::StoredCell> cells = *store_.load(view.id, partition, keys);
            for (size_t i = 0; i < keys.size(); ++i) {
                const auto at = [&](Offset through) {
                    const TrueRows& rows = truth.rows(view.id, through.value);
                    const auto row = rows.find({keys[i].hour, keys[i].labels});
                    return row == rows.end() ? TrueRow{} : row->second;
                };
                const auto where = [&] { return describe(view, keys[i].hour, keys[i].labels); };
                const bool may_hold_less = planted_fault.empty() && retired.contains(keys[i].hour);
                const auto is_wrong = [&](int64_t stored, int64_t wanted) {
                    return may_hold_less ? stored > wanted : stored != wanted;
                };
                if (is_wrong(cells[i].clicks, at(cells[i].clicks_through).clicks)) {
                    return fmt::format("live row {} of partition {} through {}: {} clicks, not {}",
                                       where(), partition.value, cells[i].clicks_through.value,
                                       cells[i].clicks, at(cells[i].clicks_through).clicks);
                }
                const auto users = static_cast<int64_t>(at(cells[i].sketch_through).users.size());
                const int64_t is =
                    cells[i].sketch.empty() ? 0 : fold::Hll::parse(cells[i].sketch)->count();
                if (is_wrong(is, users)) {
                    return fmt::format(
                        "live sketch {} of partition {} through {}: {} users, not {}", where(),
                        partition.value, cells[i].sketch_through.value, is, users);
                }
            }
        }
    }
    return std::nullopt;
}

std::set<BucketKey> World::retired_hours(const fold::View& view) {
    std::set<BucketKey> retired;
    const std::vector<Header> headers =
        *(*store_.snapshot())->headers(view.id, Grain::Hour, kEverything);
    for (const Header& header : headers) {
        if (header.is_live_gone) retired.insert(header.bucket);
    }
    return retired;
}

std::vector<metrics_store::PartitionMark> World::all_marks(const fold::View& view) {
    return *(*store_.snapshot())->marks(view.id, kEverything);
}

TrueRows World::true_sum(const fold::View& view, const std::vector<int64_t>& through,
                         const std::function<bool(BucketKey)>& wants_hour) const {
    TrueRows sum;
    for (const PartitionId partition : partitions_) {
        for (const auto& [key, row] :
             truths_.at(partition).rows(view.id, through[static_cast<size_t>(partition.value)])) {
            if (!wants_hour(key.first)) continue;
            TrueRow& total = sum[{0, key.second}];
            total.clicks += row.clicks;
            total.users.insert(row.users.begin(), row.users.end());
        }
    }
    return sum;
}

std::optional<std::string> World::check_settled(const fold::View& view, Grain grain) {
    const auto snapshot = *store_.snapshot();
    const auto marks = all_marks(view);
    const std::vector<Header> headers = *snapshot->headers(view.id, grain, kEverything);
    for (const Header& header : headers) {
        if (!aggregator::counts(header, marks)) {
            if (!header.is_live_gone) continue;
            return fmt::format("{} counts no more, and its live rows are gone",
                               describe(view, header.bucket, {}));
        }
        // A build never changes, nor does what it should hold.
        if (checked_builds_.contains(header.build)) continue;
        std::vector<int64_t> through;
        for (const Offset position : header.positions) through.push_back(position.value);
        std::map<fold::Labels, TrueRow> want;
        for (auto& [key, row] :
             true_sum(view, through, [&](BucketKey hour) { return holds(header, hour); }))
            want[key.second] = row;
        const auto rows = *snapshot->bucket_rows(view.id, false, grain, header.bucket);
        if (auto wrong = difference(view, header.bucket, rows, want)) {
            return fmt::format("settled {} {}", calendar::name_of(grain), *wrong);
        }
        checked_builds_.insert(header.build);
    }
    return std::nullopt;
}

std::optional<std::string> World::check_answers() {
    for (const fold::View& view : views_) {
        if (auto wrong = check_answer(view)) return wrong;
    }
    return std::nullopt;
}

// Each day as a question would read it: the day's build for what it holds, settled hours for the
// rest, live where open.
std::optional<std::string> World::check_answer(const fold::View& view) {
    const calendar::Calendar& calendar = calendars_.at(view.id);
    const auto snapshot = *store_.snapshot();
    const auto marks = all_marks(view);
    std::set<BucketKey> days;
    for (const auto& [id, hour] : hours_seen_) {
        if (id == view.id) days.insert(calendar.hour_of(hour).day);
    }
    std::vector<int64_t> everything;
    for (const PartitionId partition : partitions_)
        everything.push_back(truths_.at(partition).records());
    for (const BucketKey day : days) {
        std::map<fold::Labels, std::pair<int64_t, fold::Hll>> sum;
        const auto add = [&](bool is_live, Grain grain, BucketKey bucket) {
            const std::vector<metrics_store::SettledRow> rows =
                *snapshot->bucket_rows(view.id, is_live, grain, bucket);
            for (const metrics_store::SettledRow& row : rows) {
                sum[row.labels].first += row.clicks;
                if (!row.sketch.empty())
                    CHECK(sum[row.labels].second.unite_bytes(row.sketch).has_value());
            }
        };
        std::optional<Header> of_day;
        const std::vector<Header> day_headers = *snapshot->headers(view.id, Grain::Day, {day, day});
        for (const Header& header : day_headers) {
            if (aggregator::counts(header, marks)) of_day = header;
        }
        if (of_day) add(false, Grain::Day, day);
        for (const calendar::Hour& hour : calendar.hours_in(Grain::Day, day)) {
            if (of_day && holds(*of_day, hour.key)) continue;
            const auto headers = *snapshot->headers(view.id, Grain::Hour, {hour.key, hour.key});
            const bool is_settled = !headers.empty() && aggregator::counts(headers.front(), marks);
            add(!is_settled, Grain::Hour, hour.key);
        }
        std::vector<metrics_store::SettledRow> rows;
        for (const auto& [labels, row] : sum)
            rows.push_back({labels, row.first, row.second.bytes()});
        std::map<fold::Labels, TrueRow> want;
        for (auto& [key, row] : true_sum(view, everything, [&](BucketKey hour) {
                 return calendar.hour_of(hour).day == day;
             }))
            want[key.second] = row;
        if (auto wrong = difference(view, day, rows, want)) return "answer " + *wrong;
    }
    return std::nullopt;
}

std::optional<std::string> World::check_accounting() {
    std::set<std::string> ids;
    for (const PartitionId partition : partitions_) {
        const metrics_store::Progress progress = *store_.progress(partition);
        for (const auto& [project, want] : truths_.at(partition).accounting()) {
            const auto is = progress.ledger.projects.find(project);
            if (is == progress.ledger.projects.end() || is->second != want) {
                return fmt::format("accounting of {} in partition {} differs", project,
                                   partition.value);
            }
        }
        event::LineReader lines;
        for (const event_log::StoredRecord& record : log_.durable(partition)) {
            for (const event::Line& line : lines.read(record.payload, {})) {
                ids.insert(std::string(line.event.project) + "/" +
                           std::string(line.event.event_id));
            }
        }
    }
    for (const std::string& id : acknowledged_) {
        if (!ids.contains(id)) return fmt::format("acknowledged and lost: {}", id);
    }
    return std::nullopt;
}

}  // namespace clickmill::simulation
