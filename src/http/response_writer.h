// An answer's bytes on the wire.
#pragma once

#include "http/message.h"

#include <string>

namespace clickmill::http {

struct WireOptions {
    bool keep_alive = true;
    bool is_http_1_0 = false;
    bool is_head = false;       // the length is named, the body stays here
    bool accepts_gzip = false;  // a large text body is compressed
};

void append_response(std::string& out, Response response, const WireOptions& options);

// Whether Accept-Encoding lets gzip come back: named without q=0.
bool accepts_gzip(std::string_view accept_encoding);

}  // namespace clickmill::http
