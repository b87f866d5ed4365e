#include "archive/s3/signature.h"

#include "base/hash.h"

#include <fmt/chrono.h>
#include <fmt/format.h>

#include <algorithm>

namespace clickmill::archive {
namespace {

constexpr std::string_view kAlgorithm = "AWS4-HMAC-SHA256";

std::string encoded(std::string_view text, bool keeps_slashes) {
    std::string out;
    for (const char c : text) {
        const bool is_plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
                              (c >= '0' && c <= '9') || c == '-' || c == '.' || c == '_' ||
                              c == '~' || (c == '/' && keeps_slashes);
        if (is_plain) {
            out += c;
        } else {
            out += fmt::format("%{:02X}", static_cast<unsigned char>(c));
        }
    }
    return out;
}

}  // namespace

std::string encoded_path(std::string_view path) {
    return encoded(path, true);
}

std::string encoded_query(const S3Query& query) {
    std::vector<std::pair<std::string, std::string>> pairs;
    for (const auto& [name, value] : query)
        pairs.emplace_back(encoded(name, false), encoded(value, false));
    std::ranges::sort(pairs);
    std::string out;
    for (const auto& [name, value] : pairs)
        out += fmt::format("{}{}={}", out.empty() ? "" : "&", name, value);
    return out;
}

std::vector<std::string> signed_headers(const S3Request& request, const S3Credentials& credentials,
                                        const std::string& region, Moment now) {
    const auto seconds = std::chrono::floor<std::chrono::seconds>(now);
    const std::string time = fmt::format(
        "{:%Y%m%dT%H%M%SZ}", fmt::gmtime(std::chrono::system_clock::to_time_t(seconds)));
    const std::string date = time.substr(0, 8);
    const std::string body_hash = hex_of(sha256(request.body));
    // By name, as they are signed.
    std::vector<std::pair<std::string, std::string>> headers = {
        {"host", request.host}, {"x-amz-content-sha256", body_hash}, {"x-amz-date", time}};
    if (!credentials.token.empty()) headers.emplace_back("x-amz-security-token", credentials.token);
    std::string lines;
    std::string names;
    for (const auto& [name, value] : headers) {
        lines += fmt::format("{}:{}\n", name, value);
        names += (names.empty() ? "" : ";") + name;
    }
    const std::string canonical =
        fmt::format("{}\n{}\n{}\n{}\n{}\n{}", request.method, encoded_path(request.path),
                    encoded_query(request.query), lines, names, body_hash);
    const std::string scope = fmt::format("{}/{}/s3/aws4_request", date, region);
    const std::string to_sign =
        fmt::format("{}\n{}\n{}\n{}", kAlgorithm, time, scope, hex_of(sha256(canonical)));
    std::string key = "AWS4" + credentials.secret;
    for (const std::string_view part : {std::string_view(date), std::string_view(region),
                                        std::string_view("s3"), std::string_view("aws4_request")})
        key = hmac_sha256(key, part);
    std::vector<std::string> sent;
    for (const auto& [name, value] : headers) {
        if (name != "host") sent.push_back(fmt::format("{}: {}", name, value));
    }
    sent.push_back(fmt::format("Authorization: {} Credential={}/{},SignedHeaders={},Signature={}",
                               kAlgorithm, credentials.key_id, scope, names,
                               hex_of(hmac_sha256(key, to_sign))));
    return sent;
}

}  // namespace clickmill::archive
