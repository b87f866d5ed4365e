// How a failure travels: Result<T> is a value or an Error, and two macros pass an Error on.
#pragma once

#include <expected>
#include <string>
#include <string_view>
#include <utility>

namespace clickmill {

enum class ErrorCode {
    InvalidInput,  // the caller's mistake; never retry
    NotFound,
    Conflict,     // somebody else was faster, or a stored fact differs; read again before going on
    TooMuch,      // over a limit that has a name
    Unavailable,  // not now: disk full, lock held, shutting down; retry later
    Timeout,
    Corrupt,  // bytes that were once good are not; never retry blindly
    Internal,
};

std::string_view name_of(ErrorCode code);

// A code for programs and three parts for people. Printed by message() as one line:
//   cannot append record: data/events.db at offset 81204: disk full (SQLITE_FULL), accepting again
//   ...
struct Error {
    ErrorCode code = ErrorCode::Internal;
    std::string what;   // "cannot append record"
    std::string where;  // "data/events.db at offset 81204": the thing and the value; may be empty
    std::string
        why;  // "disk full (SQLITE_FULL), accepting again once space returns": cause, remedy

    std::string message() const;
    // The HTTP status that this error becomes: 400, 404, 409, 413, 503, 504 or 500.
    int http_status() const;
    bool is_worth_retrying() const;
};

template <typename T>
using Result = std::expected<T, Error>;

inline std::unexpected<Error> fail(ErrorCode code, std::string what, std::string where = {},
                                   std::string why = {}) {
    return std::unexpected(Error{code, std::move(what), std::move(where), std::move(why)});
}

}  // namespace clickmill

#define CLICKMILL_CONCAT_(a, b) a##b
#define CLICKMILL_CONCAT(a, b) CLICKMILL_CONCAT_(a, b)

// Returns the error of `expression` (a Result) from the enclosing function, if it is one.
#define RETURN_IF_ERROR(expression)                                      \
    do {                                                                 \
        if (auto clickmill_result = (expression); !clickmill_result)     \
            return std::unexpected(std::move(clickmill_result).error()); \
    } while (false)

// ASSIGN_OR_RETURN(auto x, f()): declares x from the value of f(), or returns its error.
#define ASSIGN_OR_RETURN(declaration, expression)                                           \
    CLICKMILL_ASSIGN_OR_RETURN_(CLICKMILL_CONCAT(clickmill_result_, __LINE__), declaration, \
                                expression)
// NOLINTBEGIN(bugprone-macro-parentheses): a declaration cannot stand in parentheses.
#define CLICKMILL_ASSIGN_OR_RETURN_(result, declaration, expression) \
    auto result = (expression);                                      \
    if (!result) return std::unexpected(std::move(result).error());  \
    declaration = *std::move(result)
// NOLINTEND(bugprone-macro-parentheses)
