// A copy of a data folder that can be restored: taken beside a running server, whole or not there.
// docs/guide/back-up.md.
#pragma once

#include "base/result.h"
#include "config/config.h"

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

namespace clickmill::server {

struct BackupOptions {
    std::string folder;  // of the copy; new or empty
    std::string
        previous;  // an earlier copy, from which files that never change are linked; or none
    std::function<void(const std::string& doing)> on_progress;
};

struct BackupReport {
    int64_t files = 0;
    int64_t bytes = 0;
    int64_t linked = 0;              // of the files
    std::vector<std::string> notes;  // what lies elsewhere, and how to copy that
};

// InvalidInput: there is no data folder, or the folder of the copy has something in it.
Result<BackupReport> make_backup(const config::Config& config, const BackupOptions& options);

// Whether every file of a copy is as it was written. Corrupt: one is not, or the copy was not
// finished; the error names it.
Result<BackupReport> check_backup(const std::string& folder,
                                  const std::function<void(const std::string&)>& on_progress);

// Puts a copy, which is checked first, into the data folder of `config`, which is new or empty: all
// of it or nothing.
Result<BackupReport> restore_backup(const std::string& folder, const config::Config& config,
                                    const std::function<void(const std::string&)>& on_progress);

}  // namespace clickmill::server
