// Every raw event as one table for SQL: the archive's files, and behind them what is only in the
// event log yet.
#pragma once

#include "archive/engine.h"
#include "archive/layout.h"
#include "archive/object_store.h"
#include "event_log/event_log.h"

#include <memory>
#include <string>
#include <vector>

namespace clickmill::archive {

// A file that is left out, and why.
struct LeftOut {
    std::string name;
    std::string why;
};

// What a table is made of.
struct RawSources {
    ObjectStore* store = nullptr;        // null: there is no archive
    event_log::EventLog* log = nullptr;  // null: there is no event log, or it is not wanted
};

// One thread; what is in `sources` outlives it.
class RawEvents {
public:
    // `engine` may be asked about `events` afterwards. Damaged files are left out and named, as are
    // those of another event log than `sources.log`.
    static Result<std::unique_ptr<RawEvents>> open(EngineOptions options, RawSources sources);

    Engine& engine() { return *engine_; }
    const std::vector<LeftOut>& left_out() const { return left_out_; }
    // Between files, or between the last one and the log: offsets that are nowhere.
    const std::vector<std::string>& gaps() const { return gaps_; }

private:
    explicit RawEvents(RawSources sources) : sources_(sources) {}
    Result<void> find_files(EngineOptions& options);
    Result<void> ask_log();
    std::string why_not(const FileName& name, const std::string& path);
    Result<void> find_tail();
    Result<void> make_view();

    struct Tail {
        PartitionId partition;
        Offset from;
        Offset end;
    };
    class TailSource;

    RawSources sources_;
    std::unique_ptr<Engine> engine_;
    std::vector<event_log::PartitionState> states_;  // by partition
    std::vector<FileName> names_;
    std::vector<std::string> paths_;
    std::vector<LocalFile> files_;  // all that are there
    std::vector<Tail> tails_;
    std::vector<LeftOut> left_out_;
    std::vector<std::string> gaps_;
};

}  // namespace clickmill::archive
