#include "fold/repeat_piece.h"

#include "base/hash.h"
#include "fold/repeats.h"

#include <algorithm>
#include <cstring>

namespace clickmill::fold {
namespace {

// Format 1: this byte; for each block in order of hashes the distance from the one before and the
// members, as LEB128; the XXH3 of all that, little endian.
constexpr char kFormat = 1;
constexpr uint64_t kCheckKey = 0x636c69636b6d696c;
constexpr size_t kCheckBytes = sizeof(uint64_t);

void put(std::string& bytes, uint64_t number) {
    for (; number >= 0x80; number >>= 7) bytes.push_back(static_cast<char>(number | 0x80));
    bytes.push_back(static_cast<char>(number));
}

std::optional<uint64_t> take(std::string_view& bytes) {
    uint64_t number = 0;
    for (int shift = 0; shift < 64 && !bytes.empty(); shift += 7) {
        const auto byte = static_cast<uint8_t>(bytes.front());
        bytes.remove_prefix(1);
        number |= uint64_t{byte & 0x7fU} << shift;
        if (byte < 0x80) return number;
    }
    return std::nullopt;
}

}  // namespace

std::string pack_ids(std::vector<IdBlock>& ids) {
    std::ranges::sort(ids, {}, &IdBlock::hash);
    std::string bytes(1, kFormat);
    bytes.reserve(ids.size() * 9 + 1 + kCheckBytes);
    uint64_t last = 0;
    for (size_t i = 0; i < ids.size();) {
        IdBlock united = ids[i];
        for (++i; i < ids.size() && ids[i].hash == united.hash; ++i) united.member |= ids[i].member;
        put(bytes, united.hash - last);
        put(bytes, united.member);
        last = united.hash;
    }
    const uint64_t check = keyed_hash(bytes, kCheckKey);
    bytes.append(reinterpret_cast<const char*>(&check), kCheckBytes);
    return bytes;
}

std::optional<std::vector<IdBlock>> unpack_ids(std::string_view bytes) {
    if (bytes.size() < 1 + kCheckBytes || bytes.front() != kFormat) return std::nullopt;
    uint64_t check = 0;
    std::memcpy(&check, bytes.data() + bytes.size() - kCheckBytes, kCheckBytes);
    bytes.remove_suffix(kCheckBytes);
    if (keyed_hash(bytes, kCheckKey) != check) return std::nullopt;
    bytes.remove_prefix(1);
    std::vector<IdBlock> ids;
    uint64_t hash = 0;
    while (!bytes.empty()) {
        const auto distance = take(bytes);
        const auto members = take(bytes);
        if (!distance || !members) return std::nullopt;
        hash += *distance;
        ids.push_back({hash, *members});
    }
    return ids;
}

}  // namespace clickmill::fold
