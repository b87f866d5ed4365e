// The data folder: made when absent, locked while a server owns it.
#pragma once

#include "base/file_lock.h"
#include "base/result.h"

#include <string>
#include <string_view>

namespace clickmill::server {

// Where each file of a data folder lies.
std::string event_log_path(const std::string& folder);
std::string metrics_path(const std::string& folder);
std::string control_path(const std::string& folder);
std::string spool_folder(const std::string& folder);
std::string archive_folder(const std::string& folder);
std::string clock_confirmation_path(const std::string& folder);
std::string kafka_group_path(const std::string& folder);
std::string accepted_gaps_path(const std::string& folder);
std::string erasure_key_path(const std::string& folder);
std::string sample_keys_path(const std::string& folder);

// Makes the folder, for its owner alone, when it is not there. Unavailable: cannot be made or
// written.
Result<void> make_data_folder(const std::string& folder);

// Where the dashboard of the last server on this folder was, as HOST:PORT; empty: nobody knows.
// Other commands print links with it. Keeping it may fail: a full disk must not keep a server down.
void keep_address(const std::string& folder, const std::string& address);
std::string last_address(const std::string& folder);

// The lock of a folder. Conflict: another process has it otherwise; the error names its pid.
// `setting` chooses another folder.
Result<FileLock> lock_folder(const std::string& folder,
                             FileLock::Share share = FileLock::Share::Alone,
                             std::string_view setting = "--data");

}  // namespace clickmill::server
