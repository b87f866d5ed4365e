#include "http/connection.h"

#include "http/core.h"
#include "http/head_parser.h"
#include "http/response_writer.h"
#include "http/text.h"

#include <algorithm>
#include <cstring>

namespace clickmill::http {
namespace {

constexpr size_t kMaxPipelined = 64;
constexpr size_t kMaxOutput = 256 << 10;  // no more requests are taken while this much waits
constexpr size_t kFirstBuffer = 4 << 10;
constexpr size_t kBodyBuffer = 64 << 10;
constexpr size_t kMaxKeptBuffer = 16 << 10;
constexpr size_t kMaxKeptOutput = 64 << 10;
constexpr size_t kMaxLingerBytes = 8 << 20;
constexpr size_t kBodyPadding = 64;
constexpr std::chrono::seconds kLingerTime{2};

HeadLimits head_limits(const ServerOptions& options) {
    HeadLimits limits;
    limits.max_bytes = static_cast<size_t>(options.max_header_bytes);
    limits.max_target = limits.max_bytes / 2;
    return limits;
}

// The whole list, however many fields it came in.
std::string forwarded_for(const Head& head) {
    std::string list;
    for (const auto& [name, value] : head.headers) {
        if (!same_text(name, "x-forwarded-for")) continue;
        if (!list.empty()) list += ',';
        list += value;
    }
    return list;
}

Response too_large() {
    return error_response(413, "body_too_large",
                          "the body is over the limit; send less in one request");
}

Response bad_chunk(std::string_view message) {
    return error_response(400, "bad_chunk", message);
}

Response overloaded() {
    Response response = error_response(503, "overloaded", "too many bytes in flight; try later");
    response.headers.emplace_back("Retry-After", "2");
    return response;
}

// Answers exactly once, from any thread; a handler that lets it go unanswered is answered for.
class Answerer {
public:
    Answerer(std::weak_ptr<Connection> connection, uint64_t sequence,
             std::shared_ptr<Mailbox> mailbox)
        : connection_(std::move(connection)), sequence_(sequence), mailbox_(std::move(mailbox)) {}
    Answerer(Answerer&&) = default;
    Answerer& operator=(Answerer&&) = delete;
    ~Answerer() {
        if (mailbox_ != nullptr) send(error_response(500, "no_answer", "the request was dropped"));
    }
    void operator()(Response response) { send(std::move(response)); }

private:
    void send(Response response) {
        if (const auto mailbox = std::exchange(mailbox_, nullptr)) {
            mailbox->put({std::move(connection_), sequence_, std::move(response)});
        }
    }

