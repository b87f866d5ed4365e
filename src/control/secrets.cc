#include "control/secrets.h"

#include "base/check.h"
#include "base/hash.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>

#include <array>

namespace clickmill::control {

std::string sha256_hex(std::string_view text) {
    std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
    unsigned int size = 0;
    CHECK(EVP_Digest(text.data(), text.size(), digest.data(), &size, EVP_sha256(), nullptr) == 1);

    constexpr std::string_view kDigits = "0123456789abcdef";
    std::string hex;
    hex.reserve(size_t{2} * size);
    for (unsigned int i = 0; i < size; ++i) {
        hex += kDigits[digest[i] >> 4];
        hex += kDigits[digest[i] & 15];
    }
    return hex;
}

bool is_same_secret(std::string_view a, std::string_view b) {
    return a.size() == b.size() && CRYPTO_memcmp(a.data(), b.data(), a.size()) == 0;
}

std::string make_token() {
    return random_token(32);
}

}  // namespace clickmill::control
