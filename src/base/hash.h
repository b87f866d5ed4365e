// Hashes and random bytes: XXH3 where nobody attacks, SHA-256 (OpenSSL) where somebody may.
#pragma once

#include "base/result.h"

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

// SHA-256, and HMAC-SHA-256 (RFC 2104), as 32 bytes.
std::string sha256(std::string_view bytes);
std::string hmac_sha256(std::string_view key, std::string_view bytes);
std::string hex_of(std::string_view bytes);  // lower-case

// In hex. Unavailable: the file cannot be read.
Result<std::string> sha256_of_file(const std::string& path);

// Cryptographically random (OpenSSL).
uint64_t random_u64();
std::string random_token(int bytes);  // lower-case hex, 2 * bytes characters

}  // namespace clickmill
