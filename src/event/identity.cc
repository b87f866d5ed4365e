#include "event/identity.h"

#include "base/check.h"

#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/rand.h>

#include <algorithm>
#include <array>
#include <cstdint>

namespace clickmill::event {
namespace {

constexpr size_t kIdBytes = 16;
constexpr size_t kMaxCounterDigits = 16;  // below 2^53

std::string hex(const unsigned char* bytes) {
    constexpr std::string_view kDigits = "0123456789abcdef";
    std::string text(2 * kIdBytes, '0');
    for (size_t i = 0; i < kIdBytes; ++i) {
        text[2 * i] = kDigits[bytes[i] >> 4];
        text[2 * i + 1] = kDigits[bytes[i] & 15];
    }
    return text;
}

// As the fold reads it: canonical decimal behind the last '#'.
bool is_counter(std::string_view text) {
    return !text.empty() && text.size() <= kMaxCounterDigits &&
           (text.size() == 1 || text[0] != '0') &&
           std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
}

}  // namespace

std::string keyed_identity(std::string_view secret, std::string_view text) {
    std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
    unsigned int size = 0;
    CHECK(HMAC(EVP_sha256(), secret.data(), static_cast<int>(secret.size()),
               reinterpret_cast<const unsigned char*>(text.data()), text.size(), digest.data(),
               &size) != nullptr);
    return hex(digest.data());
}

std::string private_event_id(std::string_view secret, std::string_view event_id) {
    const size_t hash = event_id.rfind('#');
    if (hash == std::string_view::npos || !is_counter(event_id.substr(hash + 1))) {
        return keyed_identity(secret, event_id);
    }
    return keyed_identity(secret, event_id.substr(0, hash)).append(event_id.substr(hash));
}

std::string new_event_id() {
    // Random bytes are fetched for many ids at a time; each thread has its own.
    struct Supply {
        std::array<unsigned char, 64 * kIdBytes> bytes{};
        size_t used = 64 * kIdBytes;
    };
    thread_local Supply supply;
    if (supply.used == supply.bytes.size()) {
        CHECK(RAND_bytes(supply.bytes.data(), static_cast<int>(supply.bytes.size())) == 1);
        supply.used = 0;
    }
    supply.used += kIdBytes;
    return hex(supply.bytes.data() + supply.used - kIdBytes);
}

}  // namespace clickmill::event
