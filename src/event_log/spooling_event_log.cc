#include "event_log/spooling_event_log.h"

#include "base/thread_name.h"
#include "event_log/append_all.h"
#include "event_log/spool_files.h"

#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <mutex>
#include <optional>
#include <span>
#include <thread>

namespace clickmill::event_log {
namespace {

constexpr PartitionId kSpool{0};  // the spool's only partition
constexpr auto kWhat = "cannot append record";
constexpr std::chrono::seconds kPatience{30};      // the first time
constexpr std::chrono::seconds kShortPatience{2};  // when we can do without

struct Counters {
    explicit Counters(telemetry::Registry& registry)
        : accepted(registry.counter("clickmill_spool_accepted_events_total",
                                    "Events that the spool took while Kafka was away.")),
          drained(registry.counter("clickmill_spool_drained_events_total",
                                   "Events that went on from the spool to Kafka.")),
          lost(registry.counter("clickmill_spool_lost_events_total",
                                "Accepted events that a damaged spool has lost.")),
          records(registry.gauge("clickmill_spool_waiting_records",
                                 "Records of the spool that wait for Kafka.")),
          bytes(registry.gauge("clickmill_spool_bytes", "Size of the spool.")),
          oldest(registry.gauge("clickmill_spool_oldest_seconds",
                                "Age of the oldest record that waits for Kafka.")) {}
    telemetry::Counter& accepted;
    telemetry::Counter& drained;
    telemetry::Counter& lost;
    telemetry::Gauge& records;
    telemetry::Gauge& bytes;
    telemetry::Gauge& oldest;
};

// Appends that are on their way to the main log; outlives whoever waits for it.
struct Round {
    std::mutex mutex;  // guards what follows
    std::condition_variable_any changed;
    size_t open = 0;
    std::vector<std::pair<size_t, Result<Offset>>> answers;
};

class OpenSpoolingEventLog final : public SpoolingEventLog {
public:
    OpenSpoolingEventLog(SpoolOptions options, std::unique_ptr<EventLog> spool, OpenMain open_main,
                         Parts parts)
        : options_(std::move(options)),
          open_main_(std::move(open_main)),
          parts_(parts),
          counters_(parts.registry),
          spool_(std::move(spool)) {}

    // Answers all: first those that the main log still has, they may go to the spool.
    ~OpenSpoolingEventLog() override {
        thread_ = {};
        main_owner_.reset();
        answer_refused();
    }

    Result<void> start() {
        ASSIGN_OR_RETURN(const PartitionState state, spool_->state(kSpool));
        log_id_ = state.log_id;
        drained_ = std::clamp(drained_to(options_.folder, log_id_), state.first, state.end);
        is_spooling_ = drained_ < state.end;
        const auto before = spool_target(options_.folder);
        if (is_spooling_ && before && before->name != options_.main_name) {
            return fail(ErrorCode::Conflict, "clicks wait in the spool for another topic",
                        options_.folder,
                        fmt::format("for {}, not {}; let them go there first", before->name,
                                    options_.main_name));
        }
        if (before && before->name == options_.main_name) partitions_ = before->partitions;
        const Result<void> opened =
            open_main(partitions_ > 0 ? kShortPatience : kPatience, !is_spooling_);
        if (!opened && (partitions_ == 0 || opened.error().code != ErrorCode::Unavailable)) {
            return opened;
        }
        if (!opened) begin_spooling(opened.error());
        thread_ = std::jthread([this](std::stop_token stop) {
            name_this_thread("spool");
            run(stop);
        });
        return {};
    }

    void append(PartitionId partition, Record record, AppendDone done) override {
        EventLog* main = main_.load();
        const Result<void> health = main ? main->health() : Result<void>();
        // Another topic under the name, or partitions added: nothing will drain the spool.
        if (!health && health.error().code == ErrorCode::Conflict) {
            return refuse(std::move(done), health.error());
        }
        if (!main || !health || is_spooling()) {
            if (!health) begin_spooling(health.error());
            return spool(partition, record, std::move(done));
        }
        Record kept = record;
        main->append(partition, std::move(record),
                     [this, partition, kept = std::move(kept),
                      done = std::move(done)](Result<Offset> result) mutable {
                         if (result || result.error().code != ErrorCode::Unavailable) {
                             return done(std::move(result));
                         }
                         begin_spooling(result.error());
                         spool(partition, kept, std::move(done));
                     });
    }

