// CHECK: for our own mistakes, on in release too. Never for input, bytes from disk or answers from
// outside.
#pragma once

#include <source_location>
#include <string_view>

namespace clickmill {

// Prints where and what to standard error and aborts; the process manager starts us again.
[[noreturn]] void check_failed(std::string_view condition, std::source_location where);

}  // namespace clickmill

#define CHECK(condition)                                                            \
    do {                                                                            \
        if (!(condition)) [[unlikely]]                                              \
            ::clickmill::check_failed(#condition, std::source_location::current()); \
    } while (false)
