// Records of the archive's files as the fold takes them: read already, in order of offsets.
#pragma once

#include "archive/engine.h"
#include "archive/layout.h"
#include "archive/object_store.h"
#include "event/line_reader.h"

#include <functional>
#include <set>
#include <span>
#include <string>

namespace clickmill::archive {

struct ArchivedRecord {
    Offset offset;
    Moment append_time{};
    std::span<const event::Line> lines;  // texts live until the next record
};

// Beside what decides who clicked what, when: dimensions by the names of fold/dimensions.h. What is
// not wanted is empty.
using WantedDimensions = std::set<std::string, std::less<>>;

// Hands over the records of one file from `from` on. Corrupt: the file is damaged, or is not of
// event log `log_id`. An error of `on_record` is the answer.
using OnRecord = std::function<Result<void>(const ArchivedRecord&)>;
Result<void> read_records(const EngineOptions& options, ObjectStore& store, const FileName& file,
                          const std::string& log_id, Offset from, const WantedDimensions& wanted,
                          const OnRecord& on_record);

}  // namespace clickmill::archive
