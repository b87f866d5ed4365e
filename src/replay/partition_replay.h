// Folds the history of one partition into rollups that are being built: what is in the archive
// first, then what is in the event log, until so little is missing that the aggregator takes them
// over (aggregator/partition_folder.h). Its position lies in the metrics store, so that it goes on
// after any death.
#pragma once

#include "archive/engine.h"
#include "archive/object_store.h"
#include "event_log/event_log.h"
#include "fold/repeats.h"
#include "metrics_store/metrics_store.h"

#include <functional>
#include <stop_token>

namespace clickmill::replay {

struct ReplayOptions {
    archive::EngineOptions engine;  // files are added
    fold::RepeatLimits repeats;     // the aggregator's
    // The aggregator takes over what lacks no more records than this; it joins at a multiple.
    int64_t ends_within = 5'000;
    size_t rows_at_once = 50'000;      // about so many are changed by one commit
    size_t records_at_once = 1'000;    // between two looks at all that
    int64_t events_at_once = 500'000;  // committed at the latest
    event_log::ReadOptions read{.wait = std::chrono::milliseconds(0)};
};

struct ReplayParts {
    event_log::EventLog& event_log;
    metrics_store::MetricsStore& store;
    // Null: there is no archive, and history begins where the log does.
    archive::ObjectStore* archive = nullptr;
    // Called before each commit; returns when the replay may go on, which leaves live counting its
    // time.
    std::function<void(std::stop_token)> give_way;
};

// Returns the number of events that were folded, repeats too; 0: nothing was to do. NotFound:
// offsets that are needed are nowhere. Corrupt: a file is damaged, and the log has not got its
// records any more. Conflict: another one folds the same. In each case what was committed stays,
// and the next call goes on there.
Result<int64_t> replay_partition(PartitionId partition, const ReplayOptions& options,
                                 const ReplayParts& parts, std::stop_token stop);

}  // namespace clickmill::replay
