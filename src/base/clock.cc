#include "base/clock.h"

namespace clickmill {

Moment SystemClock::now() {
    return std::chrono::floor<std::chrono::microseconds>(std::chrono::system_clock::now());
}

std::chrono::steady_clock::time_point SystemClock::steady() {
    return std::chrono::steady_clock::now();
}

}  // namespace clickmill
