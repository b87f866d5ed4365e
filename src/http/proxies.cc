#include "http/proxies.h"

#include "http/text.h"

#include <algorithm>
#include <arpa/inet.h>
#include <charconv>
#include <cstring>
#include <optional>

namespace clickmill::http {
namespace {

using Bytes = std::array<uint8_t, 16>;
constexpr int kMappedBits = 96;

struct Parsed {
    Bytes bytes{};
    bool is_v4 = false;
};

std::optional<Parsed> address_of(std::string_view text) {
    const std::string terminated(text);
    Parsed parsed;
    in_addr v4{};
    if (inet_pton(AF_INET, terminated.c_str(), &v4) == 1) {
        parsed.bytes[10] = parsed.bytes[11] = 0xff;
        std::memcpy(parsed.bytes.data() + 12, &v4, 4);
        parsed.is_v4 = true;
        return parsed;
    }
    if (inet_pton(AF_INET6, terminated.c_str(), parsed.bytes.data()) == 1) return parsed;
    return std::nullopt;
}

bool shares_bits(const Bytes& a, const Bytes& b, int bits) {
    for (size_t i = 0; bits > 0; ++i, bits -= 8) {
        const int mask = bits >= 8 ? 0xff : 0xff00 >> bits & 0xff;
        if (((a[i] ^ b[i]) & mask) != 0) return false;
    }
    return true;
}

}  // namespace

Result<TrustedProxies> TrustedProxies::parse(const std::vector<std::string>& texts) {
    TrustedProxies proxies;
    for (const std::string& text : texts) {
        const size_t slash = text.find('/');
        const auto address = address_of(std::string_view(text).substr(0, slash));
        int bits = 0;
        if (slash != std::string::npos) {
            const char* end = text.data() + text.size();
            const auto parsed = std::from_chars(text.data() + slash + 1, end, bits);
            if (parsed.ec != std::errc{} || parsed.ptr != end) bits = -1;
        } else if (address) {
            bits = address->is_v4 ? 32 : 128;
        }
        if (!address || bits < 0 || bits > (address->is_v4 ? 32 : 128)) {
            return fail(ErrorCode::InvalidInput, "cannot trust proxy", text,
                        "not an address such as 10.0.0.7 or a network such as 10.0.0.0/8");
        }
        proxies.networks_.push_back({address->bytes, address->is_v4 ? kMappedBits + bits : bits});
    }
    return proxies;
}

bool TrustedProxies::contains(std::string_view address) const {
    if (networks_.empty()) return false;
    const auto parsed = address_of(address);
    return parsed && std::any_of(networks_.begin(), networks_.end(), [&](const Network& network) {
               return shares_bits(network.address, parsed->bytes, network.bits);
           });
}

std::string TrustedProxies::client_of(std::string_view peer, std::string_view forwarded_for) const {
    std::string_view client = peer;
    while (contains(client) && !forwarded_for.empty()) {
        const size_t comma = forwarded_for.rfind(',');
        const size_t start = comma == std::string_view::npos ? 0 : comma + 1;
        const std::string_view before = trimmed(forwarded_for.substr(start));
        if (!address_of(before)) break;
        client = before;
        forwarded_for = forwarded_for.substr(0, comma == std::string_view::npos ? 0 : comma);
    }
    return std::string(client);
}

}  // namespace clickmill::http
