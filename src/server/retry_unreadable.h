// Sends again what nobody could read when it came and what can be read now: after an upgrade, most
// of the time.
#pragma once

#include "base/result.h"
#include "event_log/event_log.h"
#include "event_log/unreadable_log.h"

#include <chrono>
#include <cstdint>

namespace clickmill::server {

struct RetryOptions {
    // A repeat that is sent so soon after its first copy is recognised for certain.
    std::chrono::seconds repeat_window{};
    bool is_again = false;  // send what may have been sent longer ago, too
};

struct RetryReport {
    int64_t events = 0;      // sent
    int64_t unreadable = 0;  // records that still hold what nobody can read
    int64_t in_doubt = 0;    // records that an earlier retry may have sent, too long ago
};

// Events go to the partition that they were in, with the moment at which they were received, and
// with an event id, so that what is sent twice is counted once. Each record is marked before and
// after. One thread.
Result<RetryReport> retry_unreadable(event_log::EventLog& unreadable, event_log::EventLog& log,
                                     const RetryOptions& options, Moment now);

}  // namespace clickmill::server
