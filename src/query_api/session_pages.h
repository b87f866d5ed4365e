// Signing in by a one-time link, who is signed in, and signing out.
#pragma once

#include "query_api/access.h"
#include "query_api/query_api.h"

namespace clickmill::query_api {

// GET /signin?token=...: trades the link for the session cookie and goes on to the dashboard.
// Requests that are not a person opening the link (HEAD, prefetch, previews in chats) do not use
// it up.
http::Response sign_in_page(const http::Head& head, control::Control& control, bool is_https);

// POST /api/v1/session/sign-out, from our own pages only.
http::Response sign_out(const http::Head& head, control::Control& control, bool is_https);

// GET /api/v1/session.
Answer<std::string> session_json(const Visitor& visitor, Access& access);

}  // namespace clickmill::query_api
