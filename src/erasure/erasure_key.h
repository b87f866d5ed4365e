// The key of one erasure: made at random, and kept in a file until it is complete, so that what was
// begun before a crash goes on with the same hashes. Then it is overwritten and deleted, and nobody
// can find out from a hash what it was.
#pragma once

#include "base/result.h"
#include "erasure/people.h"

#include <span>
#include <string>

namespace clickmill::erasure {

// The key of an erasure of these people that was begun, or a new one. Conflict: one of others was
// begun and not finished.
Result<std::string> take_key(const std::string& path, std::span<const People> people);

Result<void> throw_key_away(const std::string& path);

}  // namespace clickmill::erasure
