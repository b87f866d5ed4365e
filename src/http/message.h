// Requests and responses as handlers see them.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace clickmill::http {

enum class Method { Get, Head, Post, Put, Delete, Patch, Options, Other };

using Headers = std::vector<std::pair<std::string, std::string>>;

// A request's first line and fields. Names of fields are compared without case.
struct Head {
    Method method = Method::Get;
    std::string path;   // percent-decoded, without the query; starts with "/"
    std::string query;  // as sent, without "?"
    Headers headers;
    std::string remote_address;  // of the client, behind trusted proxies; no port
    std::optional<int64_t> content_length;

    std::string_view header(
        std::string_view name) const;  // "" when absent; the first when repeated
    // The decoded value of a query parameter, the first when repeated; nullopt when absent.
    std::optional<std::string> parameter(std::string_view name) const;
    std::vector<std::pair<std::string, std::string>> parameters() const;  // all, decoded, in order
    std::string_view cookie(std::string_view name) const;
};

struct BodyLimits {
    int64_t sent_bytes = 0;      // as it comes over the wire; over it: 413
    int64_t inflated_bytes = 0;  // after gzip; over it: 413
};

struct Request {
    Head head;
    std::string body;  // at least 64 bytes of capacity behind its end
};

struct Response {
    int status = 200;
    std::string content_type = "application/json";
    Headers headers;
    std::string body;
    bool close = false;
};

using Respond = std::move_only_function<void(Response)>;

// {"error":{"code":"unknown_key","message":"..."}}
Response error_response(int status, std::string_view code, std::string_view message);

// "a%20b+c" -> "a b c" (plus means space only in queries). nullopt: broken escapes.
std::optional<std::string> percent_decode(std::string_view text, bool plus_is_space);

}  // namespace clickmill::http
