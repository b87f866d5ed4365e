// The thread that stores: whatever waits becomes one commit, so the more requests wait, the fewer
// commits they need. Also retention, and healing after a failure.
#pragma once

#include "base/clock.h"
#include "event_log/embedded/answers.h"
#include "event_log/embedded/checkpointer.h"
#include "event_log/embedded/log_file.h"
#include "event_log/embedded/log_state.h"
#include "event_log/embedded/options.h"
#include "telemetry/logger.h"
#include "telemetry/metrics.h"

#include <chrono>
#include <condition_variable>
#include <deque>
#include <map>
#include <memory>
#include <mutex>
#include <thread>

namespace clickmill::event_log {

struct Append {
    Record record;
    AppendDone done;
};

// Any thread.
class Writer {
public:
    struct Parts {
        Clock& clock;
        telemetry::Logger& logger;
        telemetry::Registry* registry;  // may be null
        LogState& state;
        Answers& answers;
    };
    Writer(EmbeddedOptions options, Parts parts);
    // Stores what waits, or answers why not, then goes.
    ~Writer() = default;

    // The first opening, salvage included; called before start().
    Result<void> open();
    void start();

    // False: the queue is full; nothing was taken.
    bool enqueue(Append& append);
    void allow_deletion(ReaderRole reader, Offset keep_from);
    void wake() { changed_.notify_one(); }

private:
    void run(std::stop_token stop);
    void heal();
    void set_aside(const std::string& why);
    std::deque<Append> take();
    void store(std::deque<Append> appends);
    std::vector<NewRecord> pack(const std::deque<Append>& appends, std::vector<size_t>& record_of);
    void retain();
    void broke(const Error& error);
    void count(const std::vector<NewRecord>& records, int64_t payload_bytes,
               std::chrono::steady_clock::duration took);

    const EmbeddedOptions options_;
    Parts parts_;
    Compressor compressor_;
    Checkpointer checkpointer_;
    std::unique_ptr<LogFile> file_;  // null: not to be trusted until opened again
    bool is_damaged_ = false;        // the next opening salvages first
    std::string damage_;
    std::chrono::steady_clock::time_point next_retention_{};

    std::mutex mutex_;  // guards the next four
    std::condition_variable_any changed_;
    std::deque<Append> queue_;
    int64_t queue_bytes_ = 0;
    std::map<ReaderRole, Offset> keep_from_;  // of each that the log was opened for

    std::jthread thread_;  // last: stops before what it uses goes
};

}  // namespace clickmill::event_log
