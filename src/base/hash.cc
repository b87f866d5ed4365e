#include "base/hash.h"

#include "base/check.h"

#include <openssl/rand.h>
#include <xxhash.h>

#include <cstring>
#include <vector>

namespace clickmill {

uint64_t keyed_hash(std::string_view bytes, uint64_t key) {
    return XXH3_64bits_withSeed(bytes.data(), bytes.size(), key);
}

uint32_t murmur2(std::string_view bytes) {
    constexpr uint32_t kSeed = 0x9747b28c;
    constexpr uint32_t kMultiplier = 0x5bd1e995;
    constexpr int kShift = 24;
    uint32_t hash = kSeed ^ static_cast<uint32_t>(bytes.size());
    size_t at = 0;
    for (; at + 4 <= bytes.size(); at += 4) {
        uint32_t word = 0;
        std::memcpy(&word, bytes.data() + at, 4);
        word *= kMultiplier;
        word ^= word >> kShift;
        word *= kMultiplier;
        hash *= kMultiplier;
        hash ^= word;
    }
    const size_t rest = bytes.size() - at;
    const auto byte = [&](size_t i) {
        return static_cast<uint32_t>(static_cast<uint8_t>(bytes[at + i]));
    };
    if (rest == 3) hash ^= byte(2) << 16;
    if (rest >= 2) hash ^= byte(1) << 8;
    if (rest >= 1) {
        hash ^= byte(0);
        hash *= kMultiplier;
    }
    hash ^= hash >> 13;
    hash *= kMultiplier;
    hash ^= hash >> 15;
    return hash;
}

uint64_t random_u64() {
    uint64_t number = 0;
    CHECK(RAND_bytes(reinterpret_cast<unsigned char*>(&number), sizeof(number)) == 1);
    return number;
}

std::string random_token(int bytes) {
    std::vector<unsigned char> raw(static_cast<size_t>(bytes));
    CHECK(RAND_bytes(raw.data(), bytes) == 1);
    constexpr std::string_view kDigits = "0123456789abcdef";
    std::string text;
    for (const unsigned char byte : raw) {
        text += kDigits[byte >> 4];
        text += kDigits[byte & 15];
    }
    return text;
}

}  // namespace clickmill
