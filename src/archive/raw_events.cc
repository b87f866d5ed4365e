#include "archive/raw_events.h"

#include "archive/event_table.h"
#include "archive/file_writer.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <map>

namespace clickmill::archive {

// What is in the log behind the files, partition by partition, up to the ends that it had.
class RawEvents::TailSource final : public RecordSource {
public:
    explicit TailSource(const RawEvents& events)
        : log_(*events.sources_.log), tails_(events.tails_) {}

private:
    Result<bool> begin_next(RecordRows& rows) override {
        while (tail_ < tails_.size()) {
            const Tail& tail = tails_[tail_];
            if (!reader_) {
                ASSIGN_OR_RETURN(reader_, log_.read(tail.partition, tail.from));
                batch_ = {};
                used_ = 0;
            }
            if (used_ == batch_.records.size()) {
                ASSIGN_OR_RETURN(batch_, reader_->next({.wait = {}}, {}));
                used_ = 0;
            }
            if (used_ < batch_.records.size() && batch_.records[used_].offset < tail.end) {
                rows.begin(tail.partition, batch_.records[used_++]);
                return true;
            }
            if (!batch_.records.empty() || batch_.at_end_since) {  // past its end
                reader_.reset();
                ++tail_;
            }
        }
        return false;
    }

    event_log::EventLog& log_;
    const std::vector<Tail>& tails_;
    size_t tail_ = 0;
    std::unique_ptr<event_log::Reader> reader_;
    event_log::Batch batch_;
    size_t used_ = 0;
};

Result<std::unique_ptr<RawEvents>> RawEvents::open(EngineOptions options, RawSources sources) {
    std::unique_ptr<RawEvents> events(new RawEvents(sources));
    if (sources.store) RETURN_IF_ERROR(events->find_files(options));
    ASSIGN_OR_RETURN(events->engine_, Engine::open(options));
    if (sources.log) RETURN_IF_ERROR(events->ask_log());
    RETURN_IF_ERROR(events->find_tail());
    RETURN_IF_ERROR(events->make_view());
    return events;
}

Result<void> RawEvents::find_files(EngineOptions& options) {
    ASSIGN_OR_RETURN(const std::vector<FileName> all, list_files(*sources_.store));
    for (const PartitionFiles& partition : partitions_of(all)) {
        for (const Seam& seam : partition.seams) {
            if (seam.kind == Seam::Kind::Overlap) {
                left_out_.push_back({text_of(seam.after), "it lies over " + text_of(seam.before)});
            }
        }
        for (const FileName& name : partition.files) {
            ASSIGN_OR_RETURN(LocalFile file, sources_.store->get(text_of(name)));
            options.files.push_back(file.path());
            names_.push_back(name);
            paths_.push_back(file.path());
            files_.push_back(std::move(file));
        }
    }
    return {};
}

// Empty: the file is what its name says, and of our log.
std::string RawEvents::why_not(const FileName& name, const std::string& path) {
    const auto log_id = log_id_of(*engine_, path);
    if (!log_id) return log_id.error().why;
    if (!sources_.log) return {};
    if (name.partition.value >= sources_.log->partition_count())
        return "the event log has no such partition";
    const auto& state = states_[static_cast<size_t>(name.partition.value)];
    return *log_id == state.log_id ? "" : "it is of another event log";
}

// Once: on Kafka each is a question to the brokers.
Result<void> RawEvents::ask_log() {
    for (int32_t i = 0; i < sources_.log->partition_count(); ++i) {
        ASSIGN_OR_RETURN(auto state, sources_.log->state(PartitionId{i}));
        states_.push_back(std::move(state));
    }
    return {};
}

Result<void> RawEvents::find_tail() {
    std::map<PartitionId, Offset> next;
    std::vector<std::string> good;
    for (size_t i = 0; i < names_.size(); ++i) {
        const std::string why = why_not(names_[i], paths_[i]);
        const auto [known, is_first] = next.try_emplace(names_[i].partition, names_[i].first);
        if (!why.empty()) {
            left_out_.push_back({text_of(names_[i]), why});
        } else {
            good.push_back(paths_[i]);
            if (known->second != names_[i].first) {
                gaps_.push_back(fmt::format("partition {}, offsets {} to {}",
                                            names_[i].partition.value, known->second.value,
                                            names_[i].first.value - 1));
            }
        }
        // What is in a damaged file may still be in the log, but behind the files is behind them.
        known->second = names_[i].last.next();
    }
    paths_ = std::move(good);
    if (!sources_.log) return {};
    for (int32_t i = 0; i < sources_.log->partition_count(); ++i) {
        const PartitionId partition{i};
        const auto& state = states_[static_cast<size_t>(i)];
        const auto known = next.find(partition);
        const Offset from = std::max(known == next.end() ? Offset{} : known->second, state.first);
        if (known != next.end() && from > known->second) {
            gaps_.push_back(fmt::format("partition {}, offsets {} to {}", i, known->second.value,
                                        from.value - 1));
        }
        if (from < state.end) tails_.push_back({partition, from, state.end});
    }
    return {};
}

Result<void> RawEvents::make_view() {
    if (sources_.log) {
        RETURN_IF_ERROR(engine_->add_table("events_in_log", event_columns(),
                                           [this]() -> Result<std::unique_ptr<RowSource>> {
                                               return std::make_unique<TailSource>(*this);
                                           }));
    }
    std::vector<std::string> parts;
    if (!paths_.empty()) {
        std::string list;
        for (const std::string& path : paths_)
            list += (list.empty() ? "" : ", ") + literal_of(path);
        parts.push_back(
            fmt::format("FROM read_parquet([{}], hive_partitioning = false, union_by_name "
                        "= true)",
                        list));
    }
    if (sources_.log) parts.emplace_back("FROM events_in_log()");
    if (parts.empty()) {
        return fail(
            ErrorCode::NotFound, "there are no raw events", "",
            "neither an archive nor an event log is there; name the data folder with --data");
    }
    return engine_->run("CREATE VIEW events AS " +
                        fmt::format("{}", fmt::join(parts, " UNION ALL BY NAME ")));
}

}  // namespace clickmill::archive
