#include "event_log/embedded/embedded_reader.h"

#include <fmt/core.h>

#include <algorithm>

namespace clickmill::event_log {

std::string EmbeddedReader::place() const {
    return fmt::format("{} at offset {}", name_.path, next_.value);
}

Result<Batch> EmbeddedReader::next(const ReadOptions& options, std::stop_token stop) {
    const LogState::View view = state_.wait_for(next_, options.wait, std::move(stop));
    if (view.generation == 0) return std::unexpected(view.health.error());
    if (next_ < view.summary.first) {
        return fail(ErrorCode::NotFound, "cannot read on", place(),
                    fmt::format("retention has passed it; the oldest record is {}",
                                view.summary.first.value));
    }
    Batch batch;
    if (next_ < view.summary.end) {
        if (Result<void> done = read(batch, options, view); !done) {
            select_.reset();
            connection_.reset();
            // What was deleted meanwhile is no damage.
            if (next_ < state_.view().summary.first && batch.records.empty())
                return next(options, {});
            if (batch.records.empty()) return std::unexpected(std::move(done).error());
        }
    }
    if (next_ >= view.summary.end) batch.at_end_since = view.asked_at;
    batch.next = next_;
    batch.end = std::max(next_, view.summary.end);
    return batch;
}

Result<void> EmbeddedReader::open(const LogState::View& view) {
    select_.reset();
    connection_.reset();
    Result<sqlite::Connection> opened = sqlite::Connection::open(
        {.path = name_.path, .read_only = true, .vfs = name_.vfs, .automatic_checkpoint = false});
    if (!opened) return read_failed(opened.error());
    connection_ = std::move(*opened);
    generation_ = view.generation;
    gaps_ = state_.gaps();
    if (!total_before_) {
        ASSIGN_OR_RETURN(total_before_, total_up_to(next_, view));
    }
    auto select = connection_->prepare(
        "SELECT offset,append_time,events,total_events,checksum,payload FROM records "
        "WHERE offset>=? AND offset<? ORDER BY offset");
    if (!select) return read_failed(select.error());
    select_ = std::move(*select);
    return {};
}

Result<int64_t> EmbeddedReader::total_up_to(Offset position, const LogState::View& view) {
    int64_t total = view.summary.total_before_first;
    for (const Gap& gap : gaps_) {
        if (gap.next <= position) total = std::max(total, gap.total_events);
    }
    auto select = connection_->prepare(
        "SELECT offset,append_time,events,total_events,checksum FROM records "
        "WHERE offset<? ORDER BY offset DESC LIMIT 1");
    if (!select) return read_failed(select.error());
    const auto has_row = select->bind(1, position.value).step();
    if (!has_row) return read_failed(has_row.error());
    if (!*has_row) return total;
    const RecordNumbers numbers{Offset{select->integer(0)}, moment_of(select->integer(1)),
                                static_cast<int32_t>(select->integer(2)), select->integer(3)};
    if (!are_numbers_intact(numbers, select->integer(4)))
        return damaged("the record before has another checksum");
    return std::max(total, numbers.total_events);
}

Result<void> EmbeddedReader::read(Batch& batch, const ReadOptions& options,
                                  const LogState::View& view) {
    if (!connection_ || !select_ || generation_ != view.generation) RETURN_IF_ERROR(open(view));
    select_->reset();
    select_->bind(1, next_.value).bind(2, view.summary.end.value);
    int64_t bytes = 0;
    while (bytes < options.max_bytes &&
           static_cast<int32_t>(batch.records.size()) < options.max_records) {
        const Result<bool> has_row = select_->step();
        if (!has_row) return read_failed(has_row.error());
        if (!*has_row) return cross_gap(view.summary.end);
        ASSIGN_OR_RETURN(StoredRecord record, take_row());
        bytes += static_cast<int64_t>(record.payload.size());
        batch.records.push_back(std::move(record));
    }
    select_->reset();
    return {};
}

// Offsets that are missing are known to be gone, or the tree has lost them and salvage looks for
// them.
Result<void> EmbeddedReader::cross_gap(Offset to) {
    for (const Gap& gap : gaps_) {
        if (gap.first <= next_ && gap.next > next_) {
            next_ = std::min(gap.next, to);
            total_before_ = std::max(*total_before_, gap.total_events);
        }
    }
    if (next_ >= to) return {};
    // Retention may have passed while this batch was read.
    if (next_ < state_.view().summary.first)
        return fail(ErrorCode::NotFound, "cannot read on", place(), "retention has passed it");
    // A log of another kind of file cannot be salvaged: go on, and count.
    if (!name_.vfs.empty()) {
        next_ = to;
        return {};
    }
    return damaged(fmt::format("records up to {} are missing", to.value));
}

Result<StoredRecord> EmbeddedReader::take_row() {
    const RecordNumbers numbers{Offset{select_->integer(0)}, moment_of(select_->integer(1)),
                                static_cast<int32_t>(select_->integer(2)), select_->integer(3)};
    const int64_t checksum = select_->integer(4);
    const std::string_view stored = select_->blob(5);
    RETURN_IF_ERROR(cross_gap(numbers.offset));
    if (!are_numbers_intact(numbers, checksum))
        return damaged("the record's numbers have another checksum");
    StoredRecord record{.offset = numbers.offset,
                        .append_time = numbers.append_time,
                        .event_count = numbers.events,
                        .lost_before = numbers.total_events - numbers.events - *total_before_};
    std::optional<std::string> payload;
    if (is_payload_intact(stored, checksum)) payload = decompressor_.decompress(stored);
    record.is_damaged = !payload;
    if (payload) record.payload = std::move(*payload);
    total_before_ = numbers.total_events;
    next_ = numbers.offset.next();
    return record;
}

std::unexpected<Error> EmbeddedReader::damaged(const std::string& why) {
    state_.request_repair(generation_, why);
    return fail(ErrorCode::Unavailable, "cannot read event log", place(),
                why + "; it is being salvaged");
}

// What is no passing failure means damage: SQLite could not make sense of the file.
std::unexpected<Error> EmbeddedReader::read_failed(const Error& error) {
    if (error.code == ErrorCode::Corrupt || error.code == ErrorCode::Internal)
        return damaged(error.message());
    return fail(ErrorCode::Unavailable, "cannot read event log", place(), error.message());
}

}  // namespace clickmill::event_log
