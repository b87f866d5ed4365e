// The collector's copy of projects and write keys: looked up for every request, refreshed when
// control says that something has changed.
#pragma once

#include "base/clock.h"
#include "collector/rate.h"
#include "control/control.h"
#include "telemetry/logger.h"

#include <atomic>
#include <chrono>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

namespace clickmill::collector {

// A write key and what its events need to know of its project. Never changes once made.
struct WriteKey {
    std::string project;
    std::string secret;                // of the project
    std::vector<std::string> origins;  // empty: any
    Rate rate;
    std::shared_ptr<Bucket> bucket;  // shared by this key's older and newer copies
    bool is_disabled = false;

    // "https://*.example.com" stands for every host below example.com.
    bool allows_origin(std::string_view origin) const;
};

// Any thread.
class Keys {
public:
    Keys(control::Control& control, Clock& clock, telemetry::Logger& logger, Rate default_rate);

    // Reads control for the first time. Its error says why it cannot be read.
    Result<void> load();

    // Null: unknown, or not a write key. A copy older than a second is compared with control first;
    // for an unknown key at most once a second more. While control cannot be read, the copy holds.
    std::shared_ptr<const WriteKey> find(std::string_view key);

private:
    using Time = std::chrono::steady_clock::time_point;
    using Table = std::map<std::string, std::shared_ptr<const WriteKey>, std::less<>>;

    std::shared_ptr<const WriteKey> look_up(std::string_view key);
    void refresh_if_older_than(std::atomic<int64_t>& last);
    Result<void> refresh();

    control::Control& control_;
    Clock& clock_;
    telemetry::Logger& logger_;
    const Rate default_rate_;
    std::atomic<int64_t> last_refresh_{INT64_MIN};  // nanoseconds of the steady clock
    std::atomic<int64_t> last_search_{INT64_MIN};   // the same, for an unknown key

    std::mutex refreshing_;  // one reader of control at a time; guards the three below
    bool is_copy_old_ = false;
    int64_t version_ = -1;
    std::map<int64_t, std::shared_ptr<Bucket>> buckets_;  // by the key's id

    std::mutex mutex_;  // guards what follows
    Table by_hash_;
    Table by_text_;  // keys that were found before: spares the hash
};

}  // namespace clickmill::collector
