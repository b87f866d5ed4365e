// Whether a request that changes something comes from the dashboard itself.
#pragma once

#include "http/message.h"

namespace clickmill::query_api {

// Browsers say where a request comes from; what says nothing is no browser, and has no cookie that
// it did not choose to send.
inline bool is_from_our_pages(const http::Head& head) {
    const std::string_view site = head.header("sec-fetch-site");
    if (!site.empty()) return site == "same-origin" || site == "none";
    const std::string_view origin = head.header("origin");
    if (origin.empty()) return true;
    const size_t scheme_end = origin.find("://");
    return scheme_end != std::string_view::npos &&
           origin.substr(scheme_end + 3) == head.header("host");
}

}  // namespace clickmill::query_api
