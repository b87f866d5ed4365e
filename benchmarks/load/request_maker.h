// Makes the requests: believable clicks, or questions. A pool of requests is built ahead; each time
// one is taken, only its key, event ids and users are written anew, so that sending costs little.
#pragma once

#include "benchmarks/load/options.h"

#include <cstdint>
#include <random>
#include <string>
#include <vector>

namespace clickmill::load {

struct Request {
    std::string text;    // head and body, as they go over the wire
    size_t body_at = 0;  // where the body starts
    int32_t events = 0;  // in the body
};

// One thread. Makers with another `worker` make other event ids.
class RequestMaker {
public:
    RequestMaker(const Options& options, int worker);

    // The next request, with event ids that no other request has. A copy: it may be kept for a
    // retry.
    Request next();

private:
    struct Mould {
        Request request;
        size_t key_at = 0;
        std::vector<size_t> id_at;
        std::vector<size_t> user_at;
    };
    Mould make_post();
    Mould make_get(const std::string& path) const;
    void append_click(Mould& mould, std::string& body);
    int draw_feature();

    const Options& options_;
    std::mt19937_64 random_;
    std::vector<double> feature_shares_;  // cumulated
    std::vector<Mould> moulds_;
    uint64_t made_ = 0;    // requests
    uint64_t number_ = 0;  // of the next event
};

}  // namespace clickmill::load
