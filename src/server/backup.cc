#include "server/backup.h"

#include "archive/layout.h"
#include "base/durable_file.h"
#include "base/hash.h"
#include "base/lines.h"
#include "base/sqlite.h"
#include "server/data_folder.h"
#include "server/wiring.h"

#include <fmt/format.h>

#include <filesystem>
#include <optional>

namespace clickmill::server {
namespace {

namespace fs = std::filesystem;

// Names what is in a copy, as `sha256sum` prints and checks it. Written last: without it a copy is
// not finished.
constexpr const char* kList = "SHA256SUMS";
constexpr const char* kWhat = "cannot back up";

using OnProgress = std::function<void(const std::string& doing)>;

struct Listed {
    std::string hash;
    std::string name;  // below the folder
};

Error trouble(const char* what, const fs::path& where, const std::error_code& error) {
    return Error{ErrorCode::Unavailable, what, where.string(), error.message()};
}

bool is_new_or_empty(const fs::path& folder) {
    std::error_code ignored;
    return !fs::exists(folder, ignored) || fs::is_empty(folder, ignored);
}

Result<std::vector<Listed>> read_list(const fs::path& folder) {
    const auto text = text_of_file((folder / kList).string());
    if (!text) {
        return fail(ErrorCode::Corrupt, "cannot use the backup", folder.string(),
                    fmt::format("there is no {} in it: it is none, or was not finished", kList));
    }
    std::vector<Listed> list;
    constexpr std::string_view kBetween = "  ";
    for (const std::string& line : lines_of(*text)) {
        const size_t space = line.find(kBetween);
        if (space == std::string::npos) continue;
        list.push_back({line.substr(0, space), line.substr(space + kBetween.size())});
    }
    return list;
}

// One copy that is being made.
class Backup {
public:
    Backup(const config::Config& config, const BackupOptions& options)
        : config_(config), options_(options), folder_(options.folder) {}

    // The metrics before the log, so that no position in them is above its end; then files of the
    // archive that are below it.
    Result<BackupReport> make() {
        std::error_code error;
        fs::create_directories(folder_, error);
        if (error) return std::unexpected(trouble(kWhat, folder_, error));
        fs::permissions(folder_, fs::perms::owner_all, error);
        if (!options_.previous.empty()) {
            ASSIGN_OR_RETURN(previous_, read_list(options_.previous));
        }
        if (config_.control_url.empty()) RETURN_IF_ERROR(copy_database(control_path));
        if (!has_shared_store(config_)) RETURN_IF_ERROR(copy_database(metrics_path));
        if (!is_kafka(config_)) RETURN_IF_ERROR(copy_database(event_log_path));
        RETURN_IF_ERROR(copy_archive());
        name_the_rest();
        std::string list;
        for (const Listed& file : list_) list += fmt::format("{}  {}\n", file.hash, file.name);
        RETURN_IF_ERROR(write_durably((folder_ / kList).string(), list));
        return std::move(report_);
    }

private:
    void say(const std::string& doing) {
        if (options_.on_progress) options_.on_progress(doing);
    }

    void add(const std::string& name, std::string hash) {
        list_.push_back({std::move(hash), name});
        std::error_code ignored;
        ++report_.files;
        report_.bytes += static_cast<int64_t>(fs::file_size(folder_ / name, ignored));
    }

    // As of one moment, whoever writes it meanwhile.
    Result<void> copy_database(std::string (*path_in)(const std::string&)) {
        const std::string from = path_in(config_.data_folder);
        const std::string to = path_in(folder_.string());
        const std::string name = fs::path(to).filename();
        std::error_code ignored;
        if (!fs::exists(from, ignored)) return {};
        say("copying " + name);
        ASSIGN_OR_RETURN(sqlite::Connection connection,
                         sqlite::Connection::open({.path = from, .read_only = true}));
        RETURN_IF_ERROR(connection.copy_to(to));
        ASSIGN_OR_RETURN(std::string hash, sha256_of_file(to));
        add(name, std::move(hash));
        return {};
    }

    Result<void> copy_archive() {
        if (!config_.archive_url.empty()) return {};
        ASSIGN_OR_RETURN(const auto store, archive_if_any(config_));
        if (!store) return {};
        ASSIGN_OR_RETURN(const auto end, end_of_log());
        ASSIGN_OR_RETURN(const auto files, archive::list_files(*store));
        for (size_t i = 0; i < files.size(); ++i) {
            if (end && files[i].last >= *end) continue;
            say(fmt::format("copying file {} of {} of the archive", i + 1, files.size()));
            ASSIGN_OR_RETURN(const archive::LocalFile file, store->get(text_of(files[i])));
            RETURN_IF_ERROR(copy_file(file.path(), "archive/" + text_of(files[i])));
        }
        return {};
    }

