// Who the client is when trusted proxies stand between: X-Forwarded-For, read from its right end.
#pragma once

#include "base/result.h"

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace clickmill::http {

class TrustedProxies {
public:
    // Each "10.0.0.7", "10.0.0.0/8" or "fd00::/8". InvalidInput: names the one that is none.
    static Result<TrustedProxies> parse(const std::vector<std::string>& texts);

    bool contains(std::string_view address) const;
    // The first address from the right of `forwarded_for` that is not a trusted proxy. `peer` when
    // it is not trusted itself, or when a list entry is not an address.
    std::string client_of(std::string_view peer, std::string_view forwarded_for) const;
    bool empty() const { return networks_.empty(); }

private:
    struct Network {
        std::array<uint8_t, 16> address{};  // IPv4 as ::ffff:a.b.c.d
        int bits = 128;
    };
    std::vector<Network> networks_;
};

}  // namespace clickmill::http
