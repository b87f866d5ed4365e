// The text rules of every id and label: UTF-8, without control characters, 1 to N bytes (design
// section 4).
#pragma once

#include <cstddef>
#include <string_view>

namespace clickmill::event {

inline constexpr size_t kMaxIdBytes = 128;
inline constexpr size_t kMaxEventIdBytes = 64;

// Values that answers use themselves and that are refused as ids.
inline constexpr std::string_view kAll = "(all)";
inline constexpr std::string_view kOther = "(other)";
inline constexpr std::string_view kNone = "(none)";
inline constexpr std::string_view kRest = "(rest)";

bool is_reserved(std::string_view text);

// Valid UTF-8 (no overlong forms, no surrogates) without C0 and C1 control characters and DEL.
bool is_clean(std::string_view text);

// 1 to `max_bytes` clean bytes that are not a reserved value.
bool is_id(std::string_view text, size_t max_bytes = kMaxIdBytes);

}  // namespace clickmill::event