    int32_t partition_count() const override { return partitions_; }

    Result<PartitionState> state(PartitionId partition) override {
        ASSIGN_OR_RETURN(EventLog * main, main_log());
        return main->state(partition);
    }
    Result<std::unique_ptr<Reader>> read(PartitionId partition, Offset from) override {
        ASSIGN_OR_RETURN(EventLog * main, main_log());
        return main->read(partition, from);
    }
    Result<std::unique_ptr<Assignment>> join() override {
        ASSIGN_OR_RETURN(EventLog * main, main_log());
        return main->join();
    }
    void allow_deletion(PartitionId partition, Offset keep_from) override {
        if (EventLog* main = main_.load()) main->allow_deletion(partition, keep_from);
    }
    void note_counted(PartitionId partition, Offset through) override {
        if (EventLog* main = main_.load()) main->note_counted(partition, through);
    }

    // Appends succeed while one of the two takes them.
    Result<void> health() override {
        EventLog* main = main_.load();
        const Result<void> of_main = main ? main->health() : Result<void>();
        if (!of_main && of_main.error().code == ErrorCode::Conflict) return of_main;
        if (main && of_main && !is_spooling()) return {};
        RETURN_IF_ERROR(spool_->health());
        const std::lock_guard lock(mutex_);
        return refusal_;
    }

private:
    bool is_spooling() {
        const std::lock_guard lock(mutex_);
        return is_spooling_;
    }

    void begin_spooling(const Error& why) {
        const std::lock_guard lock(mutex_);
        if (!is_spooling_) {
            parts_.logger.warn("clicks go to the spool", {{"error", why.message()}});
        }
        is_spooling_ = true;
        changed_.notify_one();
    }

    Result<EventLog*> main_log() const {
        if (EventLog* main = main_.load()) return main;
        return fail(ErrorCode::Unavailable, "cannot read event log", options_.main_name,
                    "it was not reached since the start");
    }

    Result<void> check(PartitionId partition, const Record& record) const {
        if (partition.value < 0 || partition.value >= partitions_) {
            return fail(ErrorCode::InvalidInput, "no such partition",
                        fmt::format("{}[{}]", options_.main_name, partition.value));
        }
        if (record.event_count > 0 && !record.payload.empty()) return {};
        return fail(ErrorCode::InvalidInput, kWhat, options_.main_name, "it has no event");
    }

    void spool(PartitionId partition, const Record& record, AppendDone done) {
        Result<void> may = check(partition, record);
        if (may) {
            const std::lock_guard lock(mutex_);
            may = refusal_;
            if (may) ++open_appends_;
        }
        if (!may) return refuse(std::move(done), std::move(may).error());
        const int32_t events = record.event_count;
        spool_->append(kSpool, spooled(partition, record),
                       [this, events, done = std::move(done)](Result<Offset> result) mutable {
                           if (result) counters_.accepted.add(events);
                           done(std::move(result));
                           const std::lock_guard lock(mutex_);
                           --open_appends_;
                       });
    }

    // Answers come from a thread of the log.
    void refuse(AppendDone done, Error why) {
        if (why.code == ErrorCode::Conflict) why.code = ErrorCode::Unavailable;
        const std::lock_guard lock(mutex_);
        refused_.emplace_back(std::move(done), std::move(why));
        changed_.notify_one();
    }

    void answer_refused() {
        std::vector<std::pair<AppendDone, Error>> refused;
        {
            const std::lock_guard lock(mutex_);
            refused.swap(refused_);
        }
        for (auto& [done, why] : refused) done(std::unexpected(std::move(why)));
    }

