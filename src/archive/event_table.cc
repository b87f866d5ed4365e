#include "archive/event_table.h"

#include "base/lines.h"

#include <array>

namespace clickmill::archive {
namespace {

enum Place : size_t {
    Partition,
    AtOffset,
    InRecord,
    AppendTime,
    ReceivedAt,
    Project,
    EventId,
    FeatureId,
    UserId,
    AnonymousId,
    SessionId,
    Page,
    Platform,
    AppVersion,
    Device,
    Browser,
    Os,
    Locale,
    Country,
    Region,
    Bot,
    Experiments,
    Properties,
    ClientTimestamp,
    Other,
    Fault,
    Lost,
    Line,
    Columns,  // how many
};

constexpr std::array<Column, Columns> kTable = {{
    {"partition", ColumnType::Int32, "of the event log; the embedded one has 0 alone"},
    {"offset", ColumnType::Int64, "of the record in its partition"},
    {"place", ColumnType::Int32, "of the event in its record, from 0"},
    {"append_time", ColumnType::Moment,
     "when the log took the record; never falls within a partition"},
    {"received_at", ColumnType::Moment,
     "when the collector received the event: its bucket follows from this"},
    {"project", ColumnType::Text, "whose write key it came with"},
    {"event_id", ColumnType::Text, "what repeats are recognised by; repeats are here, too"},
    {"feature_id", ColumnType::Text, "what was clicked"},
    {"user_id", ColumnType::Text, "who clicked: the first of the three that is there"},
    {"anonymous_id", ColumnType::Text, "the second"},
    {"session_id", ColumnType::Text, "the third"},
    {"page", ColumnType::Text, "page or screen"},
    {"platform", ColumnType::Text, "web, ios, android or what was sent"},
    {"app_version", ColumnType::Text, "as sent"},
    {"device", ColumnType::Text, "desktop, phone, tablet"},
    {"browser", ColumnType::Text, "as sent, or from the user agent"},
    {"os", ColumnType::Text, "the same"},
    {"locale", ColumnType::Text, "as sent"},
    {"country", ColumnType::Text, "from the address, where a geo file is set"},
    {"region", ColumnType::Text, "the same"},
    {"bot", ColumnType::Bool, "a known crawler: in no rollup"},
    {"experiments", ColumnType::TextMap, "experiment to variant"},
    {"properties", ColumnType::Text, "JSON object, as sent"},
    {"client_timestamp", ColumnType::Text, "JSON, as sent; never used"},
    {"other", ColumnType::Text, "JSON object of all members that Clickmill does not know"},
    {"fault", ColumnType::Text, "why this row is no event; NULL for events"},
    {"lost", ColumnType::Int64, "how many events are gone here"},
    {"line", ColumnType::Bytes, "the bytes that are no event"},
}};

constexpr std::string_view kLostBefore = "lost before this record";
constexpr std::string_view kDamaged = "damaged in the log";

}  // namespace

std::span<const Column> event_columns() {
    return kTable;
}

void RecordRows::begin(PartitionId partition, const event_log::StoredRecord& record) {
    partition_ = partition;
    record_ = &record;
    lost_rows_ = record.lost_before > 0 ? 1 : 0;
    next_ = 0;
    lines_ = {};
    rest_ = {};
    if (record.is_damaged || !record.fault.empty()) {
        rows_ = lost_rows_ + 1;
        return;
    }
    rest_ = record.payload;
    lines_ = reader_.read(record.payload, record.append_time);
    rows_ = lost_rows_ + lines_.size();
}

size_t RecordRows::fill(RowChunk& chunk, size_t row) {
    for (; next_ < rows_ && row < chunk.capacity(); ++next_) set_row(chunk, row++);
    return row;
}

void RecordRows::set_row(RowChunk& chunk, size_t row) {
    chunk.set(row, Partition, partition_.value);
    chunk.set(row, AtOffset, record_->offset.value);
    chunk.set(row, AppendTime, microseconds_of(record_->append_time));
    if (next_ < lost_rows_) {
        chunk.set(row, Fault, kLostBefore);
        chunk.set(row, Lost, record_->lost_before);
        return;
    }
    const size_t place = next_ - lost_rows_;
    chunk.set(row, InRecord, static_cast<int32_t>(place));
    if (record_->is_damaged) {
        chunk.set(row, Fault, kDamaged);
        chunk.set(row, Lost, static_cast<int64_t>(record_->event_count));
        return;
    }
    if (!record_->fault.empty()) {
        chunk.set(row, Fault, record_->fault);
        chunk.set(row, Line, std::string_view(record_->payload));
        return;
    }
    std::string_view text = take_line(rest_);
    while (is_blank(text)) text = take_line(rest_);
    const event::Line& line = lines_[place];
    if (line.readable) {
        set_event(chunk, row, line.event);
    } else {
        chunk.set(row, Fault, line.error);
        chunk.set(row, Line, text);
    }
}

void RecordRows::set_event(RowChunk& chunk, size_t row, const event::Event& event) {
    chunk.set(row, ReceivedAt, microseconds_of(event.received_at));
    const std::array<std::pair<Place, std::string_view>, 17> texts = {{
        {Project, event.project},
        {EventId, event.event_id},
        {FeatureId, event.feature_id},
        {UserId, event.user_id},
        {AnonymousId, event.anonymous_id},
        {SessionId, event.session_id},
        {Page, event.page},
        {Platform, event.platform},
        {AppVersion, event.app_version},
        {Device, event.device},
        {Browser, event.browser},
        {Os, event.os},
        {Locale, event.locale},
        {Country, event.country},
        {Region, event.region},
        {Properties, event.properties_json},
        {ClientTimestamp, event.client_timestamp},
    }};
    for (const auto& [column, text] : texts) {
        if (!text.empty()) chunk.set(row, column, text);
    }
    chunk.set(row, Bot, event.bot);
    if (!event.experiments.empty()) {
        pairs_.clear();
        for (const auto& [name, value] : event.experiments) pairs_.emplace_back(name, value);
        chunk.set(row, Experiments, std::span(std::as_const(pairs_)));
    }
    if (!event.other.empty()) {
        other_.assign("{").append(event.other).append("}");
        chunk.set(row, Other, std::string_view(other_));
    }
}

Result<size_t> RecordSource::fill(RowChunk& chunk) {
    size_t row = 0;
    while (row < chunk.capacity()) {
        if (rows_.is_at_end()) {
            ASSIGN_OR_RETURN(const bool has_record, begin_next(rows_));
            if (!has_record) break;
        }
        row = rows_.fill(chunk, row);
    }
    return row;
}

}  // namespace clickmill::archive
