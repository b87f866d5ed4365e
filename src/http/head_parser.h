// Turns the bytes of a head that HeadScanner let pass into a Head. Behind it stands Boost.Beast's
// parser: what either of the two refuses is refused.
#pragma once

#include "http/framing.h"
#include "http/message.h"

#include <optional>
#include <string_view>

namespace clickmill::http {

// nullopt: Beast does not take it, or the path's escapes are broken or hide a NUL. `bytes` is the
// whole head with its empty line.
std::optional<Head> parse_head(std::string_view bytes, const Framing& framing);

}  // namespace clickmill::http
