#include "archive/s3/client.h"

#include "archive/s3/credentials.h"
#include "base/hash.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdio>
#include <cstring>
#include <curl/curl.h>
#include <memory>
#include <pugixml.hpp>
#include <thread>

namespace clickmill::archive {
namespace {

constexpr const char* kWhat = "cannot use S3";
constexpr std::string_view kScheme = "s3://";

struct CurlDelete {
    void operator()(CURL* handle) const { curl_easy_cleanup(handle); }
    void operator()(curl_slist* list) const { curl_slist_free_all(list); }
};
struct FileClose {
    void operator()(std::FILE* file) const { std::fclose(file); }
};

// Where the bytes of an answer go.
struct Sink {
    CURL* easy = nullptr;
    S3Answer answer;
    std::FILE* file = nullptr;  // null: into the answer's body

    bool is_of_file() const {
        long status = 0;
        curl_easy_getinfo(easy, CURLINFO_RESPONSE_CODE, &status);
        return file && status / 100 == 2;
    }
};

size_t take_bytes(const char* bytes, size_t size, size_t count, void* to) {
    auto& sink = *static_cast<Sink*>(to);
    if (sink.is_of_file()) return std::fwrite(bytes, 1, size * count, sink.file);
    sink.answer.body.append(bytes, size * count);
    return size * count;
}

size_t take_header(const char* bytes, size_t size, size_t count, void* to) {
    auto& sink = *static_cast<Sink*>(to);
    std::string_view line(bytes, size * count);
    constexpr std::string_view kEtag = "etag:";
    const auto is_same = [](char a, char b) { return (a | 0x20) == (b | 0x20); };
    if (line.size() > kEtag.size() &&
        std::equal(kEtag.begin(), kEtag.end(), line.begin(), is_same)) {
        line.remove_prefix(kEtag.size());
        const size_t begin = line.find_first_not_of(' ');
        const size_t end = line.find_last_not_of("\r\n ");
        if (begin != std::string_view::npos) sink.answer.etag = line.substr(begin, end - begin + 1);
    }
    return size * count;
}

std::string where_of(const S3Request& request) {
    return fmt::format("{} {}{}", request.method, request.host, request.path);
}

// What to do about an answer that is no answer.
std::string remedy_of(const std::string& code, const std::string& body) {
    if (code == "NoSuchBucket") return "; make the bucket, or mend archive.url";
    if (code == "InvalidAccessKeyId" || code == "SignatureDoesNotMatch")
        return "; the keys are in AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or in "
               "~/.aws/credentials";
    if (code == "AccessDenied")
        return "; the keys need s3:ListBucket, s3:GetObject, s3:PutObject, s3:DeleteObject and "
               "s3:AbortMultipartUpload";
    if (code == "RequestTimeTooSkewed") return "; set this machine's clock";
    if (const std::string region = text_in(body, "Region"); !region.empty())
        return fmt::format("; set archive.s3_region = \"{}\"", region);
    return {};
}

bool is_whole_xml(const std::string& text) {
    return text.empty() || pugi::xml_document().load_buffer(text.data(), text.size());
}

bool is_not_now(long status) {
    return status == 408 || status == 429 || status >= 500;
}

}  // namespace

std::string text_in(const std::string& xml, const char* name) {
    pugi::xml_document document;
    if (!document.load_buffer(xml.data(), xml.size())) return {};
    const auto found = document.find_node(
        [name](const pugi::xml_node& node) { return std::strcmp(node.name(), name) == 0; });
    return found.child_value();
}

Result<S3Place> place_of(const S3Options& options) {
    std::string_view rest = options.url;
    if (!rest.starts_with(kScheme)) {
        return fail(ErrorCode::InvalidInput, "cannot use archive.url", options.url,
                    "it is s3://BUCKET or s3://BUCKET/PREFIX");
    }
    rest.remove_prefix(kScheme.size());
    const std::string bucket(rest.substr(0, rest.find('/')));
    std::string prefix(rest.substr(std::min(rest.size(), bucket.size() + 1)));
    while (prefix.ends_with('/')) prefix.pop_back();
    if (bucket.empty() || bucket.find_first_of("?#@: ") != std::string::npos) {
        return fail(ErrorCode::InvalidInput, "cannot use archive.url", options.url,
                    "it names no bucket: s3://BUCKET/PREFIX");
    }
    S3Place place;
    place.prefix = prefix.empty() ? "" : prefix + "/";
    if (options.endpoint.empty()) {
        place.scheme = "https";
        place.host = fmt::format("{}.s3.{}.amazonaws.com", bucket, options.region);
        place.bucket_path = "/";
    } else {
        const std::string_view endpoint = options.endpoint;
        const size_t colon = endpoint.find("://");
        place.scheme = endpoint.substr(0, colon);
        if (colon != std::string_view::npos) place.host = endpoint.substr(colon + 3);
        while (place.host.ends_with('/')) place.host.pop_back();
        if ((place.scheme != "http" && place.scheme != "https") || place.host.empty() ||
            place.host.find('/') != std::string::npos) {
            return fail(ErrorCode::InvalidInput, "cannot use archive.s3_endpoint", options.endpoint,
                        "it is https://HOST or https://HOST:PORT");
        }
        place.bucket_path = "/" + bucket;
    }
    place.base = place.bucket_path + (place.bucket_path.ends_with('/') ? "" : "/") + place.prefix;
    return place;
}

S3Client::S3Client(S3Options options, S3Place place)
    : options_(std::move(options)), place_(std::move(place)) {}

Result<S3Answer> S3Client::send(const std::string& method, const std::string& path,
                                const S3Query& query, std::string_view body,
                                const std::string& into) {
    const S3Request request{
        .method = method, .host = place_.host, .path = path, .query = query, .body = body};
    auto pause = options_.first_pause;
    for (int attempt = 1;; ++attempt) {
        bool is_final = false;
        Result<S3Answer> answer = try_once(request, into, is_final);
        if (answer) answer->attempts = attempt;
        if (is_final || attempt >= options_.attempts) return answer;
        // Not all at the same moment who were refused at the same moment.
        const auto jitter = static_cast<int64_t>(random_u64() % 50);
        std::this_thread::sleep_for(pause + pause * jitter / 100);
        pause *= 2;
    }
}

Result<S3Answer> S3Client::try_once(const S3Request& request, const std::string& into,
                                    bool& is_final) {
    // Each time anew: keys of a session are replaced while we run.
    const auto credentials = find_credentials();
    is_final = true;
    if (!credentials) return std::unexpected(credentials.error());
    curl_slist* list = nullptr;
    for (const std::string& header :
         signed_headers(request, *credentials, options_.region, clock_.now()))
        list = curl_slist_append(list, header.c_str());
    for (const char* header : {"Expect:", "Content-Type: application/octet-stream"})
        list = curl_slist_append(list, header);
    const std::unique_ptr<curl_slist, CurlDelete> headers(list);
    const std::unique_ptr<CURL, CurlDelete> handle(curl_easy_init());
    CURL* const easy = handle.get();
    std::unique_ptr<std::FILE, FileClose> file;
    if (!into.empty()) {
        file.reset(std::fopen(into.c_str(), "wb"));
        if (!file) return fail(ErrorCode::Unavailable, kWhat, into, std::strerror(errno));
    }
    Sink sink{.easy = easy, .answer = {}, .file = file.get()};
    std::string url =
        fmt::format("{}://{}{}", place_.scheme, place_.host, encoded_path(request.path));
    if (!request.query.empty()) url += "?" + encoded_query(request.query);
    curl_easy_setopt(easy, CURLOPT_URL, url.c_str());
    curl_easy_setopt(easy, CURLOPT_PATH_AS_IS, 1L);
    curl_easy_setopt(easy, CURLOPT_HTTPHEADER, headers.get());
    curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT,
                     static_cast<long>(options_.connect_timeout.count()));
    curl_easy_setopt(easy, CURLOPT_LOW_SPEED_LIMIT, 1024L);
    curl_easy_setopt(easy, CURLOPT_LOW_SPEED_TIME,
                     static_cast<long>(options_.stall_timeout.count()));
    curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, take_bytes);
    curl_easy_setopt(easy, CURLOPT_WRITEDATA, &sink);
    curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION, take_header);
    curl_easy_setopt(easy, CURLOPT_HEADERDATA, &sink);
    if (request.method == "HEAD") {
        curl_easy_setopt(easy, CURLOPT_NOBODY, 1L);
    } else if (request.method == "PUT" || request.method == "POST") {
        curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE_LARGE,
                         static_cast<curl_off_t>(request.body.size()));
        curl_easy_setopt(easy, CURLOPT_POSTFIELDS, request.body.data() ? request.body.data() : "");
        curl_easy_setopt(easy, CURLOPT_CUSTOMREQUEST, request.method.c_str());
    } else if (request.method != "GET") {
        curl_easy_setopt(easy, CURLOPT_CUSTOMREQUEST, request.method.c_str());
    }
    const CURLcode done = curl_easy_perform(easy);
    if (done != CURLE_OK) {
        // A full disk of ours is not S3's.
        is_final = done == CURLE_WRITE_ERROR || done == CURLE_URL_MALFORMAT;
        return fail(
            ErrorCode::Unavailable, kWhat, where_of(request),
            done == CURLE_WRITE_ERROR ? "cannot write what it sends" : curl_easy_strerror(done));
    }
    curl_easy_getinfo(easy, CURLINFO_RESPONSE_CODE, &sink.answer.status);
    curl_off_t length = 0;
    curl_easy_getinfo(easy, CURLINFO_CONTENT_LENGTH_DOWNLOAD_T, &length);
    sink.answer.length = std::max<curl_off_t>(length, 0);
    // Without its length nobody sees that an answer was cut.
    if (length < 0 && (sink.is_of_file() || !is_whole_xml(sink.answer.body))) {
        is_final = false;
        return fail(ErrorCode::Unavailable, kWhat, where_of(request), "its answer is cut");
    }
    if (file && std::fflush(file.get()) != 0)
        return fail(ErrorCode::Unavailable, kWhat, into, std::strerror(errno));
    // Some requests are answered by 200 before it is known whether they can be done.
    const std::string code = text_in(sink.answer.body, "Code");
    const long status = sink.answer.status;
    const bool is_late_error = status == 200 && !code.empty();
    if (status / 100 == 2 && !is_late_error) return std::move(sink.answer);
    if (status == 404 && code != "NoSuchBucket") return std::move(sink.answer);
    is_final = !is_not_now(status) && !is_late_error;
    return fail(ErrorCode::Unavailable, kWhat, where_of(request),
                fmt::format("it answers {} {}{}{}", status, code,
                            code.empty() ? "" : ": " + text_in(sink.answer.body, "Message"),
                            remedy_of(code, sink.answer.body)));
}

}  // namespace clickmill::archive
