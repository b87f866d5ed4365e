// How a question fails: an HTTP status, a code for programs and a sentence for people.
#pragma once

#include "base/result.h"
#include "http/message.h"

#include <expected>
#include <string>
#include <utility>

namespace clickmill::query_api {

struct Refusal {
    int status = 400;
    std::string code;     // "unknown_parameter"; listed in api/openapi.yaml
    std::string message;  // what, where, what to do
    int retry_after_seconds = 0;

    Refusal(int s, std::string c, std::string m, int retry_after = 0)
        : status(s), code(std::move(c)), message(std::move(m)), retry_after_seconds(retry_after) {}
    // A failure below us. Says what and why, but not where: paths are the operator's business.
    Refusal(const Error& error);  // NOLINT(google-explicit-constructor): so macros pass it on

    http::Response response() const;
};

template <typename T>
using Answer = std::expected<T, Refusal>;

inline std::unexpected<Refusal> refuse(std::string code, std::string message) {
    return std::unexpected(Refusal(400, std::move(code), std::move(message)));
}

}  // namespace clickmill::query_api
