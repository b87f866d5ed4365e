// What the writer of the embedded log tells its readers, and what they ask of it.
#pragma once

#include "base/clock.h"
#include "base/result.h"
#include "event_log/embedded/log_file.h"

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <mutex>
#include <optional>
#include <stop_token>
#include <vector>

namespace clickmill::event_log {

// Any thread.
class LogState {
public:
    explicit LogState(Clock& clock) : clock_(clock) {}

    // What a reader at `position` may read.
    struct View {
        LogSummary summary;
        int64_t generation = 0;  // of the file: another one means that it was opened anew
        int64_t bytes = 0;
        // When this was asked: no record that is not durable yet has an older append time.
        Moment asked_at{};
        Result<void> health;
    };
    View view();
    // Waits until there is a record at `position`, `wait` is over, or `stop`.
    View wait_for(Offset position, std::chrono::milliseconds wait, std::stop_token stop);
    // The gaps of now; they change with the generation.
    std::vector<Gap> gaps();

    // The writer's side.
    // The time that the next records get. Until committed() or opened() no reader is told that it
    // knows what came after it.
    Moment begin_commit();
    void committed(const LogSummary& summary);
    void shortened(const LogSummary& summary);  // before the commit that deletes
    void opened(const LogSummary& summary, std::vector<Gap> gaps);
    void report(Result<void> health, int64_t bytes);

    // A reader found damage in this generation of the file: the writer looks into it.
    void request_repair(int64_t generation, const std::string& why);
    std::optional<std::string> take_repair();

private:
    View view_locked();

    Clock& clock_;
    std::mutex mutex_;  // guards all below
    std::condition_variable_any changed_;
    LogSummary summary_;
    std::vector<Gap> gaps_;
    int64_t generation_ = 0;  // 0: not open yet
    int64_t bytes_ = 0;
    Moment newest_{};  // the latest time that a record got or a reader was told
    std::optional<Moment> in_flight_;
    Result<void> health_;
    std::optional<std::string> repair_;
};

}  // namespace clickmill::event_log
