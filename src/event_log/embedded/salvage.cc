#include "event_log/embedded/salvage.h"

#include "base/durable_file.h"
#include "base/hash.h"
#include "event_log/embedded/salvage_plan.h"

#include <fmt/chrono.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <filesystem>
#include <fstream>
#include <unistd.h>

namespace clickmill::event_log {
namespace {

namespace fs = std::filesystem;

constexpr int64_t kBytesPerFill = 16 << 20;
constexpr int kLogIdBytes = 16;

// Says, while a salvage is under way, under which name the damaged file lies.
std::string marker_of(const std::string& path) {
    return path + ".salvaging";
}

bool exists(const std::string& path) {
    std::error_code ignored;
    return fs::exists(path, ignored);
}

std::unexpected<Error> failed(const std::string& path, const std::string& why) {
    return fail(ErrorCode::Unavailable, "cannot salvage event log", path, why);
}

Result<void> sync_folder_of(const std::string& path) {
    const fs::path folder = fs::path(path).parent_path();
    return sync_to_disk(folder.empty() ? "." : folder.string());
}

Result<void> move(const std::string& from, const std::string& to) {
    std::error_code error;
    fs::rename(from, to, error);
    if (error) return failed(from, error.message());
    return {};
}

Result<void> write_marker(const std::string& path, const std::string& damaged) {
    const std::string marker = marker_of(path);
    const Result<void> written = write_durably(marker, fs::path(damaged).filename().string());
    if (!written) return failed(marker, written.error().why);
    return {};
}

Result<void> remove_marker(const std::string& path) {
    std::error_code error;
    fs::remove(marker_of(path), error);
    if (error) return failed(marker_of(path), error.message());
    return sync_folder_of(path);
}

std::string free_name(const SalvageContext& context) {
    const auto seconds = std::chrono::floor<std::chrono::seconds>(context.now);
    const std::string base = fmt::format("{}.damaged-{:%Y%m%dT%H%M%SZ}", context.name.path,
                                         fmt::gmtime(std::chrono::system_clock::to_time_t(
                                             std::chrono::system_clock::time_point(seconds))));
    std::string name = base;
    for (int i = 2; exists(name); ++i) name = fmt::format("{}-{}", base, i);
    return name;
}

// The database, then its WAL, so that never a WAL is without its database. Can be repeated.
Result<void> move_aside(const std::string& path, const std::string& damaged) {
    if (exists(path)) RETURN_IF_ERROR(move(path, damaged));
    if (exists(path + "-wal")) RETURN_IF_ERROR(move(path + "-wal", damaged + "-wal"));
    std::error_code ignored;
    fs::remove(path + "-shm", ignored);  // an index of the WAL; SQLite makes it anew
    return sync_folder_of(path);
}

NewRecord load(DamagedFile& source, const SalvagedRow& row) {
    NewRecord record{.numbers = row.numbers, .checksum = row.checksum};
    const std::optional<Cell> cell = read_cell(source, row.place);
    if (cell && cell->columns.size() == 6) {
        if (const auto* stored = std::get_if<std::string>(&cell->columns[5]))
            record.stored = *stored;
    }
    return record;
}

Result<void> copy_rows(DamagedFile& source, const SalvagePlan& plan, LogFile& target) {
    std::vector<NewRecord> records;
    int64_t bytes = 0;
    for (const SalvagedRow& row : plan.rows) {
        records.push_back(load(source, row));
        bytes += static_cast<int64_t>(records.back().stored.size()) + 64;
        if (bytes < kBytesPerFill) continue;
        RETURN_IF_ERROR(target.fill(records));
        records.clear();
        bytes = 0;
    }
    return target.fill(records);
}

void remove_database(const std::string& path) {
    std::error_code ignored;
    for (const char* ending : {"", "-wal", "-shm"}) fs::remove(path + ending, ignored);
}

void tell(const SalvageContext& context, const SalvagePlan& plan, const std::string& damaged) {
    int64_t missing = 0;
    for (const Gap& gap : plan.gaps) missing += gap.next.value - gap.first.value;
    context.logger.warn("event log salvaged",
                        {{"path", context.name.path},
                         {"set_aside", damaged},
                         {"records_kept", static_cast<int64_t>(plan.rows.size())},
                         {"records_missing", missing},
                         {"end", plan.summary.end.value}});
}

Result<void> build_anew(const SalvageContext& context, const std::string& damaged) {
    ASSIGN_OR_RETURN(const std::unique_ptr<DamagedFile> source, DamagedFile::open(damaged));
    SalvagePlan plan = plan_salvage(*source, context.known);
    if (plan.summary.log_id.empty()) {
        plan.summary.log_id = random_token(kLogIdBytes);
        context.logger.error(
            "the event log's id is not readable: it gets a new one, and metrics "
            "have to be counted anew",
            {{"path", context.name.path}});
    }
    const std::string fresh = context.name.path + ".salvage";
    remove_database(fresh);
    {
        ASSIGN_OR_RETURN(const std::unique_ptr<LogFile> target, LogFile::open({fresh, {}}, {}));
        RETURN_IF_ERROR(copy_rows(*source, plan, *target));
        RETURN_IF_ERROR(target->finish(plan.summary, plan.gaps));
        RETURN_IF_ERROR(target->empty_wal());
    }
    RETURN_IF_ERROR(sync_to_disk(fresh));
    RETURN_IF_ERROR(move(fresh, context.name.path));
    RETURN_IF_ERROR(sync_folder_of(context.name.path));
    RETURN_IF_ERROR(remove_marker(context.name.path));
    tell(context, plan, damaged);
    return {};
}

}  // namespace

Result<void> set_aside_and_salvage(const SalvageContext& context, const std::string& why) {
    const std::string& path = context.name.path;
    const std::string damaged = free_name(context);
    context.logger.error("event log is damaged: setting it aside and salvaging what is readable",
                         {{"path", path}, {"set_aside", damaged}, {"error", why}});
    RETURN_IF_ERROR(write_marker(path, damaged));
    RETURN_IF_ERROR(move_aside(path, damaged));
    return build_anew(context, damaged);
}

Result<void> finish_interrupted_salvage(const SalvageContext& context) {
    const std::string& path = context.name.path;
    if (!context.name.vfs.empty() || !exists(marker_of(path))) return {};
    std::string name;
    std::getline(std::ifstream(marker_of(path)), name);
    const std::string damaged = (fs::path(path).parent_path() / name).string();
    const bool was_moved = !name.empty() && exists(damaged);
    if (exists(path)) {
        // Before the move, the next opening finds the damage again; after the build, all is done.
        return remove_marker(path);
    }
    if (!was_moved) return remove_marker(path);
    RETURN_IF_ERROR(move_aside(path, damaged));
    return build_anew(context, damaged);
}

// Source: sqlite.org/fileformat2.html, section 1.3. Only bytes that never change.
bool is_header_plausible(const FileName& name) {
    if (!name.vfs.empty()) return true;
    std::ifstream file(name.path, std::ios::binary);
    std::array<char, 100> header{};
    if (!file.read(header.data(), header.size())) return true;  // new, or SQLite's affair
    const auto byte = [&](size_t at) { return static_cast<uint8_t>(header[at]); };
    const auto is_zero = [&](size_t from, size_t to) {
        for (size_t at = from; at < to; ++at) {
            if (byte(at) != 0) return false;
        }
        return true;
    };
    if (std::memcmp(header.data(), "SQLite format 3", 16) != 0) return false;
    if (byte(16) * 256 + byte(17) != kPageBytes || byte(20) != 0) return false;
    if (byte(18) < 1 || byte(18) > 2 || byte(19) != byte(18)) return false;
    if (byte(21) != 64 || byte(22) != 32 || byte(23) != 32) return false;
    if (!is_zero(52, 56) || !is_zero(64, 68) || !is_zero(72, 92)) return false;
    const int64_t pages = int64_t{byte(28)} << 24 | int64_t{byte(29)} << 16 |
                          int64_t{byte(30)} << 8 | int64_t{byte(31)};
    std::error_code error;
    const bool has_wal =
        fs::exists(name.path + "-wal", error) && fs::file_size(name.path + "-wal", error) > 0;
    const auto size = static_cast<int64_t>(fs::file_size(name.path, error));
    return has_wal || error || pages * kPageBytes == size;
}

}  // namespace clickmill::event_log
