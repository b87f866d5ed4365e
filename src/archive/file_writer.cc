#include "archive/file_writer.h"

#include "archive/event_table.h"

#include <fmt/format.h>

#include <filesystem>

namespace clickmill::archive {
namespace {

constexpr const char* kTable = "records_of_a_file";

// What became of a file while it was written.
struct Outcome {
    bool is_whole = false;
    WrittenFile file;
};

// The records of one file as rows, up to where the rules end it.
class FileSource final : public RecordSource {
public:
    FileSource(std::unique_ptr<event_log::Reader> reader, const FileRules& rules,
               std::stop_token stop, Outcome& outcome)
        : reader_(std::move(reader)), rules_(rules), stop_(std::move(stop)), outcome_(outcome) {}

private:
    // False: the file ends here, or the log does.
    Result<bool> begin_next(RecordRows& rows) override {
        if (outcome_.is_whole || is_at_log_end_) return false;
        if (outcome_.file.events >= rules_.max_events) return whole();
        while (used_ == batch_.records.size()) {
            if (stop_.stop_requested())
                return fail(ErrorCode::Unavailable, "cannot finish an archive file", "",
                            "stopping");
            ASSIGN_OR_RETURN(batch_, reader_->next({.wait = {}}, stop_));
            used_ = 0;
            if (batch_.records.empty() && batch_.at_end_since) return at_log_end();
        }
        const event_log::StoredRecord& record = batch_.records[used_];
        FileName& name = outcome_.file.name;
        if (!has_record_) {
            name.day = day_of(record.append_time);
            has_record_ = true;
        } else if (day_of(record.append_time) != name.day) {
            return whole();
        }
        ++used_;
        name.last = record.offset;
        outcome_.file.events += record.event_count + record.lost_before;
        rows.begin(name.partition, record);
        return true;
    }

    Result<bool> whole() {
        outcome_.is_whole = true;
        return false;
    }

    // No record of that day can follow once the day is over.
    Result<bool> at_log_end() {
        is_at_log_end_ = true;
        const Moment over = outcome_.file.name.day + std::chrono::days(1) + rules_.day_margin;
        outcome_.is_whole = has_record_ && *batch_.at_end_since >= over;
        return false;
    }

    std::unique_ptr<event_log::Reader> reader_;
    const FileRules& rules_;
    const std::stop_token stop_;
    Outcome& outcome_;
    event_log::Batch batch_;
    size_t used_ = 0;
    bool has_record_ = false;
    bool is_at_log_end_ = false;
};

}  // namespace

std::chrono::sys_days day_of(Moment append_time) {
    return std::chrono::floor<std::chrono::days>(append_time);
}

Result<void> write_rows(Engine& engine, const std::string& select, const FileOrigin& origin,
                        const std::string& path) {
    return engine.run(fmt::format(
        "COPY ({}) TO {} (FORMAT parquet, COMPRESSION zstd, KV_METADATA {{clickmill_archive: '1', "
        "log_id: {}, partition: '{}', first_offset: '{}'}})",
        select, literal_of(path), literal_of(origin.log_id), origin.partition.value,
        origin.first.value));
}

Result<std::optional<WrittenFile>> write_file(Engine& engine, event_log::EventLog& log,
                                              PartitionId partition, Offset first,
                                              const FileRules& rules, const std::string& path,
                                              std::stop_token stop) {
    Outcome outcome;
    outcome.file.name = {.day = {}, .partition = partition, .first = first, .last = {}};
    RETURN_IF_ERROR(
        engine.add_table(kTable, event_columns(), [&]() -> Result<std::unique_ptr<RowSource>> {
            ASSIGN_OR_RETURN(auto reader, log.read(partition, first));
            return std::make_unique<FileSource>(std::move(reader), rules, stop, outcome);
        }));
    ASSIGN_OR_RETURN(const auto state, log.state(partition));
    const Result<void> copied = write_rows(engine, fmt::format("FROM {}()", kTable),
                                           {state.log_id, partition, first}, path);
    if (copied && outcome.is_whole) return outcome.file;
    std::error_code ignored;
    std::filesystem::remove(path, ignored);
    if (!copied) return std::unexpected(copied.error());
    return std::nullopt;
}

Result<std::string> log_id_of(Engine& engine, const std::string& path) {
    std::optional<std::string> found;
    const auto asked = engine.ask(
        fmt::format("SELECT decode(value) FROM parquet_kv_metadata({}) WHERE key = 'log_id'",
                    literal_of(path)),
        [&](const Engine::Cells& cells) -> Result<void> {
            found = cells[0];
            return {};
        });
    if (found) return *found;
    return fail(ErrorCode::Corrupt, "cannot read an archive file", path,
                asked ? "it is none: its footer names no event log" : asked.error().why);
}

}  // namespace clickmill::archive
