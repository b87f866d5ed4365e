// The SQL with which DuckDB recounts. Only text is made here; verify.cc says in which order it
// runs.
#pragma once

#include "base/types.h"
#include "calendar/calendar.h"
#include "fold/ledger.h"
#include "fold/view.h"
#include "metrics_store/snapshot.h"

#include <optional>
#include <span>
#include <string>
#include <vector>

namespace clickmill::verify {

// The tables that the statements below stand on, empty.
std::vector<std::string> create_tables();

// Where slices of the repeat tables begin, numbered in each partition.
std::optional<std::string> insert_cuts(std::span<const fold::Ledger> ledgers);
std::string insert_positions(fold::ViewId view,
                             std::span<const metrics_store::PartitionPosition> positions);

// The append time from which on events may decide which clicks of a day are repeats: three slices
// before the one in which the day may begin. nullopt: from the log's beginning.
std::optional<Moment> window_start(std::span<const fold::Ledger> ledgers, Moment day_begin);

// The local days on which a project has events, as the store names days.
std::string days_with_events(const std::string& project, const std::string& zone);

// `judged`: the clicks of one local day of a project, less repeats and crawlers.
struct Day {
    std::string project;
    std::string zone;
    calendar::BucketKey day = 0;
    std::optional<Moment> read_from;  // append times; see window_start()
    Moment read_to{};
};
std::string judge_day(const Day& day);

// Adds the rows that a view has of the day in `judged` to `recount`.
std::string recount_day(const fold::View& view);

// `compared`: what is stored and what was recounted, row by row, for one grain of a view.
std::string compare(const fold::View& view, calendar::Grain grain);

}  // namespace clickmill::verify
