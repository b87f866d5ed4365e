// The ids and units that every room shares: a count can never be passed as an offset.
#pragma once

#include <chrono>
#include <compare>
#include <cstddef>
#include <cstdint>
#include <functional>

namespace clickmill {

// A moment on the server's clock: microseconds since 1970-01-01 UTC, no leap seconds. Stored: never
// change.
using Moment = std::chrono::sys_time<std::chrono::microseconds>;

constexpr Moment moment_of(int64_t microseconds) {
    return Moment{std::chrono::microseconds{microseconds}};
}
constexpr int64_t microseconds_of(Moment moment) {
    return moment.time_since_epoch().count();
}

// The place of a record in its partition. An Offset used as a position is the offset of the next
// record to read, so "through 7" means that 0 to 6 are folded. The first offset of a log is 0.
struct Offset {
    int64_t value = 0;
    auto operator<=>(const Offset&) const = default;
    Offset next() const { return Offset{value + 1}; }
};

// 0 to the log's number of partitions, excluded.
struct PartitionId {
    int32_t value = 0;
    auto operator<=>(const PartitionId&) const = default;
};

}  // namespace clickmill

template <>
struct std::hash<clickmill::Offset> {
    size_t operator()(clickmill::Offset o) const noexcept { return std::hash<int64_t>{}(o.value); }
};
template <>
struct std::hash<clickmill::PartitionId> {
    size_t operator()(clickmill::PartitionId p) const noexcept {
        return std::hash<int32_t>{}(p.value);
    }
};
