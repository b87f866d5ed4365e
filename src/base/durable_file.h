// Files that survive power loss: small ones with the old text or the new one, never half of it, and
// copies of large ones.
#pragma once

#include "base/result.h"

#include <optional>
#include <string>
#include <string_view>

namespace clickmill {

// Written beside it, synced, renamed. Unavailable: the disk says no; the old text stays.
Result<void> write_durably(const std::string& path, std::string_view text);

// A file's bytes, or the names in a folder, survive power loss afterwards.
Result<void> sync_to_disk(const std::string& path);

// A copy that is there, with its bytes, once this returns. Its folder is there.
Result<void> copy_durably(const std::string& from, const std::string& to);

// nullopt: there is none, or it cannot be read.
std::optional<std::string> text_of_file(const std::string& path);

}  // namespace clickmill
