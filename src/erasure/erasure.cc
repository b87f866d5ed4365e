#include "erasure/erasure.h"

#include "base/pause.h"
#include "erasure/erasure_key.h"
#include "erasure/file_erasure.h"
#include "erasure/log_erasure.h"
#include "event_log/read_all.h"

#include <fmt/format.h>

#include <optional>

namespace clickmill::erasure {
namespace {

constexpr std::chrono::milliseconds kPause{200};

void add(Count& count, const Count& more) {
    count.events += more.events;
    count.unreadable += more.unreadable;
    count.mentions += more.mentions;
}

class Erasing {
public:
    Erasing(const RawData& data, const Request& request, const Begun& begun)
        : data_(data), request_(request), forgotten_(request.people, begun.key, begun.noted) {}

    // The log first: what the archiver writes afterwards is without them.
    Result<Report> run() {
        std::optional<FileLock> lock;
        if (data_.archive) {
            ASSIGN_OR_RETURN(FileLock taken, wait_for_files());
            lock.emplace(std::move(taken));
            ASSIGN_OR_RETURN(files_, list_files(*data_.archive));
        }
        report_.files = static_cast<int64_t>(files_.size());
        if (data_.log) RETURN_IF_ERROR(look_at_log());
        RETURN_IF_ERROR(for_each_file("looking through", [&](const archive::FileName& file) {
            return look_at(data_.engine, *data_.archive, file, forgotten_);
        }));
        if (!request_.only_counts) RETURN_IF_ERROR(keep_noted(request_.key_file, forgotten_));
        if (data_.log) RETURN_IF_ERROR(erase_in_log());
        report_.unreadable_files.clear();
        RETURN_IF_ERROR(for_each_file(
            "erasing in", [&](const archive::FileName& file) { return erase_in(file); }));
        return std::move(report_);
    }

private:
    void say(const std::string& doing) {
        if (request_.on_progress) request_.on_progress(doing);
    }

    void tell_offset(const char* doing, const event_log::StoredRecord& record) {
        if (record.offset.value % 256 == 0)
            say(fmt::format("{} the event log, offset {}", doing, record.offset.value));
    }

    Result<FileLock> wait_for_files() {
        for (;;) {
            auto lock = lock_files(*data_.archive);
            if (lock || lock.error().code != ErrorCode::Conflict) return lock;
            say("waiting for the archiver to finish a file");
            pause(kPause, {});
        }
    }

    Result<void> for_each_record(const std::function<void(const event_log::StoredRecord&)>& use) {
        for (int32_t i = 0; i < data_.log->partition_count(); ++i) {
            ASSIGN_OR_RETURN(const auto state, data_.log->state(PartitionId{i}));
            RETURN_IF_ERROR(event_log::read_all(*data_.log, PartitionId{i}, state.first, state.end,
                                                [&](const event_log::StoredRecord& record) {
                                                    tell_offset("looking through", record);
                                                    use(record);
                                                    return true;
                                                }));
        }
        return {};
    }

    Result<void> look_at_log() {
        LogErasure log(forgotten_);
        return for_each_record([&](const event_log::StoredRecord& record) { log.look_at(record); });
    }

    Result<void> erase_in_log() {
        LogErasure log(forgotten_);
        if (request_.only_counts) {
            RETURN_IF_ERROR(for_each_record([&](const event_log::StoredRecord& record) {
                if (!record.is_damaged) log.erase(record);
            }));
        } else {
            ASSIGN_OR_RETURN(report_.log,
                             data_.rewrite_log([&](const event_log::StoredRecord& record) {
                                 tell_offset("erasing in", record);
                                 return log.erase(record);
                             }));
        }
        report_.in_log = log.count();
        return {};
    }

    // A file that nobody can read is named; the others go on.
    Result<void> for_each_file(const char* doing,
                               const std::function<Result<void>(const archive::FileName&)>& use) {
        for (size_t i = 0; i < files_.size(); ++i) {
            say(fmt::format("{} file {} of {}", doing, i + 1, files_.size()));
            const Result<void> used = use(files_[i]);
            if (used) continue;
            if (used.error().code != ErrorCode::Corrupt) return used;
            report_.unreadable_files.push_back(
                fmt::format("{}: {}", text_of(files_[i]), used.error().why));
        }
        return {};
    }

    Result<void> erase_in(const archive::FileName& file) {
        ASSIGN_OR_RETURN(const Count count, erase_in_file(data_.engine, *data_.archive, file,
                                                          forgotten_, request_.only_counts));
        add(report_.in_files, count);
        if (count.events + count.unreadable > 0) ++report_.files_changed;
        return {};
    }

    const RawData& data_;
    const Request& request_;
    Forgotten forgotten_;
    std::vector<archive::FileName> files_;
    Report report_;
};

}  // namespace

Result<Report> erase(const RawData& data, const Request& request) {
    Begun begun;
    if (!request.only_counts) {
        ASSIGN_OR_RETURN(begun, take_key(request.key_file, request.people));
    }
    ASSIGN_OR_RETURN(Report report, Erasing(data, request, begun).run());
    if (!request.only_counts && report.is_complete())
        RETURN_IF_ERROR(throw_key_away(request.key_file));
    return report;
}

}  // namespace clickmill::erasure
