#include "query_api/session_pages.h"

#include "base/json_writer.h"
#include "query_api/own_pages.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace clickmill::query_api {
namespace {

constexpr int kSessionSeconds = 30 * 86'400;

// Parts of the names by which chats and mail scanners fetch links for previews.
constexpr std::array<std::string_view, 12> kPreviewers = {
    "bot",      "preview",  "facebookexternalhit", "whatsapp", "slack-img", "skype",
    "telegram", "linkedin", "mattermost",          "zoom",     "crawler",   "embed"};

// The look of the few pages that stand without the dashboard. The policy names the hash of exactly
// these bytes; the browser tests fail when it is another one.
constexpr std::string_view kStyle =
    ":root{color-scheme:light dark}"
    "body{font:16px/1.5 system-ui,sans-serif;margin:18vh auto 0;max-width:32rem;padding:0 1.5rem}"
    "h1{font-size:1.4rem}";
constexpr std::string_view kPolicy =
    "default-src 'none'; style-src 'sha256-wQiC7XiDfe72WKDeBVkDZ3eAcQuouiAbWaX//1UPe38='; "
    "frame-ancestors 'none'";

std::string small(std::string_view text) {
    std::string result(text);
    for (char& c : result) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
    return result;
}

bool is_person(const http::Head& head) {
    if (head.method == http::Method::Head) return false;
    for (const char* field : {"sec-purpose", "purpose", "x-moz", "x-purpose"}) {
        const std::string purpose = small(head.header(field));
        if (purpose.contains("prefetch") || purpose.contains("preview")) return false;
    }
    const std::string_view mode = head.header("sec-fetch-mode");
    if (!mode.empty()) return mode == "navigate";
    const std::string agent = small(head.header("user-agent"));
    return std::ranges::none_of(kPreviewers,
                                [&](std::string_view name) { return agent.contains(name); });
}

// A page of our own words only: nothing from the request stands in it.
http::Response page(int status, std::string_view title, std::string_view text) {
    http::Response response{.status = status, .content_type = "text/html; charset=utf-8"};
    response.headers = {{"Cache-Control", "no-store"},
                        {"Content-Security-Policy", std::string(kPolicy)},
                        {"Referrer-Policy", "no-referrer"},
                        {"X-Content-Type-Options", "nosniff"}};
    response.body = fmt::format(
        "<!doctype html>\n<html lang=\"en\">\n<meta charset=\"utf-8\">\n"
        "<meta name=\"viewport\" content=\"width=device-width\">\n"
        "<title>{0} - Clickmill</title>\n<style>{2}</style>\n"
        "<main>\n<h1>{0}</h1>\n<p>{1}</p>\n</main>\n</html>\n",
        title, text, kStyle);
    return response;
}

bool is_over_https(const http::Head& head, bool is_https) {
    return is_https || head.header("x-forwarded-proto") == "https";
}

std::string cookie(std::string_view token, int seconds, bool is_secure) {
    return fmt::format("{}={}; Path=/; Max-Age={}; HttpOnly; SameSite=Strict{}", kSessionCookie,
                       token, seconds, is_secure ? "; Secure" : "");
}

}  // namespace

http::Response sign_in_page(const http::Head& head, control::Control& control, bool is_https) {
    const auto token = head.parameter("token");
    if (!token || token->empty())
        return page(400, "Not a sign-in link",
                    "The link has no token. Open it whole, as <code>clickmill user link "
                    "NAME</code> printed it.");
    if (!is_person(head))
        return page(200, "Sign in to Clickmill", "Open this link in a browser to sign in.");

    const auto session = control.sign_in(*token);
    if (!session && session.error().code == ErrorCode::NotFound)
        return page(404, "This link does not work any more",
                    "It was used or has expired: each link works once. Ask for a new one, which "
                    "<code>clickmill user link NAME</code> prints.");
    if (!session) {
        http::Response later = page(503, "Not now",
                                    "Signing in is not possible at the moment. "
                                    "Open the link again; it still works.");
        later.headers.emplace_back("Retry-After", "1");
        return later;
    }
    http::Response response = page(303, "Signed in", "Go on to the <a href=\"/\">dashboard</a>.");
    response.headers.emplace_back("Location", "/");
    response.headers.emplace_back("Set-Cookie",
                                  cookie(*session, kSessionSeconds, is_over_https(head, is_https)));
    return response;
}

http::Response sign_out(const http::Head& head, control::Control& control, bool is_https) {
    if (!is_from_our_pages(head))
        return http::error_response(403, "cross_site",
                                    "signing out works from the dashboard's own pages only");
    const std::string_view token = head.cookie(kSessionCookie);
    if (!token.empty()) {
        const auto done = control.sign_out(token);
        if (!done) return Refusal(done.error()).response();
    }
    http::Response response{.status = 204, .content_type = {}};
    response.headers = {{"Set-Cookie", cookie("", 0, is_over_https(head, is_https))},
                        {"Cache-Control", "no-store"}};
    return response;
}

Answer<std::string> session_json(const Visitor& visitor, Access& access) {
    ASSIGN_OR_RETURN(const auto directory, access.directory());
    JsonWriter json;
    json.begin_object().key("person");
    if (visitor.person) {
        json.begin_object().field("name", visitor.person->name);
        json.field("role", visitor.person->role == control::Role::Admin ? "admin" : "viewer");
        json.end_object();
    } else {
        json.null();
    }
    json.key("projects").begin_array();
    for (const auto& project : directory->projects) {
        if (!visitor.project.empty() && project.id != visitor.project) continue;
        const control::Key* newest = nullptr;
        for (const auto& [hash, key] : directory->keys)
            if (key.kind == control::KeyKind::Write && key.project == project.id &&
                !key.is_disabled && (!newest || key.id > newest->id))
                newest = &key;
        json.begin_object().field("id", project.id).field("name", project.name);
        json.field("zone", project.zone).field("week_start", project.week_start);
        json.field("is_sample", project.is_sample).key("write_key_hint");
        if (newest)
            json.value(newest->hint);
        else
            json.null();
        json.end_object();
    }
    json.end_array().end_object();
    return json.take();
}

}  // namespace clickmill::query_api
