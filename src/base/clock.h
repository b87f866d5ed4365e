// Where time comes from. Handed in, so that tests and the simulation decide what time it is.
#pragma once

#include "base/types.h"

#include <chrono>

namespace clickmill {

// Any thread.
class Clock {
public:
    virtual ~Clock() = default;
    // The wall clock: labels data. May jump.
    virtual Moment now() = 0;
    // For durations and deadlines. Never falls.
    virtual std::chrono::steady_clock::time_point steady() = 0;
};

class SystemClock final : public Clock {
public:
    Moment now() override;
    std::chrono::steady_clock::time_point steady() override;
};

// A clock that stands still until told. One thread.
class ManualClock final : public Clock {
public:
    explicit ManualClock(Moment start) : now_(start) {}
    Moment now() override { return now_; }
    std::chrono::steady_clock::time_point steady() override { return steady_; }

    void advance(std::chrono::microseconds by) {
        now_ += by;
        steady_ += by;
    }
    void jump_to(Moment moment) { now_ = moment; }  // the wall clock alone, as an operator would

private:
    Moment now_;
    std::chrono::steady_clock::time_point steady_{};
};

}  // namespace clickmill
