#include "server/retry_unreadable.h"

#include "base/hash.h"
#include "base/lines.h"
#include "event/line_reader.h"
#include "event_log/append_all.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <string>
#include <vector>

namespace clickmill::server {
namespace {

using event_log::UnreadableEntry;

constexpr size_t kAtOnce = 500;                  // records
constexpr int64_t kBytesAtOnce = 16 << 20;       // of their payloads
constexpr Moment kNoReceivedAt = moment_of(-1);  // stands where a line has none
constexpr std::string_view kNoReason;            // of a record that has been sent whole

struct Sorted {
    std::vector<std::string> events;  // lines as they are sent
    std::string rest;                 // lines that are still no events
    std::string_view why;             // of the first of them
};

// `line` is a JSON object, not an empty one: `member` becomes its last, which is the one that
// holds.
std::string with_member(std::string_view line, const std::string& member) {
    return fmt::format("{},{}}}", line.substr(0, line.rfind('}')), member);
}

Sorted sorted(const UnreadableEntry& entry, event::LineReader& reader) {
    Sorted sorted;
    std::map<uint64_t, int> equal_lines;
    for (std::string_view rest = entry.payload; !rest.empty();) {
        std::string line(take_line(rest));
        line.reserve(line.size() + event::kPadding);
        const auto read = reader.read(line, kNoReceivedAt);
        if (read.empty()) continue;
        const event::Line& found = read.front();
        if (read.size() != 1 || !found.readable) {
            if (sorted.rest.empty()) sorted.why = found.error;
            sorted.rest += line + '\n';
            continue;
        }
        std::string sent = line;
        if (found.event.event_id.empty()) {
            const uint64_t hash = keyed_hash(line, 0);
            sent = with_member(
                sent, fmt::format(R"("event_id":"{}-{}-{:016x}-{}")", entry.origin.partition.value,
                                  entry.origin.offset.value, hash, equal_lines[hash]++));
        }
        if (found.event.received_at == kNoReceivedAt) {
            sent = with_member(
                sent, fmt::format(R"("received_at":{})", microseconds_of(entry.append_time)));
        }
        sorted.events.push_back(std::move(sent));
    }
    return sorted;
}

class Retry {
public:
    Retry(event_log::EventLog& unreadable, event_log::EventLog& log, const RetryOptions& options,
          Moment now)
        : unreadable_(unreadable), log_(log), options_(options), now_(now) {}

    Result<void> take(UnreadableEntry entry) {
        if (entry.cut_bytes > 0 || entry.origin.partition.value >= log_.partition_count()) {
            ++report_.unreadable;
            return {};
        }
        const bool may_be_sent = entry.sending_since != Moment{};
        if (may_be_sent && now_ - entry.sending_since >= options_.repeat_window &&
            !options_.is_again) {
            ++report_.in_doubt;
            return {};
        }
        Sorted of_entry = sorted(entry, lines_);
        if (of_entry.events.empty()) {
            ++report_.unreadable;
            return {};
        }
        waiting_bytes_ += static_cast<int64_t>(entry.payload.size());
        waiting_.emplace_back(std::move(entry), std::move(of_entry));
        return waiting_.size() >= kAtOnce || waiting_bytes_ >= kBytesAtOnce ? send()
                                                                            : Result<void>{};
    }

    Result<RetryReport> finish() {
        RETURN_IF_ERROR(send());
        return report_;
    }

private:
    // Marked, sent, marked again: whatever dies in between, the next retry knows.
    Result<void> send() {
        std::vector<UnreadableEntry> marks;
        marks.reserve(waiting_.size());
        for (const auto& [entry, sorted] : waiting_) {
            marks.push_back(entry);
            marks.back().sending_since = now_;
        }
        RETURN_IF_ERROR(event_log::append_entries(unreadable_, marks));
        RETURN_IF_ERROR(send_events());
        for (size_t i = 0; i < marks.size(); ++i) {
            Sorted& sorted = waiting_[i].second;
            report_.events += static_cast<int64_t>(sorted.events.size());
            if (!sorted.rest.empty()) ++report_.unreadable;
            marks[i].reason = sorted.rest.empty() ? kNoReason : sorted.why;
            marks[i].payload = std::move(sorted.rest);
            marks[i].sending_since = {};
        }
        waiting_.clear();
        waiting_bytes_ = 0;
        return event_log::append_entries(unreadable_, marks);
    }

    Result<void> send_events() {
        std::vector<std::pair<PartitionId, event_log::Record>> records;
        records.reserve(waiting_.size());
        for (const auto& [entry, sorted] : waiting_) {
            records.emplace_back(
                entry.origin.partition,
                event_log::Record{.payload = fmt::format("{}\n", fmt::join(sorted.events, "\n")),
                                  .event_count = static_cast<int32_t>(sorted.events.size())});
        }
        return event_log::append_all(log_, std::move(records));
    }

    event_log::EventLog& unreadable_;
    event_log::EventLog& log_;
    const RetryOptions options_;
    const Moment now_;
    event::LineReader lines_;
    std::vector<std::pair<UnreadableEntry, Sorted>> waiting_;
    int64_t waiting_bytes_ = 0;
    RetryReport report_;
};

}  // namespace

Result<RetryReport> retry_unreadable(event_log::EventLog& unreadable, event_log::EventLog& log,
                                     const RetryOptions& options, Moment now) {
    Retry retry(unreadable, log, options, now);
    RETURN_IF_ERROR(event_log::for_each_unreadable(
        unreadable, [&retry](UnreadableEntry entry) { return retry.take(std::move(entry)); }));
    return retry.finish();
}

}  // namespace clickmill::server
