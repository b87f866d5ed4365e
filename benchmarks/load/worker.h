// One thread of the generator: sends on a schedule that is fixed ahead, and measures from the
// moment when a request should have left, so that a server that stalls is charged for every request
// that had to wait ("coordinated omission" is what hides it elsewhere).
#pragma once

#include "benchmarks/load/connection.h"
#include "benchmarks/load/histogram.h"
#include "benchmarks/load/options.h"
#include "benchmarks/load/request_maker.h"

#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <random>
#include <string>
#include <vector>

namespace clickmill::load {

struct Tally {
    Histogram latency;                 // of answered requests after the warm-up
    int64_t requests = 0;              // answered after the warm-up
    int64_t events = 0;                // in requests answered 2xx after the warm-up
    int64_t acknowledged = 0;          // events of all time, each request once
    int64_t repeats = 0;               // requests sent again on purpose
    int64_t retries = 0;               // requests sent again for want of an acknowledgement
    int64_t broken = 0;                // connections that broke with a request under way
    std::map<int, int64_t> by_status;  // answers
    Time first{};                      // when the warm-up ended
    Time last{};                       // the last answer

    void merge(const Tally& other);
};

// One thread.
class Worker {
public:
    Worker(const Options& options, int index);
    ~Worker();

    // Sends until time or events are up and the last answers are in.
    void run();
    const Tally& tally() const { return tally_; }

private:
    bool is_over(Time now) const;
    bool has_work_under_way() const;
    void open_closed(Time now);
    void send_what_is_due(Time now);
    bool take_due(Time now, Flight& flight);
    bool start(size_t index, Flight flight);
    void wait(Time now);
    void handle(size_t index, uint32_t events);
    void on_answer(size_t index);
    void on_broken(size_t index);
    void retry_later(Flight flight);
    void acknowledge(const Flight& flight);
    void obey_standard_input();
    void report_when_quiet();

    const Options& options_;
    RequestMaker maker_;
    std::mt19937_64 random_;
    int epoll_ = -1;
    int journal_ = -1;
    std::vector<std::unique_ptr<Connection>> connections_;
    std::vector<size_t> idle_;
    std::vector<std::pair<Time, size_t>> closed_;  // when to connect again
    std::deque<std::pair<Time, Flight>> retries_;  // when to send again, in order
    std::deque<Request> remembered_;               // acknowledged, for repeats
    size_t remembered_bytes_ = 0;
    Time begin_{};
    Time end_{};
    std::chrono::nanoseconds interval_{0};  // between requests; 0: no schedule
    int64_t sent_ = 0;                      // new requests so far
    int64_t new_events_ = 0;                // in them
    bool is_paused_ = false;
    bool is_stopping_ = false;
    bool owes_report_ = false;
    Tally tally_;
};

}  // namespace clickmill::load
