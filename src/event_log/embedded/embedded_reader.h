// Reads the embedded log on a connection of its own, a bounded batch at a time.
#pragma once

#include "event_log/embedded/log_state.h"
#include "event_log/embedded/record_codec.h"
#include "event_log/event_log.h"

#include <optional>

namespace clickmill::event_log {

// One thread. The log outlives it.
class EmbeddedReader final : public Reader {
public:
    EmbeddedReader(LogState& state, FileName name, Offset from)
        : state_(state), name_(std::move(name)), next_(from) {}

    Result<Batch> next(const ReadOptions& options, std::stop_token stop) override;

private:
    Result<void> open(const LogState::View& view);
    Result<int64_t> total_up_to(Offset position, const LogState::View& view);
    Result<void> read(Batch& batch, const ReadOptions& options, const LogState::View& view);
    Result<StoredRecord> take_row();
    Result<void> cross_gap(Offset to);
    std::unexpected<Error> damaged(const std::string& why);
    std::unexpected<Error> read_failed(const Error& error);
    std::string place() const;

    LogState& state_;
    const FileName name_;
    Offset next_;
    int64_t generation_ = 0;  // of what is open
    std::vector<Gap> gaps_;
    std::optional<int64_t> total_before_;  // events up to next_; unknown until opened
    Moment newest_{};
    std::optional<sqlite::Connection> connection_;
    std::optional<sqlite::Statement> select_;
    Decompressor decompressor_;
};

}  // namespace clickmill::event_log
