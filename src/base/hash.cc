#include "base/hash.h"

#include "base/check.h"

#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/rand.h>
#include <xxhash.h>

#include <array>
#include <cstring>
#include <fstream>
#include <memory>

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

std::string sha256(std::string_view bytes) {
    std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
    unsigned int size = 0;
    CHECK(EVP_Digest(bytes.data(), bytes.size(), digest.data(), &size, EVP_sha256(), nullptr) == 1);
    return {reinterpret_cast<const char*>(digest.data()), size};
}

std::string hmac_sha256(std::string_view key, std::string_view bytes) {
    std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
    unsigned int size = 0;
    CHECK(HMAC(EVP_sha256(), key.data(), static_cast<int>(key.size()),
               reinterpret_cast<const unsigned char*>(bytes.data()), bytes.size(), digest.data(),
               &size) != nullptr);
    return {reinterpret_cast<const char*>(digest.data()), size};
}

std::string hex_of(std::string_view bytes) {
    constexpr std::string_view kDigits = "0123456789abcdef";
    std::string text;
    text.reserve(2 * bytes.size());
    for (const char c : bytes) {
        const auto byte = static_cast<unsigned char>(c);
        text += kDigits[byte >> 4];
        text += kDigits[byte & 15];
    }
    return text;
}

Result<std::string> sha256_of_file(const std::string& path) {
    constexpr size_t kAtOnce = 1 << 20;
    const std::unique_ptr<EVP_MD_CTX, void (*)(EVP_MD_CTX*)> context(EVP_MD_CTX_new(),
                                                                     EVP_MD_CTX_free);
    CHECK(EVP_DigestInit_ex(context.get(), EVP_sha256(), nullptr) == 1);
    std::ifstream file(path, std::ios::binary);
    std::string bytes(kAtOnce, '\0');
    while (file) {
        file.read(bytes.data(), static_cast<std::streamsize>(bytes.size()));
        CHECK(EVP_DigestUpdate(context.get(), bytes.data(), static_cast<size_t>(file.gcount())) ==
              1);
    }
    if (!file.eof()) return fail(ErrorCode::Unavailable, "cannot read", path);
    std::string digest(EVP_MAX_MD_SIZE, '\0');
    unsigned int size = 0;
    CHECK(EVP_DigestFinal_ex(context.get(), reinterpret_cast<unsigned char*>(digest.data()),
                             &size) == 1);
    return hex_of(std::string_view(digest).substr(0, size));
}

uint64_t random_u64() {
    uint64_t number = 0;
    CHECK(RAND_bytes(reinterpret_cast<unsigned char*>(&number), sizeof(number)) == 1);
    return number;
}

std::string random_token(int bytes) {
    std::string raw(static_cast<size_t>(bytes), '\0');
    CHECK(RAND_bytes(reinterpret_cast<unsigned char*>(raw.data()), bytes) == 1);
    return hex_of(raw);
}

}  // namespace clickmill
