// Requests to a service that speaks S3's protocol (libcurl), signed, and sent again when the
// service says not now or the connection breaks. Every request that is sent may be sent twice.
#pragma once

#include "archive/s3/signature.h"
#include "base/clock.h"
#include "base/result.h"

#include <chrono>
#include <cstdint>
#include <string>

namespace clickmill::archive {

struct S3Options {
    std::string url;       // s3://BUCKET or s3://BUCKET/PREFIX
    std::string endpoint;  // https://HOST[:PORT] of another service; empty: Amazon's of the region
    std::string region = "us-east-1";
    std::string scratch_folder;     // where files are made, and copies of objects lie
    int64_t part_bytes = 16 << 20;  // a larger file is sent in parts of so many; at least 5 MiB
    int attempts = 6;               // for one request
    std::chrono::milliseconds first_pause{200};  // doubled each time
    std::chrono::seconds connect_timeout{10};
    std::chrono::seconds stall_timeout{30};  // without a kilobyte a second
};

struct S3Place {
    std::string scheme;       // "https"
    std::string host;         // as in the header Host
    std::string base;         // of the path: "/" or "/BUCKET/", with the prefix and a slash behind
    std::string prefix;       // of keys: "" or "PREFIX/"
    std::string bucket_path;  // of the bucket itself: "/" or "/BUCKET"
};
// InvalidInput: `url` or `endpoint` is none.
Result<S3Place> place_of(const S3Options& options);

struct S3Answer {
    long status = 0;
    std::string body;
    std::string etag;    // with its quotes
    int64_t length = 0;  // of the body, as announced
    int attempts = 1;    // that it took; an earlier one may have been done, too
};

// Any thread.
class S3Client {
public:
    S3Client(S3Options options, S3Place place);

    // `path` is of this store's host, not encoded. The answers 2xx and 404 are answers; with
    // `into`, the body of a 2xx goes into the file of that path. Unavailable: S3 says no, or
    // nothing, at the last attempt; the error tells what to do.
    Result<S3Answer> send(const std::string& method, const std::string& path,
                          const S3Query& query = {}, std::string_view body = {},
                          const std::string& into = {});
    const S3Place& place() const { return place_; }

private:
    Result<S3Answer> try_once(const S3Request& request, const std::string& into, bool& is_final);

    const S3Options options_;
    const S3Place place_;
    SystemClock clock_;  // as the service has it
};

// What stands in <name>...</name> of an XML answer, the first; empty: nothing does.
std::string text_in(const std::string& xml, const char* name);

}  // namespace clickmill::archive
