#include "http/core.h"

#include <boost/asio/ip/address.hpp>
#include <boost/asio/post.hpp>

#include <array>
#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

namespace clickmill::http {
namespace {

constexpr std::string_view kFull =
    "HTTP/1.1 503 Service Unavailable\r\nContent-Type: application/json\r\n"
    "Content-Length: 77\r\nConnection: close\r\nRetry-After: 5\r\n\r\n"
    R"({"error":{"code":"too_many_connections","message":"try again in a moment."}})"
    "\n";

int open_spare() {
    return ::open("/dev/null", O_RDONLY | O_CLOEXEC);
}

using SharedPort = boost::asio::detail::socket_option::boolean<SOL_SOCKET, SO_REUSEPORT>;

template <typename Acceptor>
void bind(Acceptor& acceptor, const Core::Tcp::endpoint& endpoint, bool is_shared,
          boost::system::error_code& error) {
    acceptor.open(endpoint.protocol(), error);
    if (!error) acceptor.set_option(typename Acceptor::reuse_address(true), error);
    if (!error && is_shared) acceptor.set_option(SharedPort(true), error);
    if (!error) acceptor.bind(endpoint, error);
}

}  // namespace

Core::Core(Shared& shared)
    : shared_(shared),
      acceptor_(context_),
      timer_(context_),
      now_(std::chrono::steady_clock::now()),
      spare_descriptor_(open_spare()) {
    mailbox_ = std::make_shared<Mailbox>([this] {
        boost::asio::post(context_, [this] {
            for (Letter& letter : mailbox_->take()) {
                if (const auto connection = letter.connection.lock()) {
                    connection->answer(letter.sequence, std::move(letter.response));
                }
            }
        });
    });
}

Core::~Core() {
    mailbox_->close();
    connections_.clear();
    if (spare_descriptor_ >= 0) ::close(spare_descriptor_);
}

// Sharing a port is for our own cores only: a probe without SO_REUSEPORT finds any other listener.
Result<uint16_t> Core::listen(const std::string& host, uint16_t port, bool is_first) {
    const std::string where = host + ":" + std::to_string(port);
    boost::system::error_code error;
    const auto address =
        boost::asio::ip::make_address(host == "localhost" ? "127.0.0.1" : host, error);
    if (error) {
        return fail(ErrorCode::InvalidInput, "cannot listen", where,
                    "the host is not an address; use 127.0.0.1, 0.0.0.0 or [::]");
    }
    const Tcp::endpoint endpoint(address, port);
    if (is_first && port != 0) {
        Acceptor probe(context_);
        bind(probe, endpoint, false, error);
    }
    if (!error) bind(acceptor_, endpoint, true, error);
    if (!error) acceptor_.listen(Acceptor::max_listen_connections, error);
    if (!error) acceptor_.non_blocking(true, error);
    if (error) return fail(ErrorCode::Unavailable, "cannot listen", where, error.message());
    return acceptor_.local_endpoint().port();
}

void Core::run() {
    accept();
    sweep();
    context_.run();
}

void Core::accept() {
    if (is_stopping_ || is_accepting_) return;
    is_accepting_ = true;
    acceptor_.async_accept(
        [this](const boost::system::error_code& error, Connection::Socket socket) {
            is_accepting_ = false;
            if (is_stopping_ && error) return;
            if (!error) {
                take(std::move(socket));
            } else if (error == boost::asio::error::no_descriptors) {
                shed_one();
                return;  // the next sweep tries again: no spinning while descriptors are short
            }
            accept();
        });
}

void Core::take(Connection::Socket socket) {
    boost::system::error_code error;
    const auto endpoint = socket.remote_endpoint(error);
    if (error) return;
    auto address = endpoint.address();
    if (address.is_v6() && address.to_v6().is_v4_mapped()) {
        address = boost::asio::ip::make_address_v4(boost::asio::ip::v4_mapped, address.to_v6());
    }
    std::string peer = address.to_string();
    socket.non_blocking(true, error);
    if (!shared_.add_connection(peer)) {
        shared_.count_refused_connection();
        socket.write_some(boost::asio::buffer(kFull), error);
        socket.shutdown(Connection::Socket::shutdown_send, error);
        // A close over unread bytes is a reset, which may overtake the answer: most clients have
        // sent their request by now.
        std::array<char, 16 << 10> unread;
        socket.read_some(boost::asio::buffer(unread), error);
        return;
    }
    socket.set_option(Tcp::no_delay(true), error);
    now_ = std::chrono::steady_clock::now();
    const auto connection = std::make_shared<Connection>(*this, std::move(socket), std::move(peer));
    connections_.emplace(connection.get(), connection);
    connection->start();
}

// No descriptor is left: the spare one lets us take a client off the queue and turn it away.
void Core::shed_one() {
    shared_.count_refused_connection();
    if (spare_descriptor_ >= 0) ::close(spare_descriptor_);
    boost::system::error_code error;
    {
        const Connection::Socket socket = acceptor_.accept(error);
    }
    spare_descriptor_ = open_spare();
}

// A copy: a connection that ends leaves connections_.
std::vector<std::shared_ptr<Connection>> Core::connections() const {
    std::vector<std::shared_ptr<Connection>> all;
    all.reserve(connections_.size());
    for (const auto& [key, connection] : connections_) all.push_back(connection);
    return all;
}

void Core::sweep() {
    now_ = std::chrono::steady_clock::now();
    for (const auto& connection : connections()) connection->sweep();
    shared_.show_connections();
    if (!acceptor_.is_open() && is_stopping_ && connections_.empty()) return;
    accept();
    timer_.expires_after(std::chrono::seconds(1));
    timer_.async_wait([this](const boost::system::error_code& error) {
        if (!error) sweep();
    });
}

void Core::begin_stop(std::latch& begun) {
    boost::asio::post(context_, [this, &begun] {
        // Who is already in the kernel's queue has connected: it gets its answer.
        boost::system::error_code error;
        while (!error && acceptor_.is_open()) {
            Connection::Socket socket = acceptor_.accept(error);
            if (!error) take(std::move(socket));
        }
        is_stopping_ = true;
        acceptor_.close(error);
        // What was already accepted or read waits in the context for its turn: an accept first,
        // then the read that it starts. Only after both is a connection without a request idle.
        boost::asio::post(context_, [this, &begun] {
            boost::asio::post(context_, [this, &begun] {
                for (const auto& connection : connections()) connection->drain();
                begun.count_down();
            });
        });
    });
}

void Core::cut() {
    boost::asio::post(context_, [this] {
        is_stopping_ = true;
        boost::system::error_code ignored;
        acceptor_.close(ignored);
        timer_.cancel();
        for (const auto& connection : connections()) connection->cut();
    });
}

void Core::remove(Connection* connection) {
    connections_.erase(connection);
}

}  // namespace clickmill::http
