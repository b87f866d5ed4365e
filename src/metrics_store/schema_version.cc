#include "metrics_store/schema_version.h"

#include <fmt/core.h>

#include <string>

namespace clickmill::metrics_store {

Result<void> check_version(int64_t found, int64_t known, std::string_view server) {
    if (found == known) return {};
    if (found == 0) {
        return fail(ErrorCode::Unavailable, "cannot read metrics", std::string(server),
                    "no aggregator has made the tables yet");
    }
    if (found < known) {
        return fail(ErrorCode::Unavailable, "cannot use metrics store", std::string(server),
                    fmt::format("its schema has version {}; an aggregator brings it to version {} "
                                "when it starts, and `clickmill store migrate` before that",
                                found, known));
    }
    return fail(ErrorCode::InvalidInput, "cannot use metrics store", std::string(server),
                fmt::format("its schema has version {} and this program knows {}; run the program "
                            "that wrote it",
                            found, known));
}

}  // namespace clickmill::metrics_store
