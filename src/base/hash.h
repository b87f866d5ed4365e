// Keyed 64-bit hashing (XXH3) and random bytes. Not for passwords or signatures: see control/.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace clickmill {

// XXH3-64 with a seed: equal bytes and key give an equal number on every machine. Stored: never
// change.
uint64_t keyed_hash(std::string_view bytes, uint64_t key);

// The murmur2 hash by which Kafka's Java client places keys; `bytes` may be empty.
// Source: org.apache.kafka.common.utils.Utils#murmur2. Stored: never change.
uint32_t murmur2(std::string_view bytes);

// Cryptographically random (OpenSSL).
uint64_t random_u64();
std::string random_token(int bytes);  // lower-case hex, 2 * bytes characters

}  // namespace clickmill
