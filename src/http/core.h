// One thread of the server: an io_context, a listener that shares its port with the other cores,
// the connections it accepted, and one timer that sweeps their deadlines once a second.
#pragma once

#include "base/result.h"
#include "http/connection.h"
#include "http/mailbox.h"
#include "http/shared.h"

#include <boost/asio/basic_socket_acceptor.hpp>
#include <boost/asio/basic_waitable_timer.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>

#include <latch>
#include <memory>
#include <optional>
#include <unordered_map>
#include <vector>

namespace clickmill::http {

// The core's own thread runs run(); begin_stop() and cut() come from any thread.
class Core {
public:
    using Executor = boost::asio::io_context::executor_type;
    using Tcp = boost::asio::ip::tcp;

    explicit Core(Shared& shared);
    ~Core();

    // Binds and listens; returns the port. Unavailable: says why not. Before run().
    Result<uint16_t> listen(const std::string& host, uint16_t port, bool is_first);
    void run();  // until everything has ended
    // No more connections; those without a request close, others answer first. Counts `begun` down.
    void begin_stop(std::latch& begun);
    void cut();  // ends every connection and run()

    // For Connection.
    Shared& shared() { return shared_; }
    boost::asio::io_context& context() { return context_; }
    const std::shared_ptr<Mailbox>& mailbox() { return mailbox_; }
    std::chrono::steady_clock::time_point now() const { return now_; }
    bool is_stopping() const { return is_stopping_; }
    void remove(Connection* connection);

private:
    using Acceptor = boost::asio::basic_socket_acceptor<Tcp, Executor>;
    using Timer = boost::asio::basic_waitable_timer<
        std::chrono::steady_clock, boost::asio::wait_traits<std::chrono::steady_clock>, Executor>;

    void accept();
    void take(Connection::Socket socket);
    void shed_one();
    void sweep();
    std::vector<std::shared_ptr<Connection>> connections() const;

    Shared& shared_;
    boost::asio::io_context context_{1};
    std::shared_ptr<Mailbox> mailbox_;
    Acceptor acceptor_;
    Timer timer_;
    std::chrono::steady_clock::time_point now_;  // as of the last sweep or read: good to a second
    bool is_stopping_ = false;
    bool is_accepting_ = false;
    int spare_descriptor_ = -1;  // given up for a moment to refuse politely when none is left
    std::unordered_map<Connection*, std::shared_ptr<Connection>> connections_;
};

}  // namespace clickmill::http
