#include "http/response_writer.h"

#include "http/gzip.h"
#include "http/text.h"

#include <algorithm>
#include <array>
#include <charconv>

namespace clickmill::http {
namespace {

constexpr size_t kWorthCompressing = 1024;

std::string_view status_line(int status) {
    switch (status) {
        case 200:
            return "HTTP/1.1 200 OK\r\n";
        case 204:
            return "HTTP/1.1 204 No Content\r\n";
        case 303:
            return "HTTP/1.1 303 See Other\r\n";
        case 304:
            return "HTTP/1.1 304 Not Modified\r\n";
        case 400:
            return "HTTP/1.1 400 Bad Request\r\n";
        case 401:
            return "HTTP/1.1 401 Unauthorized\r\n";
        case 403:
            return "HTTP/1.1 403 Forbidden\r\n";
        case 404:
            return "HTTP/1.1 404 Not Found\r\n";
        case 405:
            return "HTTP/1.1 405 Method Not Allowed\r\n";
        case 408:
            return "HTTP/1.1 408 Request Timeout\r\n";
        case 413:
            return "HTTP/1.1 413 Content Too Large\r\n";
        case 414:
            return "HTTP/1.1 414 URI Too Long\r\n";
        case 415:
            return "HTTP/1.1 415 Unsupported Media Type\r\n";
        case 417:
            return "HTTP/1.1 417 Expectation Failed\r\n";
        case 429:
            return "HTTP/1.1 429 Too Many Requests\r\n";
        case 431:
            return "HTTP/1.1 431 Request Header Fields Too Large\r\n";
        case 500:
            return "HTTP/1.1 500 Internal Server Error\r\n";
        case 501:
            return "HTTP/1.1 501 Not Implemented\r\n";
        case 503:
            return "HTTP/1.1 503 Service Unavailable\r\n";
        case 505:
            return "HTTP/1.1 505 HTTP Version Not Supported\r\n";
        default:
            return {};
    }
}

void append_number(std::string& out, size_t number) {
    std::array<char, 24> digits{};
    out.append(digits.data(),
               std::to_chars(digits.data(), digits.data() + digits.size(), number).ptr);
}

// A field's text may come from a client (a mirrored origin): it never breaks the line.
void append_text(std::string& out, std::string_view text) {
    for (const char c : text) {
        if (static_cast<uint8_t>(c) >= 0x20 && c != 0x7f) out += c;
    }
}

void append_field(std::string& out, std::string_view name, std::string_view value) {
    append_text(out, name);
    out += ": ";
    append_text(out, value);
    out += "\r\n";
}

bool has_field(const Response& response, std::string_view name) {
    return std::any_of(response.headers.begin(), response.headers.end(),
                       [name](const auto& field) { return same_text(field.first, name); });
}

bool is_text(std::string_view type) {
    return type.starts_with("text/") || type.contains("json") || type.contains("javascript") ||
           type.contains("xml");
}

// The answer depends on Accept-Encoding whenever it would have been compressed for another client.
void compress(Response& response, bool is_accepted) {
    if (response.body.size() < kWorthCompressing || !is_text(response.content_type) ||
        has_field(response, "content-encoding")) {
        return;
    }
    response.headers.emplace_back("Vary", "Accept-Encoding");
    if (!is_accepted) return;
    response.headers.emplace_back("Content-Encoding", "gzip");
    response.body = gzip(response.body);
}

}  // namespace

void append_response(std::string& out, Response response, const WireOptions& options) {
    compress(response, options.accepts_gzip);
    if (const auto line = status_line(response.status); !line.empty()) {
        out += line;
    } else {
        out += "HTTP/1.1 ";
        append_number(out, static_cast<size_t>(response.status));
        out += " -\r\n";
    }
    const bool has_body = response.status != 204 && response.status != 304;
    if (has_body) {
        append_field(out, "Content-Type", response.content_type);
        out += "Content-Length: ";
        append_number(out, response.body.size());
        out += "\r\n";
    }
    if (!options.keep_alive) {
        out += "Connection: close\r\n";
    } else if (options.is_http_1_0) {
        out += "Connection: keep-alive\r\n";
    }
    for (const auto& [name, value] : response.headers) append_field(out, name, value);
    out += "\r\n";
    if (has_body && !options.is_head) out += response.body;
}

bool accepts_gzip(std::string_view accept_encoding) {
    while (!accept_encoding.empty()) {
        const size_t comma = accept_encoding.find(',');
        std::string_view item = accept_encoding.substr(0, comma);
        accept_encoding.remove_prefix(comma == std::string_view::npos ? accept_encoding.size()
                                                                      : comma + 1);
        while (!item.empty() && item.front() == ' ') item.remove_prefix(1);
        const std::string_view name = item.substr(0, item.find_first_of("; "));
        if (name != "gzip" && name != "*") continue;
        const size_t quality = item.find("q=");
        if (quality == std::string_view::npos) return true;
        const std::string_view number = item.substr(quality + 2);
        return number.find_first_of("123456789") != std::string_view::npos;
    }
    return false;
}

}  // namespace clickmill::http