    // At the start an empty spool takes any number of partitions.
    Result<void> open_main(std::chrono::milliseconds patience, bool takes_any) {
        ASSIGN_OR_RETURN(auto main, open_main_(patience));
        const int32_t found = main->partition_count();
        if (takes_any) partitions_ = found;
        if (partitions_ != found) {
            return fail(ErrorCode::Conflict, "clicks wait in the spool for another topic",
                        options_.folder,
                        fmt::format("for {} partitions, {} has {}; let them go to a topic of {} "
                                    "first, or move the folder away",
                                    partitions_, options_.main_name, found, partitions_));
        }
        RETURN_IF_ERROR(keep_spool_target(options_.folder, {options_.main_name, partitions_}));
        main_owner_ = std::move(main);
        main_.store(main_owner_.get());
        return {};
    }

    Offset spool_end() {
        const auto state = spool_->state(kSpool);
        return state ? state->end : Offset{INT64_MAX};
    }

    // ---- The thread that drains. ----

    void run(std::stop_token stop) {
        while (!stop.stop_requested()) {
            answer_refused();
            show();
            auto pause = options_.interval;
            if (is_spooling()) pause = drain(stop);
            std::unique_lock lock(mutex_);
            changed_.wait_for(lock, stop, pause, [this] { return !refused_.empty(); });
        }
    }

    // A step; returns how long to wait for the next one.
    std::chrono::milliseconds drain(const std::stop_token& stop) {
        if (pending_.empty()) load();
        if (!main_.load()) {
            const Result<void> opened = open_main(kShortPatience, false);
            if (!opened && opened.error().code != ErrorCode::Unavailable) {
                const std::lock_guard lock(mutex_);
                refusal_ = opened;
            }
            if (!opened) return options_.interval;
        }
        if (!main_.load()->health()) return options_.interval;
        if (!pending_.empty()) return send(stop);
        const Offset end = spool_end();
        const std::lock_guard lock(mutex_);
        if (open_appends_ > 0 || end != drained_) return std::chrono::milliseconds(1);
        is_spooling_ = false;
        parts_.logger.info("the spool is empty, clicks go to the event log again");
        return options_.interval;
    }

    void load() {
        const Result<void> loaded = try_load();
        if (loaded) return;
        parts_.logger.error("cannot read the spool, trying again",
                            {{"error", loaded.error().message()}});
        reader_.reset();
    }

