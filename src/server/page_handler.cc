#include "server/page_handler.h"

#include "base/hash.h"
#include "http/response_writer.h"
#include "server/security_headers.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <utility>

namespace clickmill::server {

namespace {

constexpr std::string_view kNotBuilt =
    "<!doctype html><meta charset=\"utf-8\"><title>Clickmill</title>"
    "<h1>This clickmill was built without its web pages</h1>"
    "<p>Collector and query API work. For the dashboard, build the web pages and then the program "
    "again: <code>script/build</code> does both.</p>";

constexpr std::array<std::pair<std::string_view, std::string_view>, 9> kContentTypes = {{
    {".html", "text/html; charset=utf-8"},
    {".js", "text/javascript; charset=utf-8"},
    {".css", "text/css; charset=utf-8"},
    {".json", "application/json"},
    {".svg", "image/svg+xml"},
    {".png", "image/png"},
    {".ico", "image/x-icon"},
    {".woff2", "font/woff2"},
    {".webmanifest", "application/manifest+json"},
}};

std::string content_type_of(std::string_view path) {
    for (const auto& [ending, type] : kContentTypes) {
        if (path.ends_with(ending)) return std::string(type);
    }
    return "application/octet-stream";
}

// Files under /assets/ have their content's hash in their names. The SDK is asked for by every page
// view of somebody's site: five minutes old is new enough.
std::string_view cache_control_of(std::string_view path) {
    if (path.contains("/assets/")) return "public, max-age=31536000, immutable";
    if (path == "/sdk.js") return "public, max-age=300";
    return "no-cache";
}

// "/features/checkout.pay" is a route of the dashboard, "/logo.png" a file that we do not have.
bool looks_like_a_file(std::string_view path) {
    const std::string_view name = path.substr(path.rfind('/') + 1);
    for (const auto& [ending, type] : kContentTypes) {
        if (name.ends_with(ending)) return true;
    }
    return name.ends_with(".map") || name.ends_with(".txt") || name.ends_with(".php");
}

// Served by the operations listener alone; the dashboard's page would make a probe of this one
// believe that all is well.
bool is_for_operations(std::string_view path) {
    constexpr std::array<std::string_view, 5> kPaths = {"/healthz", "/livez", "/readyz", "/metrics",
                                                        "/version"};
    return std::find(kPaths.begin(), kPaths.end(), path) != kPaths.end();
}

bool is_below(std::string_view path, std::string_view folder) {
    return path.starts_with(folder) && (path.size() == folder.size() || path[folder.size()] == '/');
}

// The policy of every page, with one more place that may be connected to.
std::string policy_with(std::string_view place) {
    constexpr std::string_view kConnect = "connect-src 'self'";
    std::string policy(kContentSecurityPolicy);
    const size_t end = policy.find(kConnect) + kConnect.size();
    return policy.insert(end, " " + std::string(place));
}

}  // namespace

PageHandler::PageHandler(PageOptions options, const std::vector<WebFile>& files)
    : options_(std::move(options)) {
    for (const WebFile& file : files) {
        pages_[file.path] = {file, fmt::format("\"{:016x}\"", keyed_hash(file.plain.view(), 0))};
    }
}

std::expected<http::BodyLimits, http::Response> PageHandler::admit(const http::Head& head) {
    if (head.method != http::Method::Get && head.method != http::Method::Head) {
        http::Response refused = http::error_response(
            405, "method_not_allowed", fmt::format("{} takes GET and HEAD only", head.path));
        refused.headers.emplace_back("Allow", "GET, HEAD");
        return std::unexpected(std::move(refused));
    }
    return http::BodyLimits{};
}

void PageHandler::handle(http::Request request, http::Respond respond) {
    respond(answer(request.head));
}

http::Response PageHandler::answer(const http::Head& head) const {
    const std::string_view path = head.path;
    if (is_below(path, "/api") || is_below(path, "/v1")) return not_found(path);
    if (is_for_operations(path)) {
        return http::error_response(
            404, "not_found",
            fmt::format("{} is at the address of server.operations_listen", path));
    }
    if (is_below(path, "/demo")) {
        if (!options_.is_demo) return not_found(path);
        if (path == "/demo")
            return {.status = 303, .headers = {{"Location", "/demo/"}}, .body = ""};
        if (path == "/demo/config.json") {
            return {.headers = {{"Cache-Control", "no-store"}}, .body = options_.demo_config};
        }
    }
    const Page* page = page_at(path);
    if (page == nullptr) return not_found(path);

    http::Response response{.content_type = content_type_of(page->file.path), .body = ""};
    response.headers = {{"ETag", page->etag},
                        {"Cache-Control", std::string(cache_control_of(page->file.path))},
                        {"Vary", "Accept-Encoding"}};
    if (is_below(path, "/demo") && !options_.collector_url.empty()) {
        response.headers.emplace_back("Content-Security-Policy",
                                      policy_with(options_.collector_url));
    }
    if (path == "/sdk.js") {
        response.headers.emplace_back("Access-Control-Allow-Origin", "*");
        response.headers.emplace_back("Cross-Origin-Resource-Policy", "cross-origin");
    }
    if (head.header("if-none-match").contains(page->etag)) {
        response.status = 304;
        return response;
    }
    const bool is_packed = http::accepts_gzip(head.header("accept-encoding")) &&
                           page->file.packed.view().size() < page->file.plain.view().size();
    if (is_packed) response.headers.emplace_back("Content-Encoding", "gzip");
    response.body = is_packed ? page->file.packed.view() : page->file.plain.view();
    return response;
}

const PageHandler::Page* PageHandler::page_at(std::string_view path) const {
    const auto found = [this](std::string_view name) {
        const auto page = pages_.find(name);
        return page == pages_.end() ? nullptr : &page->second;
    };
    if (const Page* page = found(path)) return page;
    if (path == "/demo/") return found("/demo/index.html");
    if (is_below(path, "/demo") || is_below(path, "/assets") || looks_like_a_file(path)) {
        return nullptr;
    }
    return found("/index.html");
}

http::Response PageHandler::not_found(std::string_view path) const {
    const bool has_pages = pages_.contains("/index.html");
    if (!has_pages && !is_below(path, "/api") && !is_below(path, "/v1")) {
        return {.status = 503,
                .content_type = "text/html; charset=utf-8",
                .headers = {{"Cache-Control", "no-store"}},
                .body = std::string(kNotBuilt)};
    }
    return http::error_response(404, "not_found", fmt::format("nothing is served at {}", path));
}

}  // namespace clickmill::server
