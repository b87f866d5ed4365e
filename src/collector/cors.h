// What browsers on other origins may do with us, and read of our answers.
#pragma once

#include "http/message.h"

namespace clickmill::collector {

// Stands on every answer, errors too: without it a page cannot even read the status.
void add_cors_headers(const http::Head& head, http::Response& response);

// The answer to a preflight.
http::Response preflight_response(const http::Head& head);

}  // namespace clickmill::collector