    Result<void> try_load() {
        if (!reader_) {
            ASSIGN_OR_RETURN(reader_, spool_->read(kSpool, drained_));
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

    void count_lost(int64_t events) {
        if (events == 0) return;
        counters_.lost.add(events);
        parts_.logger.error("the spool is damaged: accepted clicks are lost", {{"events", events}});
    }

    std::chrono::milliseconds send(const std::stop_token& stop) {
        const auto round = std::make_shared<Round>();
        round->open = pending_.size();
        for (size_t i = 0; i < pending_.size(); ++i) {
            main_.load()->append(pending_[i].partition, pending_[i].record,
                                 [round, i](Result<Offset> result) {
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
    std::chrono::milliseconds settle(Round& round) {
        std::vector<SpooledAppend> left;
        std::vector<SpooledAppend> unwanted;
        std::optional<Error> refusal;
        std::ranges::sort(round.answers, {}, [](const auto& answer) { return answer.first; });
        for (auto& [i, result] : round.answers) {
            SpooledAppend& append = pending_[i];
            if (result) {
                counters_.drained.add(append.record.event_count);
            } else if (result.error().code == ErrorCode::Unavailable) {
                left.push_back(std::move(append));
            } else {
                unwanted.push_back(std::move(append));
                refusal = std::move(result).error();
            }
        }
        if (refusal) {
            parts_.logger.warn("the event log refuses clicks of the spool; they are kept",
                               {{"appends", static_cast<int64_t>(unwanted.size())},
                                {"error", refusal->message()}});
            if (!put_at_the_end(unwanted)) std::ranges::move(unwanted, std::back_inserter(left));
        }
        pending_ = std::move(left);
        if (!pending_.empty()) return options_.interval;
        const bool is_noted = note_drained().has_value();
        if (refusal) return options_.refusal_interval;
        return is_noted ? std::chrono::milliseconds(0) : options_.interval;
    }

    bool put_at_the_end(std::span<const SpooledAppend> appends) {
        std::vector<std::pair<PartitionId, Record>> records;
        records.reserve(appends.size());
        for (const auto& [partition, record] : appends) {
            records.emplace_back(kSpool, spooled(partition, record));
        }
        return append_all(*spool_, std::move(records)).has_value();
    }

    // A position that cannot be kept now is kept with the next one.
    Result<void> note_drained() {
        drained_ = batch_next_;
        const Result<void> kept = keep_drained_to(options_.folder, log_id_, drained_);
        if (!kept) {
            parts_.logger.error("cannot note how far the spool is drained",
                                {{"error", kept.error().message()}});
            return kept;
        }
        spool_->allow_deletion(kSpool, drained_);
        return {};
    }

    void show() {
        const auto state = spool_->state(kSpool);
        if (!state) return;
        const int64_t waiting = state->end.value - drained_.value;
        const auto age =
            pending_.empty()
                ? std::chrono::seconds(0)
                : std::chrono::duration_cast<std::chrono::seconds>(parts_.clock.now() - oldest_);
        counters_.records.set(static_cast<double>(waiting));
        counters_.bytes.set(static_cast<double>(state->bytes));
        counters_.oldest.set(static_cast<double>(age.count()));
        const std::lock_guard lock(mutex_);
        parts_.health.note("spool", is_spooling_
                                        ? fmt::format("clicks wait in the spool: {} records, the "
                                                      "oldest for {} s",
                                                      waiting, age.count())
                                        : "");
        if (!refusal_ && refusal_.error().code == ErrorCode::Conflict) return;
        refusal_ = bounds(*state, waiting, age);
    }

    Result<void> bounds(const PartitionState& state, int64_t waiting,
                        std::chrono::seconds age) const {
        if (waiting > 0 && state.bytes >= options_.max_bytes) {
            return fail(ErrorCode::Unavailable, kWhat, options_.folder,
                        fmt::format("the spool is full: {} bytes wait for {}", state.bytes,
                                    options_.main_name));
        }
        if (age >= options_.max_age) {
            return fail(ErrorCode::Unavailable, kWhat, options_.folder,
                        fmt::format("clicks have waited in the spool for {} s, as long as repeats "
                                    "are recognised",
                                    age.count()));
        }
        return {};
    }

    const SpoolOptions options_;
    const OpenMain open_main_;
    const Parts parts_;
    Counters counters_;
    std::string log_id_;  // of the spool
    int32_t partitions_ = 0;

    std::mutex mutex_;  // guards what follows
    std::condition_variable_any changed_;
    bool is_spooling_ = false;
    int64_t open_appends_ = 0;  // to the spool, not yet answered
    Result<void> refusal_;      // why the spool takes no more
    std::vector<std::pair<AppendDone, Error>> refused_;

    // Of the thread alone, once it runs.
    Offset drained_;
    Offset batch_next_;  // where the spool is drained to once nothing is pending
    std::vector<SpooledAppend> pending_;
    Moment oldest_{};  // when the first of them was taken

    const std::unique_ptr<EventLog> spool_;
    std::unique_ptr<Reader> reader_;  // of the spool
    std::unique_ptr<EventLog> main_owner_;
    std::atomic<EventLog*> main_{nullptr};  // set once
    std::jthread thread_;
};

}  // namespace

Result<std::unique_ptr<SpoolingEventLog>> SpoolingEventLog::open(SpoolOptions options,
                                                                 std::unique_ptr<EventLog> spool,
                                                                 OpenMain open_main, Parts parts) {
    auto log = std::make_unique<OpenSpoolingEventLog>(std::move(options), std::move(spool),
                                                      std::move(open_main), parts);
    RETURN_IF_ERROR(log->start());
    return log;
}

}  // namespace clickmill::event_log
