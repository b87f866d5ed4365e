#include "http/framing.h"

#include "http/text.h"

#include <algorithm>
#include <array>
#include <charconv>

namespace clickmill::http {
namespace {

constexpr size_t kMaxMethodBytes = 20;
constexpr size_t kMaxLengthDigits = 18;
constexpr size_t kMaxChunkDigits = 15;
constexpr size_t kMaxChunkLineBytes = 256;
constexpr size_t kMaxTrailerBytes = 8 << 10;

constexpr std::array<bool, 256> token_bytes() {
    std::array<bool, 256> table{};
    for (size_t c = '0'; c <= '9'; ++c) table[c] = true;
    for (size_t c = 'A'; c <= 'Z'; ++c) table[c] = table[c - 'A' + 'a'] = true;
    for (const char c : std::string_view("!#$%&'*+-.^_`|~")) table[static_cast<uint8_t>(c)] = true;
    return table;
}
constexpr std::array<bool, 256> value_bytes() {
    std::array<bool, 256> table{};
    for (size_t c = 0x20; c < 256; ++c) table[c] = c != 0x7f;
    table['\t'] = true;
    return table;
}
constexpr auto kToken = token_bytes();
constexpr auto kValue = value_bytes();

bool all_of(std::string_view text, const std::array<bool, 256>& table) {
    return std::all_of(text.begin(), text.end(),
                       [&table](char c) { return table[static_cast<uint8_t>(c)]; });
}

bool is_digits(std::string_view text) {
    return !text.empty() &&
           std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
}

bool is_host(std::string_view text) {
    return std::all_of(text.begin(), text.end(), [](char c) {
        return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
               std::string_view("-._~%!$&'()*+,;=:[]").contains(c);
    });
}

struct FieldLine {
    std::string_view name;
    std::string_view value;
};

// nullopt: not `name: value` as RFC 9112 section 5 has it; obs-fold and a space before the colon
// are among what is refused.
std::optional<FieldLine> field_of(std::string_view line) {
    const size_t colon = line.find(':');
    if (colon == std::string_view::npos || colon == 0) return std::nullopt;
    const FieldLine field{line.substr(0, colon), trimmed(line.substr(colon + 1))};
    if (!all_of(field.name, kToken) || !all_of(line.substr(colon + 1), kValue)) return std::nullopt;
    return field;
}

// "http://a.example/x" to "/x" is for the parser of the target; here only its host matters.
std::string_view authority_of(std::string_view target) {
    const size_t scheme = target.find("://");
    const std::string_view rest = target.substr(scheme + 3);
    return rest.substr(0, rest.find_first_of("/?"));
}

}  // namespace

HeadScanner::State HeadScanner::refuse(int status, std::string_view code,
                                       std::string_view message) {
    refusal_ = {status, code, message};
    return State::Refused;
}

HeadScanner::State HeadScanner::scan(std::string_view bytes) {
    bytes_ = bytes;
    if (refusal_.code.data() != nullptr) return State::Refused;
    while (true) {
        const size_t newline = bytes.find('\n', at_);
        const size_t line_end = newline == std::string_view::npos ? bytes.size() : newline + 1;
        if (!has_request_line_ && line_end - at_ > limits_.max_target + kMaxMethodBytes + 16) {
            return refuse(414, "target_too_long", "the request's target is too long");
        }
        if (line_end > limits_.max_bytes) {
            return refuse(431, "head_too_large", "the request's head is over the limit");
        }
        if (newline == std::string_view::npos) return State::NeedMore;
        std::string_view line = bytes.substr(at_, newline - at_);
        if (line.empty() || line.back() != '\r') {
            return refuse(400, "bad_framing", "a line of the head does not end in CR LF");
        }
        line.remove_suffix(1);
        at_ = line_end;
        if (!has_request_line_) {
            if (line.empty() && start_ == 0) {  // RFC 9112 2.2: one empty line before is forgiven
                start_ = at_;
            } else if (!take_request_line(line)) {
                return State::Refused;
            }
        } else if (line.empty()) {
            return finish() ? State::Complete : State::Refused;
        } else if (!take_field(line)) {
            return State::Refused;
        }
    }
}

bool HeadScanner::take_request_line(std::string_view line) {
    const auto bad = [this](std::string_view why) {
        refuse(400, "bad_request_line", why);
        return false;
    };
    const size_t first = line.find(' ');
    const size_t last = line.rfind(' ');
    if (first == std::string_view::npos || first == last) {
        return bad("the request line is not 'METHOD target HTTP/1.1'");
    }
    const std::string_view method = line.substr(0, first);
    const std::string_view target = line.substr(first + 1, last - first - 1);
    const std::string_view version = line.substr(last + 1);
    if (method.empty() || method.size() > kMaxMethodBytes || !all_of(method, kToken)) {
        return bad("the method is not a token");
    }
    if (!std::all_of(target.begin(), target.end(),
                     [](char c) { return c > 0x20 && c < 0x7f && c != '#'; })) {
        return bad("the target holds bytes that must be percent-encoded");
    }
    const bool is_version = version.size() == 8 && version.starts_with("HTTP/") &&
                            is_digits(version.substr(5, 1)) && version[6] == '.' &&
                            is_digits(version.substr(7, 1));
    if (!is_version) return bad("the version is not HTTP/1.1");
    if (version != "HTTP/1.1" && version != "HTTP/1.0") {
        refuse(505, "version_not_supported", "speak HTTP/1.1 or HTTP/1.0");
        return false;
    }
    if (target.size() > limits_.max_target) {
        refuse(414, "target_too_long", "the request's target is too long");
        return false;
    }
    framing_.is_http_1_0 = version.back() == '0';
    method_size_ = method.size();
    target_size_ = target.size();
    has_request_line_ = true;
    return true;
}

bool HeadScanner::take_field(std::string_view line) {
    if (++fields_ > limits_.max_fields) {
        refuse(431, "head_too_large", "the request has too many fields");
        return false;
    }
    const auto field = field_of(line);
    if (!field) {
        refuse(400, "bad_field", "a header field is malformed");
        return false;
    }
    return take_framing_field(field->name, field->value);
}

bool HeadScanner::take_framing_field(std::string_view name, std::string_view value) {
    const auto bad = [this](std::string_view code, std::string_view why) {
        refuse(400, code, why);
        return false;
    };
    switch (name.size()) {
        case 4:
            if (!same_text(name, "host")) return true;
            if (has_host_ || !is_host(value)) return bad("bad_host", "Host is repeated or broken");
            has_host_ = true;
            host_size_ = value.size();
            if (!value.empty()) host_at_ = static_cast<size_t>(value.data() - bytes_.data());
            return true;
        case 6:
            if (!same_text(name, "expect")) return true;
            if (!same_text(value, "100-continue")) {
                refuse(417, "expectation_failed", "only Expect: 100-continue is understood");
                return false;
            }
            framing_.expects_continue = true;
            return true;
        case 10:
            if (!same_text(name, "connection")) return true;
            while (!value.empty()) {
                const size_t comma = value.find(',');
                const std::string_view token = trimmed(value.substr(0, comma));
                says_close_ |= same_text(token, "close");
                says_keep_alive_ |= same_text(token, "keep-alive");
                value.remove_prefix(comma == std::string_view::npos ? value.size() : comma + 1);
            }
            return true;
        case 14: {
            if (!same_text(name, "content-length")) return true;
            if (framing_.content_length || !is_digits(value) || value.size() > kMaxLengthDigits) {
                return bad("bad_content_length", "Content-Length is repeated or not a number");
            }
            int64_t length = 0;
            std::from_chars(value.data(), value.data() + value.size(), length);
            framing_.content_length = length;
            return true;
        }
        case 17:
            if (!same_text(name, "transfer-encoding")) return true;
            if (has_coding_) return bad("bad_framing", "Transfer-Encoding is repeated");
            has_coding_ = true;
            is_coding_known_ = same_text(value, "chunked");
            return true;
        default:
            return true;
    }
}

bool HeadScanner::finish() {
    const auto bad = [this](std::string_view code, std::string_view why) {
        refuse(400, code, why);
        return false;
    };
    framing_.method = bytes_.substr(start_, method_size_);
    framing_.target = bytes_.substr(start_ + method_size_ + 1, target_size_);
    framing_.host = bytes_.substr(host_at_, host_size_);
    if (!has_host_ && !framing_.is_http_1_0) return bad("bad_host", "HTTP/1.1 needs a Host");
    if (has_coding_ && (framing_.content_length || framing_.is_http_1_0)) {
        return bad("bad_framing", "Transfer-Encoding cannot stand here");
    }
    if (!is_coding_known_) {
        refuse(501, "coding_not_implemented", "the only transfer coding understood is chunked");
        return false;
    }
    const std::string_view target = framing_.target;
    if (framing_.method == "CONNECT" || framing_.method == "TRACE") {
        refuse(501, "method_not_implemented", "CONNECT and TRACE are not served");
        return false;
    }
    if (target.starts_with("http://") || target.starts_with("https://")) {
        if (authority_of(target) != framing_.host) {
            return bad("bad_host", "the target names another host than Host does");
        }
    } else if (!target.starts_with('/') && !(target == "*" && framing_.method == "OPTIONS")) {
        return bad("bad_request_line", "the target does not begin with '/'");
    }
    framing_.is_chunked = has_coding_;
    framing_.keep_alive = framing_.is_http_1_0 ? says_keep_alive_ && !says_close_ : !says_close_;
    return true;
}

ChunkDecoder::Step ChunkDecoder::next(std::string_view bytes) {
    switch (part_) {
        case Part::Data: {
            if (bytes.empty()) return {};
            const size_t taken = std::min<uint64_t>(left_, bytes.size());
            left_ -= taken;
            if (left_ == 0) part_ = Part::DataEnd;
            return {State::Data, taken, bytes.substr(0, taken)};
        }
        case Part::DataEnd:
            if (!bytes.empty() && bytes[0] != '\r') return {.state = State::Bad};
            if (bytes.size() < 2) return {};
            if (bytes[1] != '\n') return {.state = State::Bad};
            part_ = Part::Size;
            return {.state = State::Data, .consumed = 2};
        case Part::Size:
        case Part::Trailer:
            return take_line(bytes);
    }
    return {.state = State::Bad};
}

ChunkDecoder::Step ChunkDecoder::take_line(std::string_view bytes) {
    const size_t newline = bytes.find('\n');
    const size_t size = newline == std::string_view::npos ? bytes.size() : newline + 1;
    const size_t limit =
        part_ == Part::Size ? kMaxChunkLineBytes : kMaxTrailerBytes - trailer_bytes_;
    if (size > limit) return {.state = State::Bad};
    if (newline == std::string_view::npos) return {};
    if (newline == 0 || bytes[newline - 1] != '\r') return {.state = State::Bad};
    const std::string_view line = bytes.substr(0, newline - 1);
    if (part_ == Part::Size) {
        if (!take_size(line)) return {.state = State::Bad};
        part_ = left_ > 0 ? Part::Data : Part::Trailer;
        return {.state = State::Data, .consumed = size};
    }
    if (line.empty()) return {.state = State::Done, .consumed = size};
    const auto field = field_of(line);
    if (!field || same_text(field->name, "content-length") || same_text(field->name, "host") ||
        same_text(field->name, "transfer-encoding")) {
        return {.state = State::Bad};
    }
    trailer_bytes_ += size;
    return {.state = State::Data, .consumed = size};
}

bool ChunkDecoder::take_size(std::string_view line) {
    const size_t semicolon = line.find(';');
    const std::string_view digits = line.substr(0, semicolon);
    if (digits.empty() || digits.size() > kMaxChunkDigits) return false;
    const auto [end, error] =
        std::from_chars(digits.data(), digits.data() + digits.size(), left_, 16);
    if (error != std::errc{} || end != digits.data() + digits.size()) return false;
    return semicolon == std::string_view::npos || all_of(line.substr(semicolon), kValue);
}

}  // namespace clickmill::http