    // Of the copy, where the log is in it.
    Result<std::optional<Offset>> end_of_log() {
        std::error_code ignored;
        if (is_kafka(config_) || !fs::exists(event_log_path(folder_.string()), ignored))
            return std::nullopt;
        ASSIGN_OR_RETURN(sqlite::Connection log,
                         sqlite::Connection::open({.path = event_log_path(folder_.string())}));
        ASSIGN_OR_RETURN(const int64_t end, log.number("SELECT end_offset FROM summary"));
        return Offset{end};
    }

    Result<void> copy_file(const fs::path& from, const std::string& name) {
        const fs::path to = folder_ / name;
        std::error_code error;
        fs::create_directories(to.parent_path(), error);
        ASSIGN_OR_RETURN(std::string hash, sha256_of_file(from.string()));
        const auto earlier = std::ranges::find(previous_, name, &Listed::name);
        if (earlier != previous_.end() && earlier->hash == hash) {
            fs::create_hard_link(fs::path(options_.previous) / name, to, error);
            if (!error) ++report_.linked;
        }
        if (!fs::exists(to)) {
            RETURN_IF_ERROR(copy_durably(from.string(), to.string()));
        }
        add(name, std::move(hash));
        return {};
    }

    void name_the_rest() {
        std::vector<std::string>& rest = report_.notes;
        if (!config_.control_url.empty())
            rest.emplace_back(
                "projects, keys and people: the schema clickmill_control of "
                "control.url, by pg_dump");
        if (has_shared_store(config_))
            rest.emplace_back(
                "numbers: the database of metrics_store.url, by its own tools, and "
                "before this");
        if (is_kafka(config_)) rest.emplace_back("raw clicks that are in Kafka alone");
        if (!config_.archive_url.empty())
            rest.push_back(fmt::format("the archive: {}", config_.archive_url));
    }

    const config::Config& config_;
    const BackupOptions& options_;
    const fs::path folder_;
    std::vector<Listed> previous_;
    std::vector<Listed> list_;
    BackupReport report_;
};

}  // namespace

Result<BackupReport> make_backup(const config::Config& config, const BackupOptions& options) {
    std::error_code ignored;
    if (!fs::is_directory(config.data_folder, ignored)) {
        return fail(ErrorCode::InvalidInput, kWhat, config.data_folder,
                    "there is no such data folder; name it with --data");
    }
    if (!is_new_or_empty(options.folder)) {
        return fail(ErrorCode::InvalidInput, kWhat, options.folder,
                    "there is something in it; a backup wants a folder of its own");
    }
    return Backup(config, options).make();
}

Result<BackupReport> check_backup(const std::string& folder, const OnProgress& on_progress) {
    ASSIGN_OR_RETURN(const auto list, read_list(folder));
    BackupReport report;
    for (const Listed& file : list) {
        if (on_progress)
            on_progress(fmt::format("checking file {} of {}", report.files + 1, list.size()));
        const std::string path = folder + "/" + file.name;
        const auto hash = sha256_of_file(path);
        if (!hash || *hash != file.hash) {
            return fail(ErrorCode::Corrupt, "cannot use the backup", path,
                        hash ? "it is not what was written" : hash.error().why);
        }
        std::error_code ignored;
        ++report.files;
        report.bytes += static_cast<int64_t>(fs::file_size(path, ignored));
    }
    return report;
}

Result<BackupReport> restore_backup(const std::string& folder, const config::Config& config,
                                    const OnProgress& on_progress) {
    constexpr const char* kRestore = "cannot restore";
    const fs::path data = fs::path(config.data_folder).lexically_normal();
    if (!is_new_or_empty(data)) {
        return fail(ErrorCode::InvalidInput, kRestore, data.string(),
                    "there is something in it; move it away, or choose another folder with --data");
    }
    ASSIGN_OR_RETURN(BackupReport report, check_backup(folder, on_progress));
    ASSIGN_OR_RETURN(const auto list, read_list(folder));
    // Beside the folder, whose place it takes once it is whole.
    fs::path beside = data.has_filename() ? data : data.parent_path();
    beside += ".restoring";
    std::error_code error;
    fs::remove_all(beside, error);
    RETURN_IF_ERROR(make_data_folder(beside.string()));
    for (size_t i = 0; i < list.size(); ++i) {
        if (on_progress) on_progress(fmt::format("copying file {} of {}", i + 1, list.size()));
        const fs::path to = beside / list[i].name;
        fs::create_directories(to.parent_path(), error);
        RETURN_IF_ERROR(copy_durably(folder + "/" + list[i].name, to.string()));
    }
    fs::rename(beside, data, error);
    if (error) return std::unexpected(trouble(kRestore, data, error));
    if (!config.archive_folder.empty()) {
        report.notes.push_back(fmt::format("the archive's files are in {}; archive.folder is {}",
                                           archive_folder(data.string()), config.archive_folder));
    }
    return report;
}

}  // namespace clickmill::server
