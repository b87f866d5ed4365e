#include "event_log/embedded/salvage_plan.h"

#include "event_log/event_log.h"

#include <algorithm>
#include <limits>

namespace clickmill::event_log {
namespace {

// Rows whose numbers are damaged while their payload is whole are tried against so many gaps.
constexpr int64_t kMostGapOffsets = 100'000;

std::optional<int64_t> integer(const Cell& cell, size_t column) {
    if (column >= cell.columns.size()) return {};
    const auto* value = std::get_if<int64_t>(&cell.columns[column]);
    return value ? std::optional(*value) : std::nullopt;
}

struct Found {
    SalvagedRow row;
    bool has_numbers = false;  // they fit their checksum
};

std::optional<Found> record_of(const Cell& cell, const CellPlace& place) {
    const auto time = integer(cell, 1);
    const auto events = integer(cell, 2);
    const auto total = integer(cell, 3);
    const auto checksum = integer(cell, 4);
    if (!time || !events || !total || !checksum) return {};
    Found found{.row = {.numbers = {Offset{cell.key}, moment_of(*time),
                                    static_cast<int32_t>(*events), *total},
                        .place = place,
                        .checksum = checksum}};
    const bool is_small = *events >= 1 && *events <= std::numeric_limits<int32_t>::max();
    found.has_numbers = is_small && are_numbers_intact(found.row.numbers, *checksum);
    return found;
}

std::optional<LogSummary> summary_of(const Cell& cell) {
    if (cell.columns.size() != 8 || cell.key != 1) return {};
    const auto* id = std::get_if<std::string>(&cell.columns[1]);
    const auto first = integer(cell, 2);
    const auto end = integer(cell, 3);
    const auto before = integer(cell, 4);
    const auto total = integer(cell, 5);
    const auto newest = integer(cell, 6);
    if (!id || !first || !end || !before || !total || !newest) return {};
    LogSummary summary{*id, Offset{*first}, Offset{*end}, *before, *total, moment_of(*newest)};
    if (checksum_of_text(text_of(summary)) != integer(cell, 7)) return {};
    return summary;
}

// The lines of a whole payload; 0 when it is not whole.
int32_t lines_of(DamagedFile& file, const SalvagedRow& row, Decompressor& decompressor) {
    const std::optional<Cell> cell = read_cell(file, row.place);
    if (!cell || !cell->is_whole || cell->columns.size() != 6) return 0;
    const auto* stored = std::get_if<std::string>(&cell->columns[5]);
    if (!stored) return 0;
    const std::optional<std::string> payload = decompressor.decompress(*stored);
    if (!payload) return 0;
    return static_cast<int32_t>(std::count(payload->begin(), payload->end(), '\n'));
}

class Planner {
public:
    Planner(DamagedFile& file, const KnownPosition& known) : file_(file), known_(known) {}

    SalvagePlan plan() {
        scan();
        keep_intact_rows();
        find_ends();
        find_gaps();
        if (!suspects_.empty() && !plan_.gaps.empty()) {
            put_suspects_right();
            find_gaps();
        }
        split_gaps_at_known_position();
        return std::move(plan_);
    }

private:
    void scan() {
        Page page{};
        for (int64_t number = 1; number <= file_.page_count(); ++number) {
            if (!file_.read(number, page)) continue;
            scan_page(page, [&](int32_t start, const Cell& cell) {
                if (const auto summary = summary_of(cell)) keep(*summary);
                if (cell.columns.size() == 8) return;
                const auto found = record_of(cell, {number, start});
                if (!found) return;
                if (found->has_numbers) plan_.rows.push_back(found->row);
                if (!found->has_numbers) suspects_.push_back(found->row);
            });
        }
    }

    void keep(const LogSummary& summary) {
        // Older versions may lie on pages that were freed.
        if (plan_.has_summary && summary.end <= plan_.summary.end) return;
        plan_.summary = summary;
        plan_.has_summary = true;
    }

    void keep_intact_rows() {
        std::vector<SalvagedRow>& rows = plan_.rows;
        const auto offset = [](const SalvagedRow& row) { return row.numbers.offset; };
        std::stable_sort(rows.begin(), rows.end(), [&](const auto& left, const auto& right) {
            return offset(left) < offset(right);
        });
        rows.erase(std::unique(rows.begin(), rows.end(),
                               [&](const auto& left, const auto& right) {
                                   return offset(left) == offset(right);
                               }),
                   rows.end());
        if (plan_.has_summary)
            std::erase_if(rows, [&](const auto& row) { return offset(row) < plan_.summary.first; });
    }

