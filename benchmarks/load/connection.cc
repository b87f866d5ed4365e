#include "benchmarks/load/connection.h"

#include <arpa/inet.h>
#include <array>
#include <cerrno>
#include <charconv>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <string_view>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>
#include <utility>

namespace clickmill::load {
namespace {

// The number behind `name` in `text`, or `otherwise`.
int64_t number_behind(std::string_view text, std::string_view name, int64_t otherwise) {
    const size_t at = text.find(name);
    if (at == std::string_view::npos) return otherwise;
    const char* first = text.data() + at + name.size();
    const char* last = text.data() + text.size();
    while (first != last && *first == ' ') ++first;
    int64_t number = otherwise;
    std::from_chars(first, last, number);
    return number;
}

std::string lower_case(std::string_view text) {
    std::string lower(text);
    for (char& c : lower) {
        if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
    }
    return lower;
}

}  // namespace

bool Connection::open(const std::string& host, uint16_t port, int epoll, uint32_t index) {
    close();
    socket_ = ::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (socket_ < 0) return false;
    const int on = 1;
    ::setsockopt(socket_, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    ::inet_pton(AF_INET, host.c_str(), &address.sin_addr);
    const auto* generic = static_cast<const sockaddr*>(static_cast<const void*>(&address));
    if (::connect(socket_, generic, sizeof address) != 0 && errno != EINPROGRESS) {
        close();
        return false;
    }
    epoll_event interest{.events = EPOLLIN | EPOLLOUT | EPOLLET | EPOLLRDHUP,
                         .data = {.u32 = index}};
    ::epoll_ctl(epoll, EPOLL_CTL_ADD, socket_, &interest);
    state_ = State::Connecting;
    return true;
}

void Connection::close() {
    if (socket_ >= 0) ::close(socket_);
    socket_ = -1;
    state_ = State::Closed;
    input_.clear();
    closes_after_answer_ = false;
}

bool Connection::send(Flight flight) {
    flight_ = std::move(flight);
    sent_ = 0;
    input_.clear();
    state_ = State::Busy;
    return flush() != Progress::Broken;
}

Connection::Progress Connection::flush() {
    while (sent_ < flight_.request.text.size()) {
        const ssize_t done = ::send(socket_, flight_.request.text.data() + sent_,
                                    flight_.request.text.size() - sent_, MSG_NOSIGNAL);
        if (done < 0) {
            return errno == EAGAIN || errno == EINTR ? Progress::Waiting : Progress::Broken;
        }
        sent_ += static_cast<size_t>(done);
    }
    return Progress::Waiting;
}

Connection::Progress Connection::on_ready(uint32_t events) {
    if (state_ == State::Connecting) {
        if ((events & (EPOLLERR | EPOLLHUP)) != 0) return Progress::Broken;
        if ((events & EPOLLOUT) == 0) return Progress::Waiting;
        state_ = State::Idle;
        return Progress::Connected;
    }
    if (state_ == State::Busy && (events & EPOLLIN) != 0) {
        const Progress progress = receive();
        if (progress != Progress::Waiting) return progress;
    }
    if ((events & (EPOLLERR | EPOLLHUP | EPOLLRDHUP)) != 0) return Progress::Broken;
    if (state_ == State::Busy && (events & EPOLLOUT) != 0) return flush();
    return Progress::Waiting;
}

Connection::Progress Connection::receive() {
    std::array<char, 65536> buffer;
    while (true) {
        const ssize_t got = ::recv(socket_, buffer.data(), buffer.size(), 0);
        if (got == 0) return Progress::Broken;
        if (got < 0) {
            return errno == EAGAIN || errno == EINTR ? Progress::Waiting : Progress::Broken;
        }
        input_.append(buffer.data(), static_cast<size_t>(got));
        if (parse()) return Progress::Answered;
    }
}

// True once a whole answer is in `input_`. Answers carry Content-Length, or have no body (204,
// 304).
bool Connection::parse() {
    const size_t end = input_.find("\r\n\r\n");
    if (end == std::string::npos) return false;
    const std::string head = lower_case(std::string_view(input_).substr(0, end));
    const auto length = static_cast<size_t>(number_behind(head, "\r\ncontent-length:", 0));
    if (input_.size() < end + 4 + length) return false;
    answer_.status = static_cast<int>(number_behind(head, "http/1.1 ", 0));
    answer_.accepted =
        number_behind(std::string_view(input_).substr(end + 4, length), "\"accepted\":", 0);
    closes_after_answer_ = head.find("\r\nconnection: close") != std::string::npos;
    return true;
}

Answer Connection::take_answer() {
    state_ = State::Idle;
    if (closes_after_answer_) close();
    input_.clear();
    return std::exchange(answer_, {});
}

}  // namespace clickmill::load
