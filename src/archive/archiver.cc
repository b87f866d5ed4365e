#include "archive/archiver.h"

#include "base/pause.h"
#include "base/thread_name.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>

namespace clickmill::archive {
namespace {

constexpr const char* kPart = "archive";

// The records from `from` to `end`, counted by their events; or only the first.
struct Counted {
    int64_t events = 0;
    std::optional<Moment> first;  // append time
};

Result<Counted> count(event_log::EventLog& log, PartitionId partition, Offset from, Offset end,
                      bool only_first, std::stop_token stop) {
    Counted counted;
    ASSIGN_OR_RETURN(const auto reader, log.read(partition, from));
    while (!stop.stop_requested()) {
        event_log::ReadOptions options{.wait = {}};
        if (only_first) options.max_records = 1;
        ASSIGN_OR_RETURN(const auto batch, reader->next(options, stop));
        for (const event_log::StoredRecord& record : batch.records) {
            if (record.offset >= end) return counted;
            counted.events += record.event_count + record.lost_before;
            if (!counted.first) counted.first = record.append_time;
        }
        if (batch.at_end_since || (only_first && counted.first)) break;
    }
    return counted;
}

}  // namespace

Archiver::Archiver(ArchiverOptions options, ArchiverParts parts)
    : options_(std::move(options)), parts_(std::move(parts)) {}

Archiver::~Archiver() {
    stop();
}

void Archiver::start() {
    thread_ = std::jthread([this](std::stop_token stop) { run(stop); });
}

void Archiver::stop() {
    if (!thread_.joinable()) return;
    thread_.request_stop();
    thread_.join();
}

void Archiver::run(std::stop_token stop) {
    name_this_thread("archiver");
    auto& failures = parts_.registry.counter(
        "clickmill_archive_failures_total", "Tries to write the archive that ended with an error.");
    while (!stop.stop_requested()) {
        const auto written = catch_up(stop);
        const bool is_stopped = !written && stop.stop_requested();
        if (!written && !is_stopped) {
            failures.add();
            parts_.logger.warn("cannot archive", {{"why", written.error().message()}});
        }
        parts_.health.note(
            kPart, written || is_stopped
                       ? std::string()
                       : written.error().message() + "; the log keeps what is not archived");
        if (written && *written > 0) parts_.logger.info("archived", {{"files", *written}});
        pause(written ? options_.interval : options_.retry_interval, stop);
    }
}

Result<int64_t> Archiver::catch_up(std::stop_token stop) {
    int64_t written = 0;
    const auto work = [&]() -> Result<void> {
        std::unique_ptr<ObjectStore> opened;
        if (!store_) {
            ASSIGN_OR_RETURN(opened, parts_.open_store());
        }
        // Somebody is erased from the files at the moment: what is due is due later, too.
        const auto lock = lock_files(store_ ? *store_ : *opened);
        if (!lock && lock.error().code == ErrorCode::Conflict) return {};
        if (!lock) return std::unexpected(lock.error());
        if (opened) {
            store_ = std::move(opened);
            RETURN_IF_ERROR(find_positions());
        }
        for (int32_t i = 0; i < parts_.event_log.partition_count(); ++i) {
            for (;;) {
                ASSIGN_OR_RETURN(const bool is_written, catch_up(PartitionId{i}, stop));
                if (!is_written) break;
                ++written;
            }
        }
        return forget_old_files();
    };
    if (const Result<void> done = work(); !done) {
        store_.reset();
        return std::unexpected(done.error());
    }
    return written;
}

Result<void> Archiver::find_positions() {
    std::error_code ignored;  // unfinished files of a process that was killed
    for (const auto& file :
         std::filesystem::directory_iterator(store_->scratch_folder(), ignored)) {
        if (!file.path().filename().string().starts_with(kCopyPrefix))
            std::filesystem::remove(file.path(), ignored);
    }
    positions_.clear();
    ASSIGN_OR_RETURN(files_, list_files(*store_));
    const auto partitions = partitions_of(files_);
    RETURN_IF_ERROR(check_log(partitions));
    for (const PartitionFiles& partition : partitions) {
        positions_[partition.partition].next = partition.next();
        for (const Seam& seam : partition.seams) {
            parts_.logger.warn(seam.kind == Seam::Kind::Gap ? "the archive has a gap"
                                                            : "files of the archive overlap",
                               {{"before", text_of(seam.before)}, {"after", text_of(seam.after)}});
        }
    }
    return {};
}

// Offsets mean nothing in another log. The last file of each partition tells.
Result<void> Archiver::check_log(std::span<const PartitionFiles> partitions) {
    if (partitions.empty()) return {};
    std::vector<LocalFile> files;
    std::vector<std::string> paths;
    for (const PartitionFiles& partition : partitions) {
        ASSIGN_OR_RETURN(LocalFile file, store_->get(text_of(partition.files.back())));
        paths.push_back(file.path());
        files.push_back(std::move(file));
    }
    EngineOptions options = options_.engine;
    options.files = paths;
    ASSIGN_OR_RETURN(const auto engine, Engine::open(options));
    for (size_t i = 0; i < partitions.size(); ++i) {
        ASSIGN_OR_RETURN(const std::string log_id, log_id_of(*engine, paths[i]));
        ASSIGN_OR_RETURN(const auto state, parts_.event_log.state(partitions[i].partition));
        if (log_id != state.log_id) {
            return fail(ErrorCode::Conflict, "cannot go on with this archive",
                        text_of(partitions[i].files.back()),
                        "it is of another event log; move it away, or name another folder in "
                        "archive.folder");
        }
    }
    return {};
}

Result<bool> Archiver::catch_up(PartitionId partition, std::stop_token stop) {
    Position& position = positions_[partition];
    parts_.event_log.allow_deletion(partition, event_log::ReaderRole::Archiver, position.next);
    ASSIGN_OR_RETURN(const bool is_due_now, is_due(partition, position, stop));
    if (!is_due_now) return false;
    const std::string path = fmt::format("{}/{}-{}.parquet", store_->scratch_folder(),
                                         partition.value, position.next.value);
    EngineOptions engine_options = options_.engine;
    engine_options.folders.push_back(store_->scratch_folder());
    ASSIGN_OR_RETURN(const auto engine, Engine::open(engine_options));
    ASSIGN_OR_RETURN(const auto file, write_file(*engine, parts_.event_log, partition,
                                                 position.next, options_.rules, path, stop));
    if (!file) return false;
    std::error_code unknown;
    const auto bytes = std::filesystem::file_size(path, unknown);
    RETURN_IF_ERROR(store_->put(path, text_of(file->name)));
    files_.insert(std::ranges::lower_bound(files_, file->name), file->name);
    position.next = file->name.last.next();
    position.day.reset();
    if (position.events_before) *position.events_before += file->events;
    parts_.event_log.allow_deletion(partition, event_log::ReaderRole::Archiver, position.next);
    parts_.registry.counter("clickmill_archive_files_total", "Files that were written.").add();
    parts_.registry.counter("clickmill_archive_events_total", "Events that are in them.")
        .add(file->events);
    parts_.registry.counter("clickmill_archive_bytes_total", "Their size.")
        .add(static_cast<int64_t>(bytes));
    parts_.logger.debug("archived", {{"file", text_of(file->name)},
                                     {"events", file->events},
                                     {"bytes", static_cast<int64_t>(bytes)}});
    return true;
}

Result<bool> Archiver::is_due(PartitionId partition, Position& position, std::stop_token stop) {
    ASSIGN_OR_RETURN(const auto state, parts_.event_log.state(partition));
    if (state.first > position.next) skip_what_is_gone(partition, position, state.first);
    if (state.end <= position.next) return false;
    if (!position.day) {
        // Once after a start: how many events are in front of us.
        const bool counts = state.total_events && !position.events_before;
        ASSIGN_OR_RETURN(const Counted counted, count(parts_.event_log, partition, position.next,
                                                      state.end, !counts, stop));
        if (!counted.first) return false;
        position.day = day_of(*counted.first);
        if (counts) position.events_before = *state.total_events - counted.events;
    }
    // Where the log counts records, each has one event at least.
    const int64_t events = state.total_events && position.events_before
                               ? *state.total_events - *position.events_before
                               : state.end.value - position.next.value;
    return events >= options_.rules.max_events ||
           parts_.clock.now() >= *position.day + std::chrono::days(1) + options_.rules.day_margin;
}

void Archiver::skip_what_is_gone(PartitionId partition, Position& position, Offset first) {
    if (position.next != Offset{}) {
        parts_.logger.error("records were deleted before they were archived",
                            {{"partition", partition.value},
                             {"first", position.next.value},
                             {"last", first.value - 1}});
    }
    position = {.next = first, .events_before = std::nullopt, .day = std::nullopt};
}

Result<void> Archiver::forget_old_files() {
    if (options_.retention.count() == 0) return {};
    const auto oldest = day_of(parts_.clock.now()) - options_.retention;
    // The last file of a partition stays: it says where the archive goes on.
    std::map<PartitionId, FileName> last;
    for (const FileName& file : files_) last[file.partition] = std::max(last[file.partition], file);
    for (auto file = files_.begin(); file != files_.end() && file->day < oldest;) {
        if (last[file->partition] == *file) {
            ++file;
            continue;
        }
        RETURN_IF_ERROR(store_->remove(text_of(*file)));
        parts_.logger.info("archive file is over its age", {{"file", text_of(*file)}});
        file = files_.erase(file);
    }
    return {};
}

}  // namespace clickmill::archive
