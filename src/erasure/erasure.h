// Forgets people in the raw events: what tells who clicked is replaced by hashes whose key nobody
// has afterwards. Events keep their places and repeats still meet, so that no number changes.
// docs/guide/erase-a-person.md.
#pragma once

#include "archive/engine.h"
#include "archive/object_store.h"
#include "base/result.h"
#include "erasure/people.h"
#include "event_log/event_log.h"
#include "event_log/rewrite.h"

#include <functional>
#include <string>
#include <vector>

namespace clickmill::erasure {

// Where raw events are. Each may be missing.
struct RawData {
    archive::ObjectStore* archive = nullptr;
    archive::EngineOptions engine;
    event_log::EventLog* log = nullptr;  // whose records can be rewritten, to be read
    std::function<Result<event_log::Rewritten>(const event_log::Rewrite&)> rewrite_log;
};

struct Request {
    std::vector<People> people;
    std::string key_file;  // where the key lies until it is done
    bool only_counts = false;
    std::function<void(const std::string& doing)> on_progress;
};

struct Report {
    int64_t files = 0;  // of the archive, that were looked at
    int64_t files_changed = 0;
    Count in_files;
    event_log::Rewritten log;
    Count in_log;
    std::vector<std::string> unreadable_files;  // and why
    // The key is kept where it is false: run it again.
    bool is_complete() const {
        return unreadable_files.empty() && log.damaged == 0 && !log.is_wal_in_use;
    }
};

// Waits until nobody else writes files of the archive. Conflict: another erasure was begun.
Result<Report> erase(const RawData& data, const Request& request);

}  // namespace clickmill::erasure
