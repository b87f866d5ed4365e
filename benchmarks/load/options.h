// What to send, how fast and for how long; one field for each argument of clickmill_load.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace clickmill::load {

struct Options {
    std::string host = "127.0.0.1";
    uint16_t port = 8080;
    std::string path = "/v1/events";
    std::vector<std::string> headers;    // "Name: value", sent with every request
    std::vector<std::string> keys;       // write keys; each request takes the next one
    std::vector<std::string> get_paths;  // not empty: GET these in turn, send no clicks

    double rate = 0;      // events (GET: requests) per second in all; 0: as fast as answers come
    double seconds = 10;  // how long to send; 0: until `events` or the end of standard input
    double warm_up = 0;   // seconds at the start that the result leaves out
    int64_t events = 0;   // stop after so many new events; 0: by time alone

    int connections = 32;  // shared out among the threads
    int threads = 1;
    int batch = 1;              // events in a request
    int features = 5000;        // Zipf-distributed
    double zipf = 1.1;          // exponent; 0 spreads evenly
    int users = 200'000;        // evenly distributed
    double repeat_percent = 0;  // requests sent again although they were acknowledged
    uint64_t seed = 1;          // equal seeds send equal clicks, apart from the order
    std::string id_prefix;      // set apart the event ids of runs against one log

    // Send every request again, with the same bytes, until it is acknowledged; survive a server
    // that dies and comes back.
    bool until_acknowledged = false;
    std::string journal;      // file that takes the body of each acknowledged request, one a line
    bool is_steered = false;  // obey "pause", "go" and "stop" on standard input
};

}  // namespace clickmill::load
