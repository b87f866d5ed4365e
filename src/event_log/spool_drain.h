// What waits in a spool, on its way to the main log in order: read, sent, and noted as drained once
// it was delivered.
#pragma once

#include "event_log/event_log.h"
#include "event_log/spool_files.h"
#include "event_log/spooling_event_log.h"

#include <chrono>
#include <span>
#include <stop_token>
#include <string>
#include <vector>

namespace clickmill::event_log {

inline constexpr PartitionId kSpool{0};  // the spool's only partition

// One thread.
class SpoolDrain {
public:
    SpoolDrain(const SpoolOptions& options, EventLog& spool, telemetry::Logger& logger,
               telemetry::Registry& registry);

    // Where an earlier process has left it; called first.
    void begin(const PartitionState& state);
    Offset drained() const { return drained_; }
    // Of the oldest click in hand.
    std::chrono::seconds age(Moment now) const;

    // Takes the next batch in hand, when none is.
    bool has_pending() const { return !pending_.empty(); }
    void load();
    // Sends what is in hand; returns how long to wait before the next step. Ends early with `stop`:
    // what was under way is sent again by whoever begins here.
    std::chrono::milliseconds send(EventLog& main, const std::stop_token& stop);

private:
    struct Round;
    Result<void> try_load();
    void count_lost(int64_t events);
    std::chrono::milliseconds settle(Round& round);
    bool put_at_the_end(std::span<const SpooledAppend> appends);
    Result<void> note_drained();

    const SpoolOptions options_;
    EventLog& spool_;
    telemetry::Logger& logger_;
    telemetry::Counter& drained_events_;
    telemetry::Counter& lost_events_;
    std::string log_id_;  // of the spool
    Offset drained_;
    Offset batch_next_;  // where the spool is drained to once nothing is pending
    std::vector<SpooledAppend> pending_;
    Moment oldest_{};  // when the first of them was taken
    std::unique_ptr<Reader> reader_;
};

}  // namespace clickmill::event_log
