#include "metrics_store/clickhouse/reads.h"

#include "metrics_store/clickhouse/row_binary.h"
#include "metrics_store/clickhouse/tables.h"

#include <fmt/core.h>

#include <algorithm>
#include <bit>
#include <map>

namespace clickmill::metrics_store {
namespace {

// Keys travel in the address of a request, which servers allow 1 MiB.
constexpr size_t kKeyBytes = 100'000;

fold::Ledger read_ledger(RowBinaryReader& row) {
    fold::Ledger ledger;
    ledger.partition.value = static_cast<int32_t>(row.integer());
    ledger.log_id = row.text();
    ledger.partition_count = static_cast<int32_t>(row.integer());
    ledger.through.value = row.integer();
    ledger.folded_to = moment_of(row.integer());
    ledger.complete_through = moment_of(row.integer());
    ledger.repeat_key = std::bit_cast<uint64_t>(row.integer());
    ledger.repeat_window_seconds = row.integer();
    const std::vector<int64_t> cuts = row.integers();
    for (size_t i = 0; i + 3 < cuts.size(); i += 4) {
        ledger.cuts.push_back({.offset = {cuts[i]},
                               .append_time = moment_of(cuts[i + 1]),
                               .slice_seconds = cuts[i + 2],
                               .max_entries = cuts[i + 3]});
    }
    const std::vector<std::string_view> projects = row.texts();
    for (const std::string_view project : projects) ledger.projects[std::string(project)] = {};
    for (const auto klass : kLedgerClasses) {
        const std::vector<int64_t> numbers = row.integers();
        for (size_t i = 0; i < std::min(projects.size(), numbers.size()); ++i)
            ledger.projects[std::string(projects[i])].*klass = numbers[i];
    }
    return ledger;
}

using CellPlaces = std::map<fold::CellKey, size_t>;

// Reads clicks or sketches of some keys: `found` is told of each row.
class CellQuery {
public:
    CellQuery(ChClient& client, const StoredView& stored, PartitionId partition)
        : client_(client), stored_(stored), partition_(partition) {}

    template <typename Found>
    Result<void> ask(const std::string& table, const std::string& value,
                     std::span<const fold::CellKey> keys, Found found) {
        const auto [first, last] = std::ranges::minmax(keys, {}, &fold::CellKey::hour);
        const std::string labels = sql::comma({"hour, feature_id", sql::comma(columns())});
        const ChParameter parameter{"keys", list_of(keys)};
        ASSIGN_OR_RETURN(
            const std::string answer,
            client_.query(
                fmt::format("SELECT {0}, through, {1} FROM {2} WHERE view_id = {3} AND partition "
                            "= {4} AND hour BETWEEN {5} AND {6} AND ({0}) IN {{keys:{7}}} AND hour "
                            "NOT IN (SELECT bucket FROM headers WHERE view_id = {3} AND grain = 0 "
                            "AND is_live_gone <> 0 AND bucket BETWEEN {5} AND {6})",
                            labels, value, table, stored_.view.id.value, partition_.value,
                            first.hour, last.hour, type()),
                "RowBinary", {&parameter, 1}));
        RowBinaryReader rows(answer);
        while (!rows.is_at_end()) {
            fold::CellKey key{.hour = rows.integer(), .labels = {}};
            for (size_t i = 0; i <= columns().size(); ++i) key.labels.append(rows.text());
            const Offset through{rows.integer()};
            found(key, through, rows);
        }
        return rows.check_whole();
    }

private:
    const std::vector<std::string>& columns() const { return stored_.tables->columns; }

    std::string type() const {
        std::string type = "Array(Tuple(Int64, String";
        for (size_t i = 0; i < columns().size(); ++i) type += ", String";
        return type + "))";
    }

    std::string list_of(std::span<const fold::CellKey> keys) const {
        std::string list = "[";
        for (const fold::CellKey& key : keys) {
            list += fmt::format("{}({},{}", list.size() > 1 ? "," : "", key.hour,
                                quoted_text(key.labels.feature()));
            for (size_t i = 0; i < columns().size(); ++i)
                list += "," + quoted_text(key.labels.dimension(i));
            list += ')';
        }
        return list + ']';
    }