    std::weak_ptr<Connection> connection_;
    uint64_t sequence_;
    std::shared_ptr<Mailbox> mailbox_;
};

}  // namespace

// A request whose body is coming.
struct Connection::Body {
    Handler* handler = nullptr;
    Request request;
    BodyLimits limits;
    bool is_chunked = false;
    int64_t left = 0;  // of Content-Length
    int64_t sent = 0;  // taken so far, as it came
    int64_t overhead = 0;
    ChunkDecoder chunks;
    std::unique_ptr<GzipInflater> inflater;
};

Connection::Connection(Core& core, Socket socket, std::string peer)
    : core_(core),
      shared_(core.shared()),
      socket_(std::move(socket)),
      peer_(std::move(peer)),
      scanner_(head_limits(shared_.options())) {}

Connection::~Connection() {
    for (const Slot& slot : slots_) shared_.release(slot.reserved_bytes);
    shared_.remove_connection(peer_);
}

void Connection::start() {
    set_deadline(shared_.options().idle_timeout);
    read();
}

std::string_view Connection::input() const {
    return {buffer_.data() + begin_, end_ - begin_};
}

void Connection::consume(size_t bytes) {
    begin_ += bytes;
    if (begin_ == end_) begin_ = end_ = 0;
}

void Connection::set_deadline(std::chrono::seconds after) {
    read_deadline_ = core_.now() + after;
}

bool Connection::may_take_more() const {
    return slots_.size() < kMaxPipelined && output_.size() - written_ < kMaxOutput;
}

void Connection::read() {
    if (!is_open_ || is_reading_ || has_ended_ || phase_ == Phase::Closing) return;
    if (phase_ != Phase::Lingering && !may_take_more()) return;
    if (begin_ == end_ && phase_ == Phase::Head && buffer_.size() > kMaxKeptBuffer) {
        std::vector<char>().swap(buffer_);  // an idle connection holds little
    }
    if (begin_ > 0) {
        std::memmove(buffer_.data(), buffer_.data() + begin_, end_ - begin_);
        end_ -= begin_;
        begin_ = 0;
    }
    if (end_ == buffer_.size()) {
        const size_t most = phase_ == Phase::Body
                                ? kBodyBuffer
                                : static_cast<size_t>(shared_.options().max_header_bytes) + 1;
        buffer_.resize(std::max({buffer_.size() + 1, std::min(buffer_.size() * 2, most),
                                 std::min(kFirstBuffer, most)}));
    }
    is_reading_ = true;
    socket_.async_read_some(
        boost::asio::buffer(buffer_.data() + end_, buffer_.size() - end_),
        [self = shared_from_this()](const boost::system::error_code& error, size_t bytes) {
            self->is_reading_ = false;
            if (!self->is_open_) return;
            if (!error) {
                self->on_read(bytes);
            } else if (error == boost::asio::error::eof) {
                self->on_end_of_input();
            } else {
                self->cut();
            }
        });
}

void Connection::on_read(size_t bytes) {
    if (phase_ == Phase::Lingering) {
        discarded_ += bytes;
        begin_ = end_ = 0;
        return discarded_ > kMaxLingerBytes ? cut() : read();
    }
    if (phase_ == Phase::Head && begin_ == end_) set_deadline(shared_.options().header_timeout);
    end_ += bytes;
    process();
}

// A client may close its sending half and still wait for answers to whole requests.
void Connection::on_end_of_input() {
    has_ended_ = true;
    if (phase_ == Phase::Lingering) return cut();
    if (phase_ == Phase::Body) {  // the rest of this request never comes
        shared_.release(slots_.back().reserved_bytes);
        slots_.pop_back();
        body_.reset();
    }
    phase_ = Phase::Closing;
    if (slots_.empty() && !is_writing_) cut();
}

void Connection::process() {
    if (is_processing_) return;
    is_processing_ = true;
    while (is_open_ && take_input()) flush();
    if (is_open_) flush();
    is_processing_ = false;
    read();
}

// True when a request was taken whole or refused, so there may be more to do.
bool Connection::take_input() {
    if (!may_take_more()) return false;
    if (phase_ == Phase::Head) return begin_ != end_ && take_head();
    return phase_ == Phase::Body && take_body();
}

bool Connection::take_head() {
    const HeadScanner::State state = scanner_.scan(input());
    if (state == HeadScanner::State::NeedMore) return false;
    if (state == HeadScanner::State::Refused) return refuse_head(scanner_.refusal());
    const std::string_view bytes =
        input().substr(scanner_.start(), scanner_.end() - scanner_.start());
    auto head = parse_head(bytes, scanner_.framing());
    if (!head) return refuse_head({400, "bad_request", "the request's head cannot be read"});
    const Framing framing = scanner_.framing();  // its texts point into the buffer: not used below
    consume(scanner_.end());
    scanner_ = HeadScanner(head_limits(shared_.options()));
    return begin_request(*std::move(head), framing);
}

bool Connection::begin_request(Head head, const Framing& framing) {
    head.remote_address =
        shared_.proxies().empty() ? peer_ : shared_.proxies().client_of(peer_, forwarded_for(head));
    const bool has_body = framing.is_chunked || framing.content_length.value_or(0) > 0;
    Slot& slot = slots_.emplace_back();
    slot.is_head = head.method == Method::Head;
    slot.is_http_1_0 = framing.is_http_1_0;
    slot.accepts_gzip = accepts_gzip(head.header("accept-encoding"));
    slot.keep_alive = framing.keep_alive;
    slot.lingers = has_body;
    phase_ = Phase::Body;
    body_ = std::make_unique<Body>();

    body_->handler = shared_.handler_of(head.path);
    if (body_->handler == nullptr) {
        return answer_early(error_response(404, "not_found", "nothing is served at this path"));
    }
    auto admitted = body_->handler->admit(head);
    if (!admitted) return answer_early(std::move(admitted).error());
    auto refusal = begin_body(head, framing, *admitted);
    body_->request.head = std::move(head);
    if (refusal) return refuse_body(*std::move(refusal));
    if (!has_body) return dispatch();
    set_deadline(shared_.options().body_timeout);
    slot.wants_continue = framing.expects_continue && begin_ == end_;
    return take_body() || slot.wants_continue;
}

// Answers a request whose body is not wanted. Where none is coming the connection goes on.
bool Connection::answer_early(Response response) {
    Slot& slot = slots_.back();
    if (slot.lingers) return refuse(std::move(response));
    body_.reset();
    phase_ = slot.keep_alive ? Phase::Head : Phase::Closing;
    slot.response = std::move(response);
    return true;
}

// What of a body can be refused before it is read.
std::optional<Response> Connection::begin_body(const Head& head, const Framing& framing,
                                               BodyLimits limits) {
    Body& body = *body_;
    body.limits = limits;
    body.is_chunked = framing.is_chunked;
    body.left = framing.content_length.value_or(0);
    if (body.left > limits.sent_bytes) return too_large();
    const std::string_view coding = head.header("content-encoding");
    if (same_text(coding, "gzip") || same_text(coding, "x-gzip")) {
        body.inflater = std::make_unique<GzipInflater>();
    } else if (!coding.empty() && !same_text(coding, "identity")) {
        return error_response(415, "unknown_content_encoding",
                              "the body may be plain or gzip; Content-Encoding says otherwise");
    }
    if (!shared_.reserve(body.left)) return overloaded();
    slots_.back().reserved_bytes = body.left;
    if (!body.inflater)
        body.request.body.reserve(static_cast<size_t>(std::min<int64_t>(body.left, kBodyBuffer)) +
                                  kBodyPadding);
    return std::nullopt;
}

bool Connection::take_body() {
    Body& body = *body_;
    while (!body.is_chunked) {
        if (body.left == 0) return dispatch();
        const auto piece = input().substr(0, static_cast<size_t>(body.left));
        if (piece.empty()) return false;
        body.left -= static_cast<int64_t>(piece.size());
        const bool goes_on = add_body(piece);
        if (!goes_on) return true;
        consume(piece.size());
    }
    while (true) {
        const ChunkDecoder::Step step = body.chunks.next(input());
        if (step.state == ChunkDecoder::State::NeedMore) return false;
        if (step.state == ChunkDecoder::State::Bad) {
            return refuse_body(bad_chunk("the chunked body is malformed"));
        }
        body.overhead += static_cast<int64_t>(step.consumed - step.data.size());
        if (body.overhead > std::max<int64_t>(body.limits.sent_bytes, kBodyBuffer)) {
            return refuse_body(bad_chunk("the chunked body has more framing than content"));
        }
        if (!step.data.empty() && !add_body(step.data)) return true;
        consume(step.consumed);
        if (step.state == ChunkDecoder::State::Done) return dispatch();
    }
}

// False when the request was refused on the way.
bool Connection::add_body(std::string_view piece) {
    Body& body = *body_;
    std::string& text = body.request.body;
    body.sent += static_cast<int64_t>(piece.size());
    if (body.sent > body.limits.sent_bytes) return !refuse_body(too_large());
    if (body.inflater) {
        const auto limit = static_cast<size_t>(body.limits.inflated_bytes);
        const auto state = body.inflater->add(piece, text, limit);
        if (state == GzipInflater::State::TooLarge) return !refuse_body(too_large());
        if (state == GzipInflater::State::Bad) {
            return !refuse_body(error_response(400, "bad_gzip", "the body is not gzip"));
        }
    } else {
        text.append(piece);
    }
    Slot& slot = slots_.back();
    const auto missing = static_cast<int64_t>(text.size()) - slot.reserved_bytes;
    if (missing > 0) {
        if (!shared_.reserve(missing)) return !refuse_body(overloaded());
        slot.reserved_bytes += missing;
    }
    return true;
}

// The request is whole.
bool Connection::dispatch() {
    const std::unique_ptr<Body> body = std::move(body_);
    Slot& slot = slots_.back();
    slot.lingers = false;
    phase_ = slot.keep_alive && !core_.is_stopping() ? Phase::Head : Phase::Closing;
    set_deadline(begin_ == end_ ? shared_.options().idle_timeout
                                : shared_.options().header_timeout);
    if (body->inflater && !body->inflater->is_complete()) {
        slot.response = error_response(400, "bad_gzip", "the body is cut short or not gzip");
        body->handler->decorate(body->request.head, *slot.response);
        return true;
    }
    body->request.body.reserve(body->request.body.size() + kBodyPadding);
    const uint64_t sequence = first_sequence_ + slots_.size() - 1;
    body->handler->handle(std::move(body->request),
                          Answerer(weak_from_this(), sequence, core_.mailbox()));
    return true;
}

// Refuses what came before a request's head was whole.
bool Connection::refuse_head(const Refusal& refusal) {
    slots_.emplace_back().lingers = true;
    return refuse(error_response(refusal.status, refusal.code, refusal.message));
}

// Refuses a request whose head is known: its handler adds the fields that all its answers carry.
bool Connection::refuse_body(Response response) {
    body_->handler->decorate(body_->request.head, response);
    return refuse(std::move(response));
}

// The request's last answer, and the connection's.
bool Connection::refuse(Response response) {
    Slot& slot = slots_.back();
    slot.keep_alive = false;
    slot.wants_continue = false;
    slot.response = std::move(response);
    phase_ = Phase::Closing;
    read_deadline_ = Time::max();
    body_.reset();
    return true;
}

void Connection::answer(uint64_t sequence, Response response) {
    if (!is_open_ || sequence < first_sequence_) return;
    slots_[sequence - first_sequence_].response = std::move(response);
    if (is_processing_) return;
    flush();
    if (is_open_) process();
}

void Connection::flush() {
    while (!slots_.empty() && !close_when_written_) {
        Slot& slot = slots_.front();
        if (!slot.response) {
            if (slot.wants_continue) output_ += "HTTP/1.1 100 Continue\r\n\r\n";
            slot.wants_continue = false;
            break;
        }
        const bool keep_alive = slot.keep_alive && !slot.response->close && !core_.is_stopping();
        shared_.count_answer(slot.response->status);
        append_response(output_, *std::move(slot.response),
                        {.keep_alive = keep_alive,
                         .is_http_1_0 = slot.is_http_1_0,
                         .is_head = slot.is_head,
                         .accepts_gzip = slot.accepts_gzip});
        if (!keep_alive) {
            close_when_written_ = true;
            linger_when_written_ = slot.lingers || begin_ != end_ || phase_ == Phase::Body;
            phase_ = Phase::Closing;
            body_.reset();
        }
        shared_.release(slot.reserved_bytes);
        slots_.pop_front();
        ++first_sequence_;
        if (output_.size() - written_ > kMaxOutput) break;
    }
    if (has_ended_ && slots_.empty()) close_when_written_ = true;
    if (!is_writing_) write();
}

void Connection::write() {
    while (written_ < output_.size()) {
        boost::system::error_code error;
        written_ += socket_.write_some(
            boost::asio::buffer(output_.data() + written_, output_.size() - written_), error);
        if (!error) continue;
        if (error != boost::asio::error::would_block) return cut();
        is_writing_ = true;
        write_deadline_ = core_.now() + shared_.options().write_timeout;
        return socket_.async_wait(Socket::wait_write, [self = shared_from_this()](
                                                          const boost::system::error_code& failed) {
            self->is_writing_ = false;
            self->write_deadline_ = Time::max();
            if (!self->is_open_) return;
            if (failed) return self->cut();
            self->write();
            if (self->is_open_ && !self->is_writing_) self->on_written();
        });
    }
    output_.clear();
    written_ = 0;
    if (output_.capacity() > kMaxKeptOutput) output_.shrink_to_fit();
    if (close_when_written_) return linger();
    if (phase_ == Phase::Head && begin_ == end_) set_deadline(shared_.options().idle_timeout);
}

void Connection::on_written() {
    if (phase_ == Phase::Lingering) return;
    flush();
    if (is_open_) process();
}

// Bytes that nobody reads would turn the close into a reset, and the reset can overtake the answer.
void Connection::linger() {
    if (!linger_when_written_ || has_ended_) return cut();
    boost::system::error_code ignored;
    socket_.shutdown(Socket::shutdown_send, ignored);
    if (ignored) return cut();
    phase_ = Phase::Lingering;
    begin_ = end_ = 0;
    set_deadline(kLingerTime);
    read();
}

void Connection::sweep() {
    if (write_deadline_ < core_.now()) return cut();
    if (read_deadline_ >= core_.now()) return;
    if (phase_ == Phase::Lingering) return cut();
    if (phase_ == Phase::Closing) return;  // waits for a handler, which has deadlines of its own
    if (phase_ == Phase::Head && begin_ == end_) {
        if (slots_.empty() && !is_writing_) cut();
        return;
    }
    if (!slots_.empty() && !may_take_more()) return;  // it is we who do not read
    const Refusal too_slow{408, "too_slow", "the request did not come in time"};
    if (phase_ == Phase::Head) {
        refuse_head(too_slow);
    } else {
        refuse_body(error_response(too_slow.status, too_slow.code, too_slow.message));
    }
    flush();
}

void Connection::drain() {
    boost::system::error_code gone;
    const bool is_idle = slots_.empty() && !is_writing_ && phase_ == Phase::Head && begin_ == end_;
    if (is_idle && socket_.available(gone) == 0) cut();
}

void Connection::cut() {
    if (!is_open_) return;
    is_open_ = false;
    boost::system::error_code ignored;
    socket_.shutdown(Socket::shutdown_both, ignored);
    socket_.close(ignored);
    core_.remove(this);
}

}  // namespace clickmill::http
