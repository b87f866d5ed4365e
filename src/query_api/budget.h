// What one question may cost. Asked between reads of the store, so a question that is too wide ends
// with an answer that says so.
#pragma once

#include "base/clock.h"
#include "query_api/refusal.h"

#include <chrono>
#include <cstdint>

namespace clickmill::query_api {

// One thread.
class Budget {
public:
    Budget(Clock& clock, std::chrono::milliseconds time, int64_t rows)
        : clock_(clock), deadline_(clock.steady() + time), rows_left_(rows) {}

    Answer<void> spend(int64_t rows) {
        rows_read_ += rows;
        rows_left_ -= rows;
        if (rows_left_ < 0) return refuse("too_wide", too_wide("reads too many rows"));
        if (clock_.steady() > deadline_) return refuse("too_wide", too_wide("takes too long"));
        return {};
    }
    int64_t rows_read() const { return rows_read_; }

private:
    static std::string too_wide(const std::string& why) {
        return "the question " + why +
               ": ask for a shorter range, a coarser grain, fewer features or clicks instead of "
               "users";
    }

    Clock& clock_;
    std::chrono::steady_clock::time_point deadline_;
    int64_t rows_left_;
    int64_t rows_read_ = 0;
};

}  // namespace clickmill::query_api