    ChClient& client_;
    const StoredView& stored_;
    const PartitionId partition_;
};

// How many of the keys fit into one question.
size_t fitting(std::span<const fold::CellKey> keys) {
    size_t count = 0;
    for (size_t bytes = 0; count < keys.size() && (count == 0 || bytes < kKeyBytes); ++count)
        bytes += 24 + keys[count].labels.text().size();
    return count;
}

}  // namespace

Result<std::vector<fold::Ledger>> read_ch_ledgers(ChClient& client,
                                                  std::optional<PartitionId> only) {
    const std::string where = only ? fmt::format(" WHERE partition = {}", only->value) : "";
    ASSIGN_OR_RETURN(const std::string answer,
                     client.query(fmt::format("SELECT {} FROM ledgers{} ORDER BY partition",
                                              kLedgerColumns, where)));
    RowBinaryReader rows(answer);
    std::vector<fold::Ledger> ledgers;
    while (!rows.is_at_end()) ledgers.push_back(read_ledger(rows));
    RETURN_IF_ERROR(rows.check_whole());
    return ledgers;
}

// Positions first: a ledger that another writes meanwhile is ahead of them, as after a crash.
Result<Progress> read_ch_progress(ChClient& client, PartitionId partition) {
    Progress progress;
    ASSIGN_OR_RETURN(const std::string answer,
                     client.query(fmt::format("SELECT view_id, through, newest_hour, "
                                              "complete_through_us FROM positions WHERE partition "
                                              "= {} ORDER BY view_id",
                                              partition.value)));
    RowBinaryReader rows(answer);
    while (!rows.is_at_end()) {
        const fold::ViewId view{static_cast<int32_t>(rows.integer())};
        fold::Position position;
        position.through = {rows.integer()};
        position.newest_hour = rows.integer();
        position.complete_through = moment_of(rows.integer());
        progress.views.emplace_back(view, position);
    }
    RETURN_IF_ERROR(rows.check_whole());
    ASSIGN_OR_RETURN(auto ledgers, read_ch_ledgers(client, partition));
    progress.has_ledger = !ledgers.empty();
    if (progress.has_ledger) progress.ledger = std::move(ledgers.front());
    return progress;
}

Result<std::vector<fold::StoredCell>> read_ch_cells(ChClient& client, const StoredView& stored,
                                                    PartitionId partition,
                                                    std::span<const fold::CellKey> keys) {
    std::vector<fold::StoredCell> cells(keys.size());
    CellPlaces places;
    for (size_t i = 0; i < keys.size(); ++i) places[keys[i]] = i;
    CellQuery query(client, stored, partition);
    for (std::span<const fold::CellKey> rest = keys; !rest.empty();) {
        const std::span<const fold::CellKey> some = rest.first(fitting(rest));
        rest = rest.subspan(some.size());
        const auto cell_of = [&](const fold::CellKey& key) -> fold::StoredCell* {
            const auto place = places.find(key);
            return place == places.end() ? nullptr : &cells[place->second];
        };
        RETURN_IF_ERROR(query.ask(stored.tables->live, "clicks", some,
                                  [&](const auto& key, Offset through, RowBinaryReader& row) {
                                      const int64_t clicks = row.integer();
                                      if (fold::StoredCell* cell = cell_of(key)) {
                                          cell->clicks = clicks;
                                          cell->clicks_through = through;
                                      }
                                  }));
        RETURN_IF_ERROR(query.ask(stored.tables->live_users, "sketch", some,
                                  [&](const auto& key, Offset through, RowBinaryReader& row) {
                                      const std::string_view sketch = row.text();
                                      if (fold::StoredCell* cell = cell_of(key)) {
                                          cell->sketch = sketch;
                                          cell->sketch_through = through;
                                      }
                                  }));
    }
    return cells;
}

}  // namespace clickmill::metrics_store
