#include "event_log/unreadable_log.h"

#include "base/json_writer.h"
#include "base/lines.h"
#include "event_log/append_all.h"

#include <fmt/format.h>
#include <simdjson.h>

#include <algorithm>
#include <charconv>
#include <utility>

namespace clickmill::event_log {
namespace {

constexpr std::chrono::seconds kLookAgain{60};  // for a log that was missing

// Bytes that no JSON text can hold.
std::string hex_of(std::string_view bytes) {
    return fmt::format(
        "{:02x}",
        fmt::join(std::span(reinterpret_cast<const uint8_t*>(bytes.data()), bytes.size()), ""));
}

std::string bytes_of(std::string_view hex) {
    std::string bytes;
    bytes.reserve(hex.size() / 2);
    for (size_t i = 0; i + 1 < hex.size(); i += 2) {
        uint8_t byte = 0;
        std::from_chars(hex.data() + i, hex.data() + i + 2, byte, 16);
        bytes += static_cast<char>(byte);
    }
    return bytes;
}

using Place = std::pair<Offset, size_t>;  // a record, and which line of it
using OnLine = std::function<Result<void>(const Place&, std::string_view)>;

Result<void> for_each_line(EventLog& log, const PartitionState& until, const OnLine& on_line) {
    ASSIGN_OR_RETURN(const auto reader, log.read(PartitionId{0}, until.first));
    for (Offset next = until.first; next < until.end;) {
        ASSIGN_OR_RETURN(const Batch batch, reader->next({}, {}));
        for (const StoredRecord& record : batch.records) {
            if (record.offset >= until.end) return {};
            size_t number = 0;
            for (std::string_view rest = record.payload; !rest.empty();) {
                RETURN_IF_ERROR(on_line({record.offset, number++}, take_line(rest)));
            }
        }
        next = batch.next;
    }
    return {};
}

}  // namespace

std::string line_of(const UnreadableEntry& entry) {
    JsonWriter json;
    json.begin_object()
        .field("log", entry.origin.log)
        .field("partition", entry.origin.partition.value)
        .field("offset", entry.origin.offset.value)
        .field("append_time", microseconds_of(entry.append_time))
        .field("reason", entry.reason);
    const std::string_view kept = std::string_view(entry.payload).substr(0, kMaxKeptBytes);
    if (simdjson::validate_utf8(kept.data(), kept.size())) {
        json.field("payload", kept);
    } else {
        json.field("payload_hex", hex_of(kept));
    }
    const auto cut = entry.cut_bytes + static_cast<int64_t>(entry.payload.size() - kept.size());
    if (cut > 0) json.field("cut_bytes", cut);
    if (entry.sending_since != Moment{}) {
        json.field("sending_since", microseconds_of(entry.sending_since));
    }
    json.end_object();
    return json.take() + '\n';
}

Result<UnreadableEntry> unreadable_entry_of(std::string_view line) {
    namespace dom = simdjson::dom;
    const auto refused = [](const char* why) {
        return fail(ErrorCode::InvalidInput, "cannot read the log of what is unreadable", "", why);
    };
    dom::parser parser;
    dom::object object;
    if (parser.parse(line.data(), line.size()).get_object().get(object)) {
        return refused("a line in it is no JSON object");
    }
    UnreadableEntry entry;
    int64_t partition = 0;
    int64_t append_time = 0;
    std::string_view log;
    std::string_view reason;
    if (object["log"].get(log) || object["reason"].get(reason) ||
        object["partition"].get(partition) || object["append_time"].get(append_time) ||
        object["offset"].get(entry.origin.offset.value)) {
        return refused("a line in it names no record");
    }
    entry.origin.log = log;
    entry.origin.partition.value = static_cast<int32_t>(partition);
    entry.append_time = moment_of(append_time);
    entry.reason = reason;
    std::string_view payload;
    if (!object["payload"].get(payload)) entry.payload = payload;
    if (!object["payload_hex"].get(payload)) entry.payload = bytes_of(payload);
    std::ignore = object["cut_bytes"].get(entry.cut_bytes);
    int64_t sending_since = 0;
    std::ignore = object["sending_since"].get(sending_since);
    entry.sending_since = moment_of(sending_since);
    return entry;
}

Result<void> append_entries(EventLog& unreadable, std::span<const UnreadableEntry> entries) {
    std::vector<std::pair<PartitionId, Record>> records;
    records.reserve(entries.size());
    for (const UnreadableEntry& entry : entries) {
        records.emplace_back(PartitionId{0}, Record{.payload = line_of(entry), .event_count = 1});
    }
    return append_all(unreadable, std::move(records));
}

Result<void> for_each_unreadable(EventLog& unreadable, const OnEntry& on_entry) {
    ASSIGN_OR_RETURN(const PartitionState until, unreadable.state(PartitionId{0}));
    std::map<Origin, Place> last;
    RETURN_IF_ERROR(for_each_line(
        unreadable, until, [&last](const Place& place, std::string_view line) -> Result<void> {
            ASSIGN_OR_RETURN(UnreadableEntry entry, unreadable_entry_of(line));
            last[std::move(entry.origin)] = place;
            return {};
        }));
    return for_each_line(unreadable, until,
                         [&](const Place& place, std::string_view line) -> Result<void> {
                             ASSIGN_OR_RETURN(UnreadableEntry entry, unreadable_entry_of(line));
                             if (entry.payload.empty() && entry.reason.empty()) return {};
                             if (last[entry.origin] != place) return {};
                             return on_entry(std::move(entry));
                         });
}

UnreadableLog::UnreadableLog(std::string log, Open open, Clock& clock, telemetry::Logger& logger,
                             telemetry::Registry& registry)
    : name_(std::move(log)),
      open_(std::move(open)),
      clock_(clock),
      logger_(logger),
      kept_(registry.counter("clickmill_aggregator_unreadable_kept_total",
                             "Unreadable records copied to the log of what is unreadable.")),
      not_kept_(registry.counter("clickmill_aggregator_unreadable_not_kept_total",
                                 "Unreadable records counted without a copy: there is no log for "
                                 "them.")) {}

Result<void> UnreadableLog::keep(PartitionId partition, std::span<const Unreadable> unreadable) {
    const std::lock_guard lock(mutex_);
    ASSIGN_OR_RETURN(const bool is_there, open_if_there());
    if (!is_there) {
        not_kept_.add(static_cast<int64_t>(unreadable.size()));
        return {};
    }
    std::vector<UnreadableEntry> entries;
    entries.reserve(unreadable.size());
    for (const Unreadable& one : unreadable) {
        entries.push_back({.origin = {name_, partition, one.offset},
                           .append_time = one.append_time,
                           .reason = std::string(one.reason),
                           .payload = one.payload});
    }
    if (const Result<void> kept = append_entries(*log_, entries); !kept) {
        if (kept.error().code == ErrorCode::Unavailable) return kept;
        logger_.warn("what is unreadable is counted, but no copy is kept",
                     {{"error", kept.error().message()}});
        not_kept_.add(static_cast<int64_t>(unreadable.size()));
        return {};
    }
    kept_.add(static_cast<int64_t>(unreadable.size()));
    return {};
}

Result<bool> UnreadableLog::open_if_there() {
    if (log_) return true;
    if (clock_.steady() < missing_until_) return false;
    auto opened = open_();
    if (!opened && opened.error().code == ErrorCode::NotFound) {
        logger_.warn("what is unreadable is counted, but no copy is kept",
                     {{"error", opened.error().message()}});
        missing_until_ = clock_.steady() + kLookAgain;
        return false;
    }
    if (!opened) return std::unexpected(std::move(opened).error());
    log_ = *std::move(opened);
    return true;
}

}  // namespace clickmill::event_log
