#include "metrics_store/clickhouse/client.h"

#include <fmt/core.h>

#include <algorithm>
#include <charconv>
#include <curl/curl.h>

namespace clickmill::metrics_store {
namespace {

struct CurlDelete {
    void operator()(CURL* handle) const { curl_easy_cleanup(handle); }
    void operator()(CURLU* url) const { curl_url_cleanup(url); }
    void operator()(curl_slist* list) const { curl_slist_free_all(list); }
};

// As many idle connections are kept.
constexpr size_t kMaxIdle = 16;

// What every request asks for: inserts that are done when they are answered, deletes that are not
// waited for, rows as if every merge had run, an error for a whole answer instead of one in its
// middle.
constexpr std::string_view kSettings =
    "&async_insert=0&final=1&do_not_merge_across_partitions_select_final=1&wait_end_of_query=1"
    "&max_query_size=16777216&max_partitions_per_insert_block=0&mutations_sync=0";
constexpr std::string_view kClusterSettings =
    "&insert_quorum=auto&select_sequential_consistency=1&distributed_foreground_insert=1"
    "&distributed_product_mode=global&allow_nondeterministic_mutations=1";

std::string part_of(CURLU* url, CURLUPart part, unsigned flags = 0) {
    char* text = nullptr;
    if (curl_url_get(url, part, &text, flags) != CURLUE_OK) return {};
    std::string out(text);
    curl_free(text);
    return out;
}

std::string in_url(std::string_view text) {
    constexpr std::string_view kHex = "0123456789ABCDEF";
    std::string out;
    out.reserve(text.size());
    for (const char c : text) {
        const bool is_plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
                              (c >= '0' && c <= '9') || c == '-' || c == '_' || c == '.';
        if (is_plain) {
            out += c;
        } else {
            const auto byte = static_cast<unsigned char>(c);
            out += {'%', kHex[byte >> 4], kHex[byte & 15]};
        }
    }
    return out;
}

size_t append(const char* bytes, size_t size, size_t count, void* to) {
    static_cast<std::string*>(to)->append(bytes, size * count);
    return size * count;
}

// Numbers of ClickHouse's src/Common/ErrorCodes.cpp.
struct Known {
    int number;
    ErrorCode code;
    std::string_view remedy;
};
constexpr Known kKnown[] = {
    {60, ErrorCode::Unavailable, ""},  // UNKNOWN_TABLE
    {81, ErrorCode::Unavailable, "; make the database of metrics_store.url"},
    {159, ErrorCode::Timeout, ""},  // TIMEOUT_EXCEEDED
    {164, ErrorCode::Unavailable,
     "; the aggregator's metrics_store.url has to name a user who may write"},  // READONLY
    {202, ErrorCode::Unavailable, ""},  // TOO_MANY_SIMULTANEOUS_QUERIES
    {209, ErrorCode::Unavailable, ""},  // SOCKET_TIMEOUT
    {210, ErrorCode::Unavailable, ""},  // NETWORK_ERROR
    {241, ErrorCode::Unavailable, ""},  // MEMORY_LIMIT_EXCEEDED
    {242, ErrorCode::Unavailable, ""},  // TABLE_IS_READ_ONLY
    {243, ErrorCode::Unavailable, "; nothing is lost, it goes on once there is space"},
    {252, ErrorCode::Unavailable, ""},  // TOO_MANY_PARTS
    {394, ErrorCode::Unavailable, ""},  // QUERY_WAS_CANCELLED
    {497, ErrorCode::Unavailable, "; grant the right to the user in metrics_store.url"},
    {516, ErrorCode::Unavailable, "; metrics_store.url names the user and the password"},
};

// "Code: 60. DB::Exception: ...", in one line.
Error error_of(long status, std::string_view body) {
    int number = 0;
    if (const size_t at = body.find("Code: "); at != std::string_view::npos)
        std::from_chars(body.data() + at + 6, body.end(), number);
    std::string words(body.substr(0, std::min<size_t>(body.find('\n'), 600)));
    const auto* known = std::ranges::find(kKnown, number, &Known::number);
    if (known != std::end(kKnown)) {
        return {known->code, "cannot use metrics store", "ClickHouse",
                words + std::string(known->remedy)};
    }
    const bool is_server = status != 400 && number == 0;  // a proxy's words, or none
    if (words.empty()) words = fmt::format("it answers {}", status);
    return {is_server ? ErrorCode::Unavailable : ErrorCode::Internal, "cannot use metrics store",
            "ClickHouse", words};
}

void escape(std::string& out, char c) {
    switch (c) {
        case '\\':
            out += "\\\\";
            break;
        case '\'':
            out += "\\'";
            break;
        case '\t':
            out += "\\t";
            break;
        case '\n':
            out += "\\n";
            break;
        case '\r':
            out += "\\r";
            break;
        case '\0':
            out += "\\0";
            break;
        case '\b':
            out += "\\b";
            break;
        case '\f':
            out += "\\f";
            break;
        default:
            out += c;
    }
}

}  // namespace

// A connection of its own, kept for the next request.
class ChClient::Handle {
public:
    Handle() : easy_(curl_easy_init()) {}
    CURL* get() { return easy_.get(); }

private:
    std::unique_ptr<CURL, CurlDelete> easy_;
};

Result<ChAddress> parse_clickhouse_url(const std::string& url) {
    const std::unique_ptr<CURLU, CurlDelete> parsed(curl_url());
    const bool is_url = curl_url_set(parsed.get(), CURLUPART_URL, url.c_str(),
                                     CURLU_NON_SUPPORT_SCHEME) == CURLUE_OK;
    const std::string scheme = part_of(parsed.get(), CURLUPART_SCHEME);
    const bool is_tls = scheme == "clickhouses";
    const std::string host = part_of(parsed.get(), CURLUPART_HOST);
    const std::string path = part_of(parsed.get(), CURLUPART_PATH, CURLU_URLDECODE);
    const bool is_ours = (is_tls || scheme == "clickhouse") && !host.empty() &&
                         path.find('/', 1) == std::string::npos &&
                         part_of(parsed.get(), CURLUPART_QUERY).empty();
    if (!is_url || !is_ours) {
        // The url itself may hold a password.
        return fail(ErrorCode::InvalidInput, "cannot use metrics store", "metrics_store.url",
                    "a url is clickhouse://user:password@host:8123/database, or clickhouses:// for "
                    "TLS");
    }
    const std::string port = part_of(parsed.get(), CURLUPART_PORT);
    ChAddress address;
    address.url = fmt::format("{}://{}:{}/", is_tls ? "https" : "http", host,
                              !port.empty() ? port : (is_tls ? "8443" : "8123"));
    address.user = part_of(parsed.get(), CURLUPART_USER, CURLU_URLDECODE);
    address.password = part_of(parsed.get(), CURLUPART_PASSWORD, CURLU_URLDECODE);
    if (path.size() > 1) address.database = path.substr(1);
    return address;
}

std::string escaped_text(std::string_view text) {
    std::string out;
    out.reserve(text.size());
    for (const char c : text) escape(out, c);
    return out;
}

std::string quoted_text(std::string_view text) {
    return "'" + escaped_text(text) + "'";
}

ChClient::ChClient(ChAddress address, ChOptions options)
    : address_(std::move(address)), options_(options) {}

ChClient::~ChClient() = default;

std::unique_ptr<ChClient::Handle> ChClient::take() {
    const std::lock_guard lock(mutex_);
    if (idle_.empty()) return std::make_unique<Handle>();
    auto handle = std::move(idle_.back());
    idle_.pop_back();
    return handle;
}

Result<std::string> ChClient::query(const std::string& text, std::string_view format,
                                    std::span<const ChParameter> parameters) {
    return request({}, text, format, parameters);
}

Result<void> ChClient::insert(const std::string& text, const std::string& rows,
                              std::span<const ChParameter> parameters) {
    RETURN_IF_ERROR(request(text, rows, {}, parameters));
    return {};
}

Result<std::string> ChClient::request(std::string_view query, const std::string& body,
                                      std::string_view format,
                                      std::span<const ChParameter> parameters) {
    std::string url = address_.url + "?database=" + in_url(address_.database);
    url += kSettings;
    if (options_.is_cluster) url += kClusterSettings;
    if (!format.empty()) url += "&default_format=" + in_url(format);
    for (const ChParameter& parameter : parameters)
        url += "&param_" + parameter.name + "=" + in_url(parameter.value);
    if (!query.empty()) url += "&query=" + in_url(query);

    curl_slist* list = curl_slist_append(nullptr, "Content-Type: application/octet-stream");
    list = curl_slist_append(list, "Expect:");
    if (!address_.user.empty()) {
        list = curl_slist_append(list, ("X-ClickHouse-User: " + address_.user).c_str());
        list = curl_slist_append(list, ("X-ClickHouse-Key: " + address_.password).c_str());
    }
    const std::unique_ptr<curl_slist, CurlDelete> headers(list);

    std::unique_ptr<Handle> handle = take();
    CURL* const easy = handle->get();
    std::string answer;
    curl_easy_setopt(easy, CURLOPT_URL, url.c_str());
    curl_easy_setopt(easy, CURLOPT_HTTPHEADER, headers.get());
    curl_easy_setopt(easy, CURLOPT_POST, 1L);
    curl_easy_setopt(easy, CURLOPT_POSTFIELDS, body.c_str());
    curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(body.size()));
    curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, append);
    curl_easy_setopt(easy, CURLOPT_WRITEDATA, &answer);
    curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(easy, CURLOPT_PROXY, "");  // a database is not asked through one
    curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT, long{options_.connect_timeout.count()});
    curl_easy_setopt(easy, CURLOPT_TIMEOUT, long{options_.answer_timeout.count()});
    const CURLcode done = curl_easy_perform(easy);
    if (done != CURLE_OK) {
        const bool is_late = done == CURLE_OPERATION_TIMEDOUT;
        return fail(is_late ? ErrorCode::Timeout : ErrorCode::Unavailable,
                    "cannot use metrics store", "ClickHouse at " + address_.url,
                    curl_easy_strerror(done));
    }
    long status = 0;
    curl_easy_getinfo(easy, CURLINFO_RESPONSE_CODE, &status);
    {
        const std::lock_guard lock(mutex_);
        if (idle_.size() < kMaxIdle) idle_.push_back(std::move(handle));
    }
    if (status != 200) return std::unexpected(error_of(status, answer));
    return answer;
}

}  // namespace clickmill::metrics_store
