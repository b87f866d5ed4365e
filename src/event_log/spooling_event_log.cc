#include "event_log/spooling_event_log.h"

#include "base/thread_name.h"
#include "event_log/spool_drain.h"
#include "event_log/spool_files.h"

#include <fmt/format.h>

#include <atomic>
#include <condition_variable>
#include <mutex>
#include <thread>

namespace clickmill::event_log {
namespace {

constexpr auto kWhat = "cannot append record";
constexpr std::chrono::seconds kPatience{30};      // the first time
constexpr std::chrono::seconds kShortPatience{2};  // when we can do without
constexpr std::chrono::seconds kCaughtUp{1};       // nothing in hand has waited for longer

struct Counters {
    explicit Counters(telemetry::Registry& registry)
        : accepted(registry.counter("clickmill_spool_accepted_events_total",
                                    "Events that the spool took while Kafka was away.")),
          records(registry.gauge("clickmill_spool_waiting_records",
                                 "Records of the spool that wait for Kafka.")),
          bytes(registry.gauge("clickmill_spool_bytes", "Size of the spool.")),
          oldest(registry.gauge("clickmill_spool_oldest_seconds",
                                "Age of the oldest record that waits for Kafka.")) {}
    telemetry::Counter& accepted;
    telemetry::Gauge& records;
    telemetry::Gauge& bytes;
    telemetry::Gauge& oldest;
};

class OpenSpoolingEventLog final : public SpoolingEventLog {
public:
    OpenSpoolingEventLog(SpoolOptions options, std::unique_ptr<EventLog> spool, OpenMain open_main,
                         Parts parts)
        : options_(std::move(options)),
          open_main_(std::move(open_main)),
          parts_(parts),
          counters_(parts.registry),
          spool_(std::move(spool)),
          drain_(options_, *spool_, parts.logger, parts.registry) {}

    // Answers all: first those that the main log still has, they may go to the spool.
    ~OpenSpoolingEventLog() override {
        thread_ = {};
        main_owner_.reset();
        answer_refused();
    }

    Result<void> start() {
        ASSIGN_OR_RETURN(const PartitionState state, spool_->state(kSpool));
        drain_.begin(state);
        is_empty_ = drain_.drained() == state.end;
        is_spooling_ = !is_empty_;
        const auto before = spool_target(options_.folder);
        if (!is_empty_ && before && before->name != options_.main_name) {
            return fail(ErrorCode::Conflict, "clicks wait in the spool for another topic",
                        options_.folder,
                        fmt::format("for {}, not {}; let them go there first", before->name,
                                    options_.main_name));
        }
        if (before && before->name == options_.main_name) partitions_ = before->partitions;
        const Result<void> opened =
            open_main(partitions_ > 0 ? kShortPatience : kPatience, is_empty_);
        if (!opened && (partitions_ == 0 || opened.error().code != ErrorCode::Unavailable)) {
            return opened;
        }
        if (!opened) begin_spooling(opened.error());
        show();
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
    void allow_deletion(PartitionId partition, ReaderRole reader, Offset keep_from) override {
        if (EventLog* main = main_.load()) main->allow_deletion(partition, reader, keep_from);
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
            // Before the click is answered: whoever reads that none waits may rely on it.
            if (may && is_empty_) parts_.health.note("spool", "clicks wait in the spool");
            if (may) is_empty_ = false;
        }
        if (!may) return refuse(std::move(done), std::move(may).error());
        const int32_t events = record.event_count;
        spool_->append(kSpool, spooled(partition, record),
                       [this, events, done = std::move(done)](Result<Offset> result) mutable {
                           if (result) counters_.accepted.add(events);
                           {
                               const std::lock_guard lock(mutex_);
                               --open_appends_;
                           }
                           // Last: whoever is answered may let go of this log.
                           done(std::move(result));
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
            if (has_work()) pause = step(stop);
            std::unique_lock lock(mutex_);
            changed_.wait_for(lock, stop, pause, [this] { return !refused_.empty(); });
        }
    }

    bool has_work() {
        const std::lock_guard lock(mutex_);
        return is_spooling_ || !is_empty_;
    }

    // A step; returns how long to wait for the next one.
    std::chrono::milliseconds step(const std::stop_token& stop) {
        if (!drain_.has_pending()) drain_.load();
        if (!main_.load()) {
            const Result<void> opened = open_main(kShortPatience, false);
            if (!opened && opened.error().code != ErrorCode::Unavailable) {
                const std::lock_guard lock(mutex_);
                refusal_ = opened;
            }
            if (!opened) return options_.interval;
        }
        if (!main_.load()->health()) return options_.interval;
        if (drain_.age(parts_.clock.now()) < kCaughtUp) end_spooling();
        if (drain_.has_pending()) return drain_.send(*main_.load(), stop);
        return is_empty() ? options_.interval : std::chrono::milliseconds(1);
    }

    // An append that comes while the end is read says for itself that the spool is not empty.
    bool is_empty() {
        {
            const std::lock_guard lock(mutex_);
            is_empty_ = open_appends_ == 0;
        }
        const bool is_drained = spool_end() == drain_.drained();
        const std::lock_guard lock(mutex_);
        is_empty_ = is_empty_ && is_drained;
        return is_empty_;
    }

    // Under load a spool that new clicks join is never empty: its last ones go beside them.
    void end_spooling() {
        const std::lock_guard lock(mutex_);
        if (is_spooling_) parts_.logger.info("clicks go to the event log again");
        is_spooling_ = false;
    }

    void show() {
        const auto state = spool_->state(kSpool);
        if (!state) return;
        const int64_t waiting = state->end.value - drain_.drained().value;
        const auto age = drain_.age(parts_.clock.now());
        counters_.records.set(static_cast<double>(waiting));
        counters_.bytes.set(static_cast<double>(state->bytes));
        counters_.oldest.set(static_cast<double>(age.count()));
        const std::lock_guard lock(mutex_);
        parts_.health.note("spool", is_spooling_ || !is_empty_
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
    int32_t partitions_ = 0;

    std::mutex mutex_;  // guards what follows
    std::condition_variable_any changed_;
    bool is_spooling_ = false;  // new clicks go to the spool
    bool is_empty_ = true;      // nothing is in it, nor on its way to it
    int64_t open_appends_ = 0;  // to the spool, not yet answered
    Result<void> refusal_;      // why the spool takes no more
    std::vector<std::pair<AppendDone, Error>> refused_;

    const std::unique_ptr<EventLog> spool_;
    SpoolDrain drain_;  // of the thread alone, once it runs
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
