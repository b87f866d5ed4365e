// One keep-alive HTTP/1.1 connection over loopback: a request out, its answer in, no pipelining.
#pragma once

#include "benchmarks/load/request_maker.h"

#include <chrono>
#include <cstdint>
#include <string>

namespace clickmill::load {

using Time = std::chrono::steady_clock::time_point;

// A request on its way.
struct Flight {
    Request request;
    Time intended{};         // when it should have left; latency counts from here
    bool is_repeat = false;  // was acknowledged before and is sent again on purpose
};

struct Answer {
    int status = 0;
    int64_t accepted = 0;  // as the answer says; 0 where it does not
};

// One thread.
class Connection {
public:
    enum class State { Closed, Connecting, Idle, Busy };

    Connection() = default;
    Connection(const Connection&) = delete;
    Connection& operator=(const Connection&) = delete;
    ~Connection() { close(); }

    // Begins to connect and joins `epoll` under `index`. False: refused at once; try later.
    bool open(const std::string& host, uint16_t port, int epoll, uint32_t index);
    void close();

    // Idle only. False: the connection broke.
    bool send(Flight flight);

    enum class Progress { Waiting, Connected, Answered, Broken };
    // Call when epoll reports something. After Answered, take_answer() says what came.
    Progress on_ready(uint32_t events);
    Answer take_answer();

    State state() const { return state_; }
    Flight& flight() { return flight_; }

private:
    Progress flush();
    Progress receive();
    bool parse();

    int socket_ = -1;
    State state_ = State::Closed;
    Flight flight_;
    size_t sent_ = 0;
    std::string input_;
    Answer answer_;
    bool closes_after_answer_ = false;
};

}  // namespace clickmill::load
