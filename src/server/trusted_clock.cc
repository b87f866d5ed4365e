#include "server/trusted_clock.h"

#include <fmt/chrono.h>
#include <fmt/format.h>

#include <cstdint>
#include <ctime>
#include <fstream>
#include <sys/timex.h>

namespace clickmill::server {

namespace {

using std::chrono::duration_cast;
using std::chrono::microseconds;
using std::chrono::seconds;

// The witnesses read a file and call the kernel; once a second is soon enough.
constexpr seconds kAskEvery{1};
// A confirmation speaks about the clock as it stood then.
constexpr std::chrono::minutes kConfirmationHolds{10};

std::string time_text(Moment moment) {
    const auto whole = std::chrono::floor<seconds>(moment.time_since_epoch()).count();
    return fmt::format("{:%Y-%m-%dT%H:%M:%SZ}", fmt::gmtime(static_cast<std::time_t>(whole)));
}

}  // namespace

TrustedClock::TrustedClock(Clock& host, ClockWitnesses witnesses, telemetry::Logger& logger)
    : host_(host),
      witnesses_(std::move(witnesses)),
      logger_(logger),
      believed_(host.now()),
      believed_at_(host.steady()),
      asked_at_(believed_at_) {}

bool TrustedClock::may_believe(Moment host) {
    if (witnesses_.is_synchronised()) return true;
    const std::optional<Moment> confirmed = witnesses_.confirmed_at();
    return confirmed && host >= *confirmed && host - *confirmed < kConfirmationHolds;
}

bool TrustedClock::is_time_to_ask(std::chrono::steady_clock::time_point steady) {
    if (doubted_.count() != 0 && steady - asked_at_ < kAskEvery) return false;
    asked_at_ = steady;
    return true;
}

Moment TrustedClock::now() {
    const std::lock_guard lock(mutex_);
    const Moment host = host_.now();
    const auto steady = host_.steady();
    const Moment expected = believed_ + duration_cast<microseconds>(steady - believed_at_);
    const microseconds jump = host - expected;
    const bool is_small = jump < kBelievedJump && jump > -kBelievedJump;
    const bool was_doubted = doubted_.count() != 0;

    if (!is_small && !(is_time_to_ask(steady) && may_believe(host))) {
        doubted_ = jump;
        if (!was_doubted) {
            logger_.error(
                "the host's clock jumped and is not believed; set it right, or run "
                "'clickmill clock confirm'",
                {{"host_clock", time_text(host)},
                 {"clock_used", time_text(expected)},
                 {"jump_seconds", duration_cast<seconds>(jump).count()}});
        }
        return expected;
    }
    if (was_doubted || !is_small) {
        logger_.warn("the host's clock is believed after a jump",
                     {{"clock_used", time_text(host)},
                      {"jump_seconds", duration_cast<seconds>(jump).count()}});
    }
    doubted_ = microseconds{0};
    believed_ = host;
    believed_at_ = steady;
    return host;
}

microseconds TrustedClock::doubted_jump() {
    now();
    const std::lock_guard lock(mutex_);
    return doubted_;
}

ClockWitnesses host_witnesses(const std::string& confirmation_path) {
    return {.is_synchronised =
                [] {
                    timex state{};
                    return adjtimex(&state) != TIME_ERROR && (state.status & STA_UNSYNC) == 0;
                },
            .confirmed_at = [confirmation_path]() -> std::optional<Moment> {
                std::ifstream file(confirmation_path);
                int64_t microseconds_since_1970 = 0;
                if (!(file >> microseconds_since_1970)) return std::nullopt;
                return moment_of(microseconds_since_1970);
            }};
}

Result<void> confirm_clock(const std::string& confirmation_path, Moment now) {
    std::ofstream file(confirmation_path, std::ios::trunc);
    file << microseconds_of(now) << '\n';
    file.flush();
    if (!file) {
        return fail(ErrorCode::Unavailable, "cannot confirm the clock", confirmation_path,
                    "the file cannot be written; check the path and its owner");
    }
    return {};
}

}  // namespace clickmill::server
