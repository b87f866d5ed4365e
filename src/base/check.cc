#include "base/check.h"

#include <fmt/core.h>

#include <cstdlib>

namespace clickmill {

void check_failed(std::string_view condition, std::source_location where) {
    fmt::print(stderr, "CHECK({}) failed in {} at {}:{}\n", condition, where.function_name(),
               where.file_name(), where.line());
    std::abort();
}

}  // namespace clickmill
