#include "http/head_parser.h"

#include <boost/beast/http/basic_parser.hpp>

namespace clickmill::http {
namespace {

namespace beast = boost::beast;
using beast::string_view;

Method method_of(beast::http::verb verb) {
    switch (verb) {
        case beast::http::verb::get:
            return Method::Get;
        case beast::http::verb::head:
            return Method::Head;
        case beast::http::verb::post:
            return Method::Post;
        case beast::http::verb::put:
            return Method::Put;
        case beast::http::verb::delete_:
            return Method::Delete;
        case beast::http::verb::patch:
            return Method::Patch;
        case beast::http::verb::options:
            return Method::Options;
        default:
            return Method::Other;
    }
}

// Writes straight into a Head; Beast's own containers are never made. The body is not its business.
class Parser final : public beast::http::basic_parser<true> {
public:
    explicit Parser(Head& head) : head_(head) {}

private:
    void on_request_impl(beast::http::verb method, string_view, string_view, int,
                         beast::error_code&) override {
        head_.method = method_of(method);
    }
    void on_field_impl(beast::http::field, string_view name, string_view value,
                       beast::error_code&) override {
        head_.headers.emplace_back(std::string_view(name.data(), name.size()),
                                   std::string_view(value.data(), value.size()));
    }
    void on_response_impl(int, string_view, int, beast::error_code&) override {}
    void on_header_impl(beast::error_code&) override {}
    void on_body_init_impl(const boost::optional<uint64_t>&, beast::error_code&) override {}
    size_t on_body_impl(string_view, beast::error_code&) override { return 0; }
    void on_chunk_header_impl(uint64_t, string_view, beast::error_code&) override {}
    size_t on_chunk_body_impl(uint64_t, string_view, beast::error_code&) override { return 0; }
    void on_finish_impl(beast::error_code&) override {}

    Head& head_;
};

// The path and query of origin-form, absolute-form ("http://host/path") and "*".
bool take_target(std::string_view target, Head& head) {
    if (const size_t scheme = target.find("://"); !target.starts_with('/') && scheme < 6) {
        target.remove_prefix(scheme + 3);
        const size_t path = target.find_first_of("/?");
        target.remove_prefix(path == std::string_view::npos ? target.size() : path);
    }
    const size_t question = target.find('?');
    const std::string_view path = target.substr(0, question);
    if (question != std::string_view::npos) head.query = target.substr(question + 1);
    if (path.find('%') == std::string_view::npos) {
        head.path = path;
    } else {
        auto decoded = percent_decode(path, false);
        if (!decoded || decoded->contains('\0')) return false;
        head.path = *std::move(decoded);
    }
    if (!head.path.starts_with('/')) head.path.insert(0, 1, '/');
    return true;
}

}  // namespace

std::optional<Head> parse_head(std::string_view bytes, const Framing& framing) {
    std::optional<Head> head(std::in_place);
    head->headers.reserve(16);
    Parser parser(*head);
    parser.body_limit(boost::none);
    parser.header_limit(static_cast<uint32_t>(bytes.size() + 1));
    beast::error_code error;
    const size_t taken = parser.put(boost::asio::const_buffer(bytes.data(), bytes.size()), error);
    if (error || taken != bytes.size() || !parser.is_header_done()) return std::nullopt;
    if (!take_target(framing.target, *head)) return std::nullopt;
    head->content_length = framing.content_length;
    return head;
}

}  // namespace clickmill::http
