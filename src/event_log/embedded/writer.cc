#include "event_log/embedded/writer.h"

#include "event_log/embedded/salvage.h"

#include <algorithm>
#include <limits>
#include <ranges>
#include <utility>

namespace clickmill::event_log {
namespace {

constexpr int kRecordsPerErasure = 256;  // so that an append waits little for retention

Error unavailable(const Error& error) {
    Error why = error;
    why.code = ErrorCode::Unavailable;
    why.what = "cannot append record";
    why.why += ", accepting again once it can be written";
    return why;
}

}  // namespace

Writer::Writer(EmbeddedOptions options, Parts parts)
    : options_(std::move(options)),
      parts_(parts),
      compressor_(options_.compression_level),
      checkpointer_({options_.path, options_.vfs}, options_.checkpoints, parts.logger) {
    for (const ReaderRole reader : options_.readers) keep_from_[reader] = {};
}

void Writer::start() {
    thread_ = std::jthread([this](std::stop_token stop) { run(stop); });
}

bool Writer::enqueue(Append& append) {
    const auto bytes = static_cast<int64_t>(append.record.payload.size());
    {
        const std::lock_guard lock(mutex_);
        if (queue_bytes_ + bytes > options_.max_queue_bytes) return false;
        queue_bytes_ += bytes;
        queue_.push_back(std::move(append));
    }
    changed_.notify_one();
    return true;
}

void Writer::allow_deletion(ReaderRole reader, Offset keep_from) {
    const std::lock_guard lock(mutex_);
    const auto found = keep_from_.find(reader);
    if (found != keep_from_.end()) found->second = std::max(found->second, keep_from);
}

void Writer::run(std::stop_token stop) {
    for (;;) {
        {
            std::unique_lock lock(mutex_);
            const auto pause = file_ ? options_.retention_interval : options_.retry_interval;
            changed_.wait_for(lock, stop, pause, [&] { return !queue_.empty(); });
            if (queue_.empty() && stop.stop_requested()) break;
        }
        if (const auto damage = parts_.state.take_repair()) set_aside(*damage);
        heal();
        if (std::deque<Append> appends = take(); !appends.empty()) store(std::move(appends));
        retain();
    }
    checkpointer_.let_go();
    file_.reset();
}

// One try at a time: whoever waits is told at once, and the next round tries again.
void Writer::heal() {
    if (file_) return;
    if (const Result<void> opened = open(); !opened) {
        parts_.state.report(std::unexpected(unavailable(opened.error())), 0);
    }
}

Result<void> Writer::open() {
    checkpointer_.let_go();
    const FileName name{options_.path, options_.vfs};
    const SalvageContext context{name, options_.known_position, options_.compression_level,
                                 parts_.clock.now(), parts_.logger};
    if (std::exchange(is_damaged_, false)) RETURN_IF_ERROR(set_aside_and_salvage(context, damage_));
    RETURN_IF_ERROR(finish_interrupted_salvage(context));
    Result<std::unique_ptr<LogFile>> file =
        fail(ErrorCode::Corrupt, "event log is damaged", options_.path, "its header was changed");
    if (is_header_plausible(name)) file = LogFile::open(name, options_.known_position);
    if (!file && file.error().code == ErrorCode::Corrupt && options_.vfs.empty()) {
        RETURN_IF_ERROR(set_aside_and_salvage(context, file.error().message()));
        file = LogFile::open(name, options_.known_position);
    }
    if (!file) return std::unexpected(std::move(file).error());
    // What was written while it was broken may be there or not: readers learn which.
    parts_.state.opened((*file)->summary(), (*file)->gaps());
    RETURN_IF_ERROR((*file)->probe());
    ASSIGN_OR_RETURN(const int64_t bytes, (*file)->bytes());
    const bool was_broken = !parts_.state.view().health;
    parts_.state.report({}, bytes);
    if (was_broken) parts_.logger.info("event log accepts again", {{"path", options_.path}});
    file_ = std::move(*file);
    return {};
}

void Writer::set_aside(const std::string& why) {
    if (!options_.vfs.empty()) return;
    file_.reset();
    is_damaged_ = true;
    damage_ = why;
}

void Writer::broke(const Error& error) {
    parts_.logger.error("event log cannot be written", {{"error", error.message()}});
    parts_.state.report(std::unexpected(unavailable(error)), 0);
    file_.reset();
    if (error.code == ErrorCode::Corrupt) set_aside(error.message());
}

std::deque<Append> Writer::take() {
    const std::lock_guard lock(mutex_);
    std::deque<Append> taken;
    int64_t bytes = 0;
    while (!queue_.empty()) {
        const auto more = static_cast<int64_t>(queue_.front().record.payload.size());
        if (!taken.empty() && bytes + more > options_.max_commit_bytes) break;
        bytes += more;
        taken.push_back(std::move(queue_.front()));
        queue_.pop_front();
    }
    queue_bytes_ -= bytes;
    return taken;
}

// Everything that waits becomes as few records as their limit allows.
std::vector<NewRecord> Writer::pack(const std::deque<Append>& appends,
                                    std::vector<size_t>& record_of) {
    std::vector<NewRecord> records;
    RecordNumbers numbers{.offset = file_->summary().end,
                          .append_time = parts_.state.begin_commit(),
                          .total_events = file_->summary().total_events};
    std::string payload;
    const auto finish = [&] {
        numbers.total_events += numbers.events;
        records.push_back({numbers, compressor_.compress(payload)});
        numbers.offset = numbers.offset.next();
        numbers.events = 0;
        payload.clear();
    };
    for (const Append& append : appends) {
        const Record& record = append.record;
        const bool is_full =
            static_cast<int64_t>(payload.size() + record.payload.size()) > kMaxRecordBytes ||
            record.event_count > std::numeric_limits<int32_t>::max() - numbers.events;
        if (is_full && !payload.empty()) finish();
        payload += record.payload;
        numbers.events += record.event_count;
        record_of.push_back(records.size());
    }
    finish();
    return records;
}

void Writer::store(std::deque<Append> appends) {
    std::vector<Answer> answers;
    answers.reserve(appends.size());
    if (!file_) {
        const Result<void> health = parts_.state.view().health;
        const Error why = health ? Error{ErrorCode::Unavailable, "cannot append record",
                                         options_.path, "it is being opened"}
                                 : health.error();
        for (Append& append : appends)
            answers.push_back({std::move(append.done), std::unexpected(why)});
        parts_.answers.give(std::move(answers));
        return;
    }
    const auto begin = std::chrono::steady_clock::now();
    std::vector<size_t> record_of;
    const std::vector<NewRecord> records = pack(appends, record_of);
    const Result<void> stored = file_->append(records);
    int64_t payload_bytes = 0;
    for (size_t i = 0; i < appends.size(); ++i) {
        payload_bytes += static_cast<int64_t>(appends[i].record.payload.size());
        Result<Offset> result = records[record_of[i]].numbers.offset;
        if (!stored) result = std::unexpected(unavailable(stored.error()));
        answers.push_back({std::move(appends[i].done), std::move(result)});
    }
    if (stored) {
        parts_.state.committed(file_->summary());
        checkpointer_.wal_grew_to(file_->wal_pages());
        count(records, payload_bytes, std::chrono::steady_clock::now() - begin);
    } else {
        broke(stored.error());
    }
    parts_.answers.give(std::move(answers));
}

void Writer::retain() {
    const auto now = std::chrono::steady_clock::now();
    if (!file_ || now < next_retention_) return;
    next_retention_ = now + options_.retention_interval;
    const Result<int64_t> bytes = file_->bytes();
    if (!bytes) return broke(bytes.error());
    parts_.state.report({}, *bytes);
    const bool is_over_size = options_.retention_bytes > 0 && *bytes > options_.retention_bytes;
    if (!is_over_size && options_.retention_age.count() == 0) return;
    Offset keep_from;
    {
        const std::lock_guard lock(mutex_);
        keep_from = std::ranges::min(keep_from_ | std::views::values);
    }
    const Moment oldest = options_.retention_age.count() > 0
                              ? parts_.clock.now() - options_.retention_age
                              : Moment::min();
    const Result<LogSummary> shorter =
        file_->shortened(keep_from, oldest, is_over_size, kRecordsPerErasure);
    if (!shorter) return broke(shorter.error());
    if (shorter->first == file_->summary().first) return;
    // Readers are told first, so that none takes a deleted record for a lost one.
    parts_.state.shortened(*shorter);
    if (const Result<void> erased = file_->erase_below(*shorter); !erased)
        return broke(erased.error());
    next_retention_ = now;  // there may be more
}

void Writer::count(const std::vector<NewRecord>& records, int64_t payload_bytes,
                   std::chrono::steady_clock::duration took) {
    if (!parts_.registry) return;
    telemetry::Registry& registry = *parts_.registry;
    int64_t stored_bytes = 0;
    int64_t events = 0;
    for (const NewRecord& record : records) {
        stored_bytes += static_cast<int64_t>(record.stored.size());
        events += record.numbers.events;
    }
    registry.counter("clickmill_event_log_commits_total", "Synced commits.").add();
    registry.counter("clickmill_event_log_records_total", "Records stored.")
        .add(static_cast<int64_t>(records.size()));
    registry.counter("clickmill_event_log_events_total", "Events stored.").add(events);
    registry.counter("clickmill_event_log_payload_bytes_total", "Payload before compression.")
        .add(payload_bytes);
    registry.counter("clickmill_event_log_stored_bytes_total", "Payload as stored.")
        .add(stored_bytes);
    registry.histogram("clickmill_event_log_commit_seconds", "From taking a batch to its sync.")
        .observe(std::chrono::duration<double>(took).count());
    registry.gauge("clickmill_event_log_wal_pages", "Pages in the write-ahead log.")
        .set(static_cast<double>(file_->wal_pages()));
}

}  // namespace clickmill::event_log