    void find_ends() {
        LogSummary& summary = plan_.summary;
        if (summary.log_id.empty()) summary.log_id = known_.log_id;
        if (!plan_.has_summary && !plan_.rows.empty()) {
            const RecordNumbers& oldest = plan_.rows.front().numbers;
            summary.first = oldest.offset;
            summary.total_before_first = oldest.total_events - oldest.events;
        }
        summary.end = std::max(summary.end, summary.first);
        if (!plan_.rows.empty()) {
            const RecordNumbers& newest = plan_.rows.back().numbers;
            summary.end = std::max(summary.end, newest.offset.next());
            summary.total_events = std::max(summary.total_events, newest.total_events);
            summary.newest = std::max(summary.newest, newest.append_time);
        }
        if (summary.log_id != known_.log_id) return;
        if (known_.next >= summary.end)
            summary.total_events = std::max(summary.total_events, known_.total_events);
        summary.end = std::max(summary.end, known_.next);
    }

    void find_gaps() {
        plan_.gaps.clear();
        Offset next = plan_.summary.first;
        for (const SalvagedRow& row : plan_.rows) {
            if (row.numbers.offset > next) plan_.gaps.push_back({next, row.numbers.offset});
            next = row.numbers.offset.next();
        }
        if (plan_.summary.end > next) plan_.gaps.push_back({next, plan_.summary.end});
    }

    void put_suspects_right() {
        Decompressor decompressor;
        for (SalvagedRow& suspect : suspects_) {
            const bool is_right = correct_offset(suspect) || correct_numbers(suspect, decompressor);
            if (!is_right) continue;
            const auto place =
                std::lower_bound(plan_.rows.begin(), plan_.rows.end(), suspect,
                                 [](const auto& left, const auto& right) {
                                     return left.numbers.offset < right.numbers.offset;
                                 });
            if (place != plan_.rows.end() && place->numbers.offset == suspect.numbers.offset)
                continue;
            plan_.rows.insert(place, suspect);
        }
    }

    // The key alone was damaged: one of the missing offsets makes the checksum right.
    bool correct_offset(SalvagedRow& suspect) const {
        int64_t tried = 0;
        for (const Gap& gap : plan_.gaps) {
            for (Offset offset = gap.first; offset < gap.next; offset = offset.next()) {
                if (++tried > kMostGapOffsets) return false;
                RecordNumbers numbers = suspect.numbers;
                numbers.offset = offset;
                if (!are_numbers_intact(numbers, *suspect.checksum)) continue;
                suspect.numbers = numbers;
                return true;
            }
        }
        return false;
    }

    // Its numbers are damaged, its payload is whole, and it is just what is missing at its place.
    bool correct_numbers(SalvagedRow& suspect, Decompressor& decompressor) const {
        const Offset offset = suspect.numbers.offset;
        const auto gap =
            std::find_if(plan_.gaps.begin(), plan_.gaps.end(), [&](const Gap& candidate) {
                return candidate.first == offset && candidate.next == offset.next();
            });
        if (gap == plan_.gaps.end()) return false;
        RecordNumbers before{.append_time = {}, .total_events = plan_.summary.total_before_first};
        int64_t total_after = plan_.summary.total_events;
        for (const SalvagedRow& row : plan_.rows) {
            if (row.numbers.offset < offset) before = row.numbers;
            if (row.numbers.offset <= offset) continue;
            total_after = row.numbers.total_events - row.numbers.events;
            if (before.append_time == Moment{}) before.append_time = row.numbers.append_time;
            break;
        }
        if (before.append_time == Moment{}) before.append_time = plan_.summary.newest;
        const int32_t lines = lines_of(file_, suspect, decompressor);
        if (lines == 0 || before.total_events + lines != total_after) return false;
        suspect.numbers = {offset, before.append_time, lines, total_after};
        suspect.checksum.reset();
        return true;
    }

    // A position inside a gap: its reader has already accounted for what lies below it.
    void split_gaps_at_known_position() {
        if (plan_.summary.log_id != known_.log_id || known_.log_id.empty()) return;
        std::vector<Gap> gaps;
        for (const Gap& gap : plan_.gaps) {
            if (gap.first >= known_.next || gap.next < known_.next) {
                gaps.push_back(gap);
                continue;
            }
            gaps.push_back({gap.first, known_.next, known_.total_events});
            if (known_.next < gap.next) gaps.push_back({known_.next, gap.next});
        }
        plan_.gaps = std::move(gaps);
    }

    DamagedFile& file_;
    const KnownPosition& known_;
    SalvagePlan plan_;
    std::vector<SalvagedRow> suspects_;
};

}  // namespace

SalvagePlan plan_salvage(DamagedFile& file, const KnownPosition& known) {
    return Planner(file, known).plan();
}

}  // namespace clickmill::event_log
