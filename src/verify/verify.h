// Recounts stored numbers from the raw events with SQL, on a path that shares no code with the fold
// that counted them: DuckDB finds repeats, places clicks into hours by its own time zones, and
// counts. docs/guide/prove-a-number.md.
#pragma once

#include "archive/raw_events.h"
#include "base/result.h"
#include "metrics_store/metrics_store.h"

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

namespace clickmill::verify {

struct Request {
    std::string from;     // a local date of each project, "2026-11-01"; empty: the first click's
    std::string to;       // excluded; empty: behind the newest click
    std::string project;  // empty: all
    std::string rollup;   // empty: all
    // Every so many-th day alone, for a quick look; weeks and months are left out then.
    int sample = 1;
    std::function<void(const std::string& doing)> on_progress;
};

// A row that is not what the raw events say.
struct Difference {
    std::string project;
    std::string rollup;
    std::string grain;
    std::string bucket;  // "2026-11-01 09:00:00+01:00" or a date
    std::string labels;  // the feature, then values of dimensions, joined by " | "
    std::string what;    // "clicks" or "users"
    std::string stored;  // "none": there is no such row
    std::string recounted;
    std::string where;  // "partition 0, offsets 17 to 4711", where those clicks are; may be empty
};

struct Report {
    int64_t events = 0;   // that were read
    int64_t rows = 0;     // that were compared
    int64_t buckets = 0;  // they are of
    int64_t difference_count = 0;
    std::vector<Difference> differences;   // the first 100
    std::vector<std::string> not_checked;  // what could not be, and why
};

// Compares what an answer would be made of, for each grain: settled rows where they count, live
// ones else. Users by the error of their sketches: five standard errors are a difference.
// InvalidInput: the request. `events` has the log among its sources.
Result<Report> verify(archive::RawEvents& events, metrics_store::MetricsStore& store,
                      const Request& request);

}  // namespace clickmill::verify
