// Forgets people in the files of the archive, with SQL: the same events, and the same hashes, as in
// the log.
#pragma once

#include "archive/engine.h"
#include "archive/layout.h"
#include "archive/object_store.h"
#include "base/result.h"
#include "erasure/people.h"

namespace clickmill::erasure {

// Remembers which events of a file are theirs. Corrupt: it cannot be read.
Result<void> look_at(const archive::EngineOptions& options, archive::ObjectStore& store,
                     const archive::FileName& file, Forgotten& forgotten);

// Replaces the file by one without them, when they are in it; with `only_counts` it stays.
Result<Count> erase_in_file(const archive::EngineOptions& options, archive::ObjectStore& store,
                            const archive::FileName& file, const Forgotten& forgotten,
                            bool only_counts);

}  // namespace clickmill::erasure
