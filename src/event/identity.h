// What is left of an identity where somebody does not want to be recognised, or wants to be
// forgotten: a keyed hash that still lets repeats meet, or nothing.
#pragma once

#include <string>
#include <string_view>

namespace clickmill::event {

// HMAC-SHA-256 under a secret, its first 128 bits in hex: equal texts stay equal under one secret,
// and nobody without it can try texts out.
std::string keyed_identity(std::string_view secret, std::string_view text);

// The id of an event whose sender asked for privacy: what stands before the counter of
// "<install>.<boot>#<n>" is hashed, the counter stays, so that repeats still meet. Ids of other
// forms are hashed whole.
std::string private_event_id(std::string_view secret, std::string_view event_id);

// 128 random bits in hex. No two are alike, whichever thread or process made them. Any thread.
std::string new_event_id();

}  // namespace clickmill::event
