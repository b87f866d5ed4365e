// The key of one erasure: made at random, and kept in a file until it is complete, so that what was
// begun before a crash goes on with the same hashes. Then it is overwritten and deleted, and nobody
// can find out from a hash what it was. Beside it lie the ids of events that are to be erased: a
// copy of one may carry nobody, and be the only one that a crash has left.
#pragma once

#include "base/result.h"
#include "erasure/people.h"

#include <span>
#include <string>
#include <vector>

namespace clickmill::erasure {

struct Begun {
    std::string key;
    std::vector<std::string> noted;  // as Forgotten::noted(), by then
};

// What is kept of an erasure of these people that was begun, or a new key. Conflict: one of others
// was begun and not finished.
Result<Begun> take_key(const std::string& path, std::span<const People> people);

// Before anything is erased.
Result<void> keep_noted(const std::string& path, const Forgotten& forgotten);

Result<void> throw_key_away(const std::string& path);

}  // namespace clickmill::erasure
