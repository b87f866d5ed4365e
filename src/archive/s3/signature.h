// AWS Signature Version 4, as S3 wants it: who asks, for what, and that nothing was changed on the
// way. Source: docs.aws.amazon.com/AmazonS3/latest/API/sig-v4-header-based-auth.html.
#pragma once

#include "base/types.h"

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace clickmill::archive {

struct S3Credentials {
    std::string key_id;
    std::string secret;
    std::string token;  // of a session; empty: none
};

// Names and values, not encoded.
using S3Query = std::vector<std::pair<std::string, std::string>>;

struct S3Request {
    std::string method;
    std::string host;  // as in the header Host
    std::string path;  // not encoded, with its first slash
    S3Query query = {};
    std::string_view body = {};
};

// The headers to send beside Host, "Name: value" each.
std::vector<std::string> signed_headers(const S3Request& request, const S3Credentials& credentials,
                                        const std::string& region, Moment now);

// As a URL has them, and as they are signed: every byte but letters, digits and -._~ as %XX;
// slashes stay in a path. A query is sorted.
std::string encoded_path(std::string_view path);
std::string encoded_query(const S3Query& query);

}  // namespace clickmill::archive
