#include "server/accepted_gaps.h"

#include "base/durable_file.h"

#include <fmt/format.h>

namespace clickmill::server {
namespace {

std::string line_of(PartitionId partition, Offset position) {
    return fmt::format("{} {}\n", partition.value, position.value);
}

}  // namespace

Result<void> accept_gap(const std::string& path, PartitionId partition, Offset position) {
    if (is_gap_accepted(path, partition, position)) return {};
    return write_durably(path, text_of_file(path).value_or("") + line_of(partition, position));
}

bool is_gap_accepted(const std::string& path, PartitionId partition, Offset position) {
    const std::string lines = "\n" + text_of_file(path).value_or("");
    return lines.contains("\n" + line_of(partition, position));
}

}  // namespace clickmill::server
