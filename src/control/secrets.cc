#include "control/secrets.h"

#include "base/hash.h"

#include <openssl/crypto.h>

namespace clickmill::control {

std::string sha256_hex(std::string_view text) {
    return hex_of(sha256(text));
}

bool is_same_secret(std::string_view a, std::string_view b) {
    return a.size() == b.size() && CRYPTO_memcmp(a.data(), b.data(), a.size()) == 0;
}

std::string make_token() {
    return random_token(32);
}

}  // namespace clickmill::control
