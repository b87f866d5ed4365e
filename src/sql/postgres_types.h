// Types by their number in pg_type, which never changes (src/include/catalog/pg_type.dat), and
// numbers as the wire has them. Private to postgres/.
#pragma once

#include <algorithm>
#include <array>
#include <bit>
#include <cstring>
#include <libpq-fe.h>
#include <string>

namespace clickmill::sql {

inline constexpr Oid kUnknown = 0;
inline constexpr Oid kBytea = 17;
inline constexpr Oid kInt8 = 20;
inline constexpr Oid kText = 25;
inline constexpr Oid kByteaArray = 1001;
inline constexpr Oid kTextArray = 1009;
inline constexpr Oid kInt8Array = 1016;

template <typename Number>
Number from_network(const char* bytes) {
    std::array<char, sizeof(Number)> raw{};
    std::memcpy(raw.data(), bytes, raw.size());
    if constexpr (std::endian::native == std::endian::little) std::ranges::reverse(raw);
    return std::bit_cast<Number>(raw);
}

template <typename Number>
std::string to_network(Number number) {
    auto raw = std::bit_cast<std::array<char, sizeof(number)>>(number);
    if constexpr (std::endian::native == std::endian::little) std::ranges::reverse(raw);
    return {raw.data(), raw.size()};
}

}  // namespace clickmill::sql
