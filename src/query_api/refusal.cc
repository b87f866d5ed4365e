#include "query_api/refusal.h"

namespace clickmill::query_api {
namespace {

std::string sentence_of(const Error& error) {
    return error.why.empty() ? error.what : error.what + ": " + error.why;
}

}  // namespace

Refusal::Refusal(const Error& error)
    : status(error.http_status()),
      code(name_of(error.code)),
      message(sentence_of(error)),
      retry_after_seconds(error.is_worth_retrying() ? 1 : 0) {
    // A store that is slow or damaged heals by itself: for who asks, both mean "later".
    if (error.code == ErrorCode::Timeout || error.code == ErrorCode::Corrupt ||
        error.code == ErrorCode::Conflict) {
        status = 503;
        code = "unavailable";
        retry_after_seconds = 1;
    }
}

http::Response Refusal::response() const {
    http::Response response = http::error_response(status, code, message);
    if (retry_after_seconds > 0)
        response.headers.emplace_back("Retry-After", std::to_string(retry_after_seconds));
    if (status == 401) response.headers.emplace_back("WWW-Authenticate", "Bearer");
    return response;
}

}  // namespace clickmill::query_api
