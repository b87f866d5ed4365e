// Where the archive's files lie and what their names say: date=2026-11-30/0-4096-8191.parquet holds
// partition 0 from offset 4096 to 8191, both included, appended on that UTC day (design section 7).
// Stored: never change.
#pragma once

#include "base/result.h"
#include "base/types.h"

#include <chrono>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace clickmill::archive {

class ObjectStore;

struct FileName {
    std::chrono::sys_days day;  // on which its records were appended
    PartitionId partition;
    Offset first;  // where reading began; the record may be gone, and the next one is in the file
    Offset last;   // of the last record in it
    auto operator<=>(const FileName&) const = default;
};

// "date=2026-11-30/0-4096-8191.parquet".
std::string text_of(const FileName& name);
std::optional<FileName> file_name_of(std::string_view text);

// "2026-11-30".
std::string day_text(std::chrono::sys_days day);

// What is wrong with the files of one partition, in order of offsets: between `a` and `b`.
struct Seam {
    enum class Kind { Gap, Overlap };
    Kind kind;
    FileName before;
    FileName after;
};

// One partition's files, in order, and where they do not join.
struct PartitionFiles {
    PartitionId partition;
    std::vector<FileName> files;
    std::vector<Seam> seams;
    Offset next() const { return files.empty() ? Offset{} : files.back().last.next(); }
};

// Of what lies in the archive, in the order of the store's names. What has no such name is no file
// of ours.
Result<std::vector<FileName>> list_files(ObjectStore& store);

// By partition. Of files that lie in another one's range the longest stands; all are seams.
std::vector<PartitionFiles> partitions_of(std::span<const FileName> files);

}  // namespace clickmill::archive
