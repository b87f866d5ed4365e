#include "event_log/spool_drain.h"

#include "event_log/append_all.h"

#include <algorithm>
#include <condition_variable>
#include <iterator>
#include <mutex>
#include <optional>
#include <utility>

namespace clickmill::event_log {

// Appends that are on their way to the main log; outlives whoever waits for it.
struct SpoolDrain::Round {
    std::mutex mutex;  // guards what follows
    std::condition_variable_any changed;
    size_t open = 0;
    std::vector<std::pair<size_t, Result<Offset>>> answers;
};

SpoolDrain::SpoolDrain(const SpoolOptions& options, EventLog& spool, telemetry::Logger& logger,
                       telemetry::Registry& registry)
    : options_(options),
      spool_(spool),
      logger_(logger),
      drained_events_(registry.counter("clickmill_spool_drained_events_total",
                                       "Events that went on from the spool to Kafka.")),
      lost_events_(registry.counter("clickmill_spool_lost_events_total",
                                    "Accepted events that a damaged spool has lost.")) {}

void SpoolDrain::begin(const PartitionState& state) {
    log_id_ = state.log_id;
    drained_ = std::clamp(drained_to(options_.folder, log_id_), state.first, state.end);
}

std::chrono::seconds SpoolDrain::age(Moment now) const {
    if (pending_.empty()) return {};
    return std::chrono::duration_cast<std::chrono::seconds>(now - oldest_);
}

void SpoolDrain::load() {
    const Result<void> loaded = try_load();
    if (loaded) return;
    logger_.error("cannot read the spool, trying again", {{"error", loaded.error().message()}});
    reader_.reset();
}

Result<void> SpoolDrain::try_load() {
    if (!reader_) {
        ASSIGN_OR_RETURN(reader_, spool_.read(kSpool, drained_));
    }
    ASSIGN_OR_RETURN(const Batch batch,
                     reader_->next({.max_bytes = options_.batch_bytes, .wait = {}}, {}));
    for (const StoredRecord& record : batch.records) {
        if (pending_.empty()) oldest_ = record.append_time;
        count_lost(record.lost_before + (record.is_damaged ? record.event_count : 0));
        if (record.is_damaged) continue;
        auto appends = appends_of(record.payload);
        if (!appends) {
            count_lost(record.event_count);
            continue;
        }
        std::ranges::move(*appends, std::back_inserter(pending_));
    }
    batch_next_ = batch.next;
    if (pending_.empty() && batch_next_ > drained_) return note_drained();
    return {};
}

void SpoolDrain::count_lost(int64_t events) {
    if (events == 0) return;
    lost_events_.add(events);
    logger_.error("the spool is damaged: accepted clicks are lost", {{"events", events}});
}

std::chrono::milliseconds SpoolDrain::send(EventLog& main, const std::stop_token& stop) {
    const auto round = std::make_shared<Round>();
    round->open = pending_.size();
    for (size_t i = 0; i < pending_.size(); ++i) {
        main.append(pending_[i].partition, pending_[i].record, [round, i](Result<Offset> result) {
            const std::lock_guard lock(round->mutex);
            round->answers.emplace_back(i, std::move(result));
            if (--round->open == 0) round->changed.notify_one();
        });
    }
    std::unique_lock lock(round->mutex);
    if (!round->changed.wait(lock, stop, [&round] { return round->open == 0; })) return {};
    return settle(*round);
}

// What was delivered is done, what was not stays; what the main log does not want goes to the
// end.
std::chrono::milliseconds SpoolDrain::settle(Round& round) {
    std::vector<SpooledAppend> left;
    std::vector<SpooledAppend> unwanted;
    std::optional<Error> refusal;
    std::ranges::sort(round.answers, {}, [](const auto& answer) { return answer.first; });
    for (auto& [i, result] : round.answers) {
        SpooledAppend& append = pending_[i];
        if (result) {
            drained_events_.add(append.record.event_count);
        } else if (result.error().code == ErrorCode::Unavailable) {
            left.push_back(std::move(append));
        } else {
            unwanted.push_back(std::move(append));
            refusal = std::move(result).error();
        }
    }
    if (refusal) {
        logger_.warn(
            "the event log refuses clicks of the spool; they are kept",
            {{"appends", static_cast<int64_t>(unwanted.size())}, {"error", refusal->message()}});
        if (!put_at_the_end(unwanted)) std::ranges::move(unwanted, std::back_inserter(left));
    }
    pending_ = std::move(left);
    if (!pending_.empty()) return options_.interval;
    const bool is_noted = note_drained().has_value();
    if (refusal) return options_.refusal_interval;
    return is_noted ? std::chrono::milliseconds(0) : options_.interval;
}

bool SpoolDrain::put_at_the_end(std::span<const SpooledAppend> appends) {
    std::vector<std::pair<PartitionId, Record>> records;
    records.reserve(appends.size());
    for (const auto& [partition, record] : appends) {
        records.emplace_back(kSpool, spooled(partition, record));
    }
    return append_all(spool_, std::move(records)).has_value();
}

// A position that cannot be kept now is kept with the next one.
Result<void> SpoolDrain::note_drained() {
    drained_ = batch_next_;
    const Result<void> kept = keep_drained_to(options_.folder, log_id_, drained_);
    if (!kept) {
        logger_.error("cannot note how far the spool is drained",
                      {{"error", kept.error().message()}});
        return kept;
    }
    spool_.allow_deletion(kSpool, ReaderRole::Aggregator, drained_);
    return {};
}

}  // namespace clickmill::event_log
