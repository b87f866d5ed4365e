// Values that answers use themselves. The fold writes the first three; (rest) is ours.
#pragma once

#include <string_view>

namespace clickmill::query_api {

inline constexpr std::string_view kAll = "(all)";
inline constexpr std::string_view kOther = "(other)";
inline constexpr std::string_view kRest = "(rest)";
inline constexpr std::string_view kExperiment = "experiment";
inline constexpr std::string_view kVariant = "variant";

}  // namespace clickmill::query_api
