// One client's connection: frames requests, hands them to their handler, and sends the answers in
// the order of the requests, a bounded number of them at a time.
#pragma once

#include "http/framing.h"
#include "http/gzip.h"
#include "http/message.h"
#include "http/server.h"
#include "http/shared.h"

#include <boost/asio/basic_stream_socket.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>

#include <chrono>
#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace clickmill::http {

class Core;

// The core's thread only.
class Connection : public std::enable_shared_from_this<Connection> {
public:
    using Socket = boost::asio::basic_stream_socket<boost::asio::ip::tcp,
                                                    boost::asio::io_context::executor_type>;

    Connection(Core& core, Socket socket, std::string peer);
    ~Connection();

    void start();
    void answer(uint64_t sequence, Response response);
    void sweep();  // ends what is past its deadline
    void drain();  // the server stops: closes unless a request is under way
    void cut();    // closes now

private:
    enum class Phase { Head, Body, Closing, Lingering };

    // One request taken and not yet answered on the wire.
    struct Slot {
        std::optional<Response> response;
        int64_t reserved_bytes = 0;
        bool is_head = false;
        bool is_http_1_0 = false;
        bool accepts_gzip = false;
        bool keep_alive = true;
        bool lingers = false;  // bytes of the request may still come
        bool wants_continue = false;
    };
    struct Body;

    void read();
    void on_read(size_t bytes);
    void on_end_of_input();
    void process();
    bool take_input();
    bool take_head();
    bool take_body();
    bool begin_request(Head head, const Framing& framing);
    bool add_body(std::string_view piece);
    bool dispatch();
    bool answer_early(Response response);
    bool refuse(Response response);
    bool refuse_head(const Refusal& refusal);
    bool refuse_body(Response response);
    std::optional<Response> begin_body(const Head& head, const Framing& framing, BodyLimits limits);
    void flush();
    void write();
    void on_written();
    void linger();
    bool may_take_more() const;
    std::string_view input() const;
    void consume(size_t bytes);
    void set_deadline(std::chrono::seconds after);

    Core& core_;
    Shared& shared_;
    Socket socket_;
    const std::string peer_;
    Phase phase_ = Phase::Head;
    bool is_open_ = true;
    bool is_reading_ = false;
    bool is_writing_ = false;
    bool is_processing_ = false;
    bool has_ended_ = false;  // the client sends no more

    std::vector<char> buffer_;
    size_t begin_ = 0;  // buffer_[begin_, end_) is not yet taken
    size_t end_ = 0;
    size_t discarded_ = 0;
    HeadScanner scanner_;
    std::unique_ptr<Body> body_;  // in Phase::Body

    std::deque<Slot> slots_;
    uint64_t first_sequence_ = 0;  // of slots_.front()
    std::string output_;
    size_t written_ = 0;
    bool close_when_written_ = false;
    bool linger_when_written_ = false;

    using Time = std::chrono::steady_clock::time_point;
    Time read_deadline_ = Time::max();
    Time write_deadline_ = Time::max();
};

}  // namespace clickmill::http
