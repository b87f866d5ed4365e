// A small world for tests: a log and a store in memory, and the store's counts as text.
#pragma once

#include "aggregator/partition_folder.h"
#include "event/test_click.h"
#include "event_log/memory/memory_event_log.h"
#include "metrics_store/memory/memory_metrics_store.h"

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

namespace clickmill::aggregator {

using event::kHour;
using event::kNine;
using event::line_of;
using event::TestClick;

inline Moment at_second(int64_t second) {
    return moment_of(second * 1'000'000);
}

inline fold::ViewDefinition definition_of(std::string rollup, std::vector<std::string> dimensions,
                                          std::string project = "shop") {
    return {.project = std::move(project),
            .rollup = {std::move(rollup), std::move(dimensions), true},
            .zone = "UTC",
            .limits = {}};
}

// One thread, with a clock that stands.
class World {
public:
    explicit World(int32_t partitions = 1)
        : log({.partition_count = partitions, .answers_from_thread = false}, clock) {}

    void click(const TestClick& click, int32_t partition = 0) { clicks({click}, partition); }
    void clicks(const std::vector<TestClick>& clicks, int32_t partition = 0) {
        std::string payload;
        for (const TestClick& click : clicks) payload += line_of(click);
        append(payload, static_cast<int32_t>(clicks.size()), partition);
    }
    void append(std::string payload, int32_t events, int32_t partition = 0) {
        log.append(PartitionId{partition}, {.payload = std::move(payload), .event_count = events},
                   [](Result<Offset> offset) { EXPECT_TRUE(offset); });
    }

    Result<std::unique_ptr<PartitionFolder>> open(int32_t partition = 0,
                                                  FolderOptions options = {}) {
        return open_on(log, partition, options);
    }
    // With another log in the place of ours.
    Result<std::unique_ptr<PartitionFolder>> open_on(event_log::EventLog& other,
                                                     int32_t partition = 0,
                                                     FolderOptions options = {}) {
        options.repeat_key = 7;
        return PartitionFolder::open(
            PartitionId{partition}, options, other, store, [this] { return known(); }, clock.now());
    }
    // Folds to the end of the log and commits every view.
    void fold_all(PartitionFolder& folder) {
        do {
            const auto folded = folder.fold_some({.wait = {}}, {}, clock.now());
            ASSERT_TRUE(folded) << folded.error().message();
        } while (!folder.is_at_end());
        commit(folder);
    }
    void commit(PartitionFolder& folder) {
        std::vector<fold::ViewId> all;
        for (const auto& [id, view] : folder.views()) all.push_back(id);
        const fold::Commit changes = folder.changes(all);
        const auto done = store.commit(changes);
        ASSERT_TRUE(done) << done.error().message();
        folder.committed(changes);
    }
    // A process that starts, counts what there is and dies.
    void count_all(int32_t partition = 0, FolderOptions options = {}) {
        const auto folder = open(partition, options);
        ASSERT_TRUE(folder) << folder.error().message();
        fold_all(**folder);
    }

    Result<std::vector<fold::ViewDefinition>> known() { return definitions; }

    fold::View view_of(const std::string& rollup) {
        const auto snapshot = *store.snapshot();
        const auto views = *snapshot->views();
        for (const fold::View& view : views)
            if (view.definition.rollup.name == rollup) return view;
        ADD_FAILURE() << "no view of " << rollup;
        return {};
    }
    // "pay 3" for each feature of the live rows, all hours and partitions.
    std::vector<std::string> counts(const std::string& rollup = "totals") {
        const auto snapshot = *store.snapshot();
        const auto answer = snapshot->rows({.view = view_of(rollup).id,
                                            .is_live = true,
                                            .buckets = {{INT64_MIN, INT64_MAX}},
                                            .by_feature = true});
        std::vector<std::string> lines;
        for (const auto& group : answer->groups)
            lines.push_back(group.feature + " " + std::to_string(group.clicks));
        return lines;
    }
    // Of every project together.
    fold::Accounting accounting(int32_t partition = 0) {
        fold::Accounting sum;
        const fold::Ledger stored = ledger(partition);
        for (const auto& [project, part] : stored.projects) sum += part;
        return sum;
    }
    fold::Ledger ledger(int32_t partition = 0) {
        return store.progress(PartitionId{partition})->ledger;
    }
    event_log::PartitionState log_state(int32_t partition = 0) {
        return *log.state(PartitionId{partition});
    }

    ManualClock clock{at_second(kNine)};
    event_log::MemoryEventLog log;
    metrics_store::MemoryMetricsStore store;
    std::vector<fold::ViewDefinition> definitions{definition_of("totals", {})};
};

}  // namespace clickmill::aggregator
