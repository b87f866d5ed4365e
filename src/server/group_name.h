// The consumer group of a data folder's aggregators. Every folder has its own: two metrics stores
// in one group would share the partitions, and each would count a part of the clicks.
#pragma once

#include "base/result.h"

#include <string>

namespace clickmill::server {

// "clickmill-" and eight hex digits, made at the first call and kept in the folder; the same for
// every process, even if several make it at once. Unavailable: the folder cannot be written.
Result<std::string> group_name(const std::string& data_folder);

}  // namespace clickmill::server
