// The event log's second reader: makes files out of what is complete, one after the other, and
// keeps the log from deleting what is not in one yet. Its position is what the files' names say.
#pragma once

#include "archive/file_writer.h"
#include "archive/object_store.h"
#include "base/clock.h"
#include "telemetry/health.h"
#include "telemetry/logger.h"
#include "telemetry/metrics.h"

#include <chrono>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <thread>

namespace clickmill::archive {

struct ArchiverOptions {
    EngineOptions engine;  // its folders are added
    FileRules rules;
    std::chrono::days retention{0};  // of files, by the day of their records; 0: for ever
    std::chrono::milliseconds interval{2'000};  // between two looks whether a file is due
    std::chrono::milliseconds retry_interval{30'000};
};

// All outlive the archiver.
struct ArchiverParts {
    event_log::EventLog& event_log;
    // Called again after an error: what is away at the start may come.
    std::function<Result<std::unique_ptr<ObjectStore>>()> open_store;
    Clock& clock;
    telemetry::Logger& logger;
    telemetry::Registry& registry;
    telemetry::Health& health;  // a note "archive" says what is wrong; nobody is kept from work
};

// One archiver has a store at a time. One thread.
class Archiver {
public:
    Archiver(ArchiverOptions options, ArchiverParts parts);
    ~Archiver();

    // Looks after the log from a thread of its own, until stop() or the end.
    void start();
    void stop();

    // Writes every file that is due, and forgets those whose retention is over. What a file's name
    // says is asked of the store with the first call and after an error. How many were written.
    Result<int64_t> catch_up(std::stop_token stop);

private:
    struct Position {
        Offset next;
        std::optional<int64_t> events_before;      // in the log, where it counts them
        std::optional<std::chrono::sys_days> day;  // of the record at `next`, once it is there
    };

    void run(std::stop_token stop);
    Result<void> find_positions();
    Result<void> check_log(std::span<const PartitionFiles> partitions);
    Result<bool> catch_up(PartitionId partition, std::stop_token stop);
    Result<bool> is_due(PartitionId partition, Position& position, std::stop_token stop);
    void skip_what_is_gone(PartitionId partition, Position& position, Offset first);
    Result<void> forget_old_files();

    ArchiverOptions options_;
    ArchiverParts parts_;
    std::unique_ptr<ObjectStore> store_;  // null: what is in it has to be found out
    std::map<PartitionId, Position> positions_;
    std::vector<FileName> files_;  // in the order of their names
    std::jthread thread_;
};

}  // namespace clickmill::archive
