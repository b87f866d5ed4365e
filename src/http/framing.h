// Where a request begins and ends on the wire, and nothing else: the strict reading of RFC 9112.
// Whatever two readers could frame differently is refused, so no second request can be smuggled in
// the bytes of a first. The verdict never depends on how the bytes were cut into packets. Pure: no
// sockets.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

namespace clickmill::http {

// Why a request gets no further; the connection closes after the answer.
struct Refusal {
    int status = 400;
    std::string_view code;     // static text
    std::string_view message;  // static text
};

struct HeadLimits {
    size_t max_bytes = 16 << 10;  // over it: 431
    size_t max_fields = 100;      // over it: 431
    size_t max_target = 8 << 10;  // over it: 414
};

// What a head says about the framing of its message and of the connection.
struct Framing {
    std::string_view method;
    std::string_view target;
    std::string_view host;
    bool is_http_1_0 = false;
    bool is_chunked = false;
    bool keep_alive = true;
    bool expects_continue = false;
    std::optional<int64_t> content_length;
};

// Reads one head. One thread; make a new one for each request.
class HeadScanner {
public:
    enum class State { NeedMore, Complete, Refused };

    explicit HeadScanner(const HeadLimits& limits) : limits_(limits) {}

    // `bytes` is everything received since the request began; call again with more behind it.
    State scan(std::string_view bytes);

    // Complete: the head is bytes [start, end); the body begins at end.
    size_t start() const { return start_; }
    size_t end() const { return at_; }
    // Texts point into the `bytes` of the call that was Complete.
    const Framing& framing() const { return framing_; }
    const Refusal& refusal() const { return refusal_; }  // Refused

private:
    State refuse(int status, std::string_view code, std::string_view message);
    bool take_request_line(std::string_view line);
    bool take_field(std::string_view line);
    bool take_framing_field(std::string_view name, std::string_view value);
    bool finish();

    HeadLimits limits_;
    size_t start_ = 0;
    size_t at_ = 0;  // where the next line begins
    size_t fields_ = 0;
    // Places in `bytes`, which may move between calls.
    size_t method_size_ = 0, target_size_ = 0, host_at_ = 0, host_size_ = 0;
    bool has_request_line_ = false, has_host_ = false, has_coding_ = false;
    bool says_close_ = false, says_keep_alive_ = false, is_coding_known_ = true;
    std::string_view bytes_;
    Framing framing_;
    Refusal refusal_;
};

// Takes the chunks of a chunked body apart. Extensions and trailers are checked, then dropped.
class ChunkDecoder {
public:
    enum class State { NeedMore, Data, Done, Bad };
    struct Step {
        State state = State::NeedMore;
        size_t consumed = 0;    // of `bytes`; NeedMore may have consumed some, too
        std::string_view data;  // Data: a piece of the body
    };

    // Call with all unconsumed bytes until NeedMore, Done or Bad.
    Step next(std::string_view bytes);

private:
    enum class Part { Size, Data, DataEnd, Trailer };
    Step take_line(std::string_view bytes);
    bool take_size(std::string_view line);

    Part part_ = Part::Size;
    uint64_t left_ = 0;  // of the chunk's data
    size_t trailer_bytes_ = 0;
};

}  // namespace clickmill::http
