#include "event/identity.h"

#include "base/check.h"
#include "base/hash.h"

#include <openssl/rand.h>

#include <algorithm>
#include <array>
#include <cstdint>

namespace clickmill::event {
namespace {

constexpr size_t kIdBytes = 16;
constexpr size_t kMaxCounterDigits = 16;  // below 2^53

// As the fold reads it: canonical decimal behind the last '#'.
bool is_counter(std::string_view text) {
    return !text.empty() && text.size() <= kMaxCounterDigits &&
           (text.size() == 1 || text[0] != '0') &&
           std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
}

}  // namespace

std::string keyed_identity(std::string_view secret, std::string_view text) {
    return hex_of(std::string_view(hmac_sha256(secret, text)).substr(0, kIdBytes));
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
        std::array<char, 64 * kIdBytes> bytes{};
        size_t used = 64 * kIdBytes;
    };
    thread_local Supply supply;
    if (supply.used == supply.bytes.size()) {
        CHECK(RAND_bytes(reinterpret_cast<unsigned char*>(supply.bytes.data()),
                         static_cast<int>(supply.bytes.size())) == 1);
        supply.used = 0;
    }
    supply.used += kIdBytes;
    return hex_of({supply.bytes.data() + supply.used - kIdBytes, kIdBytes});
}

}  // namespace clickmill::event
