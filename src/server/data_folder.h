// The data folder: made when absent, locked while a server owns it.
#pragma once

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
std::string sample_keys_path(const std::string& folder);

// Makes the folder, for its owner alone, when it is not there. Unavailable: cannot be made or
// written.
Result<void> make_data_folder(const std::string& folder);

// Where the dashboard of the last server on this folder was, as HOST:PORT; empty: nobody knows.
// Other commands print links with it. Keeping it may fail: a full disk must not keep a server down.
void keep_address(const std::string& folder, const std::string& address);
std::string last_address(const std::string& folder);

// The lock of a folder, held until it goes; the kernel lets go of it when the process dies.
class FolderLock {
public:
    // Alone, or with others that share it. Conflict: another process has it otherwise; the error
    // names its pid. `setting` chooses another folder.
    enum class Share { Alone, Shared };
    static Result<FolderLock> take(const std::string& folder, Share share = Share::Alone,
                                   std::string_view setting = "--data");
    FolderLock(FolderLock&& other) noexcept : descriptor_(other.descriptor_) {
        other.descriptor_ = -1;
    }
    FolderLock& operator=(FolderLock&&) = delete;
    ~FolderLock();

private:
    explicit FolderLock(int descriptor) : descriptor_(descriptor) {}
    int descriptor_;
};

}  // namespace clickmill::server
