// A wall clock that does not believe every jump: buckets of clicks stand on it for ever.
// Source: research on host clocks; docs/guide/clock.md tells operators what to do.
#pragma once

#include "base/clock.h"
#include "base/result.h"
#include "telemetry/logger.h"

#include <chrono>
#include <functional>
#include <mutex>
#include <optional>
#include <string>

namespace clickmill::server {

// What the clock asks about the world; tests answer themselves.
struct ClockWitnesses {
    // Whether the kernel says that the wall clock is synchronised (adjtimex).
    std::function<bool()> is_synchronised;
    // The moment at which an operator last confirmed the wall clock, if any.
    std::function<std::optional<Moment>()> confirmed_at;
};

// Follows the wall clock while it agrees with the monotonic one to within an hour. A larger jump,
// forward or back, is not believed before the kernel reports synchronisation or an operator
// confirms it: until then time goes on from the last believed moment. Any thread.
class TrustedClock final : public Clock {
public:
    static constexpr std::chrono::hours kBelievedJump{1};

    TrustedClock(Clock& host, ClockWitnesses witnesses, telemetry::Logger& logger);

    Moment now() override;
    std::chrono::steady_clock::time_point steady() override { return host_.steady(); }

    // How far the host's clock is ahead of ours; zero while it is believed.
    std::chrono::microseconds doubted_jump();

private:
    bool may_believe(Moment host);
    bool is_time_to_ask(std::chrono::steady_clock::time_point steady);

    Clock& host_;
    const ClockWitnesses witnesses_;
    telemetry::Logger& logger_;

    std::mutex mutex_;  // guards what follows
    Moment believed_;
    std::chrono::steady_clock::time_point believed_at_;
    std::chrono::microseconds doubted_{0};
    std::chrono::steady_clock::time_point asked_at_;  // when the witnesses were last asked
};

// The host's witnesses: adjtimex(2), and the file that `clickmill clock confirm` writes.
ClockWitnesses host_witnesses(const std::string& confirmation_path);

// Writes that file. Unavailable: the data folder cannot be written.
Result<void> confirm_clock(const std::string& confirmation_path, Moment now);

}  // namespace clickmill::server
