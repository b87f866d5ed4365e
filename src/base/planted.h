// Faults planted on purpose, so that the simulation can show that it notices them: a suite that
// never caught one is no evidence. Outside the simulation's own build every question is a constant
// false and costs nothing.
#pragma once

#include <string_view>

namespace clickmill {

#ifdef CLICKMILL_PLANTED
// The rule that this run leaves out; set by tests/simulation.
inline std::string_view planted_fault;
inline bool is_planted(std::string_view fault) {
    return planted_fault == fault;
}
#else
constexpr bool is_planted(std::string_view) {
    return false;
}
#endif

}  // namespace clickmill
