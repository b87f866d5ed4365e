// Tokens and their hashes: a stolen control.db opens nothing, since it holds hashes alone.
#pragma once

#include <string>
#include <string_view>

namespace clickmill::control {

// SHA-256 as 64 lower-case hex digits. Tokens hold 128 random bits or more, so a plain hash is
// enough: there is no dictionary to try. Stored: never change.
std::string sha256_hex(std::string_view text);

// Takes the same time wherever the texts differ; texts of different length are unequal.
bool is_same_secret(std::string_view a, std::string_view b);

// 256 random bits as 64 hex digits: session and sign-in tokens.
std::string make_token();

}  // namespace clickmill::control
