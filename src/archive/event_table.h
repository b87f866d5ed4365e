// The archive's table: one row for each event of the log, in its order. docs/reference/archive.md
// describes the columns. Stored: columns are only added, at the end.
#pragma once

#include "archive/engine.h"
#include "event/line_reader.h"
#include "event_log/event_log.h"

#include <optional>
#include <span>

namespace clickmill::archive {

std::span<const Column> event_columns();

// The rows of one record after the other. One thread.
class RecordRows {
public:
    // `record` stays until the next call. Before it all rows of the last one were taken.
    void begin(PartitionId partition, const event_log::StoredRecord& record);
    bool is_at_end() const { return next_ == rows_; }
    // As many as fit below `row`; the row after the last one that was set.
    size_t fill(RowChunk& chunk, size_t row);

private:
    void set_row(RowChunk& chunk, size_t row);
    void set_event(RowChunk& chunk, size_t row, const event::Event& event);

    PartitionId partition_;
    const event_log::StoredRecord* record_ = nullptr;
    event::LineReader reader_{event::Reads::Everything};
    std::span<const event::Line> lines_;
    std::string_view rest_;  // of the payload, lines that have no row yet
    size_t rows_ = 0;
    size_t next_ = 0;
    size_t lost_rows_ = 0;  // before those of lines: events that were lost before the record
    std::vector<std::pair<std::string_view, std::string_view>> pairs_;
    std::string other_;
};

// Records as rows, for as long as there are any.
class RecordSource : public RowSource {
public:
    Result<size_t> fill(RowChunk& chunk) final;

private:
    // Begins the next record, which stays until the next call; false: there is none.
    virtual Result<bool> begin_next(RecordRows& rows) = 0;

    RecordRows rows_;
};

}  // namespace clickmill::archive
