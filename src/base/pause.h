#pragma once

#include <chrono>
#include <stop_token>

namespace clickmill {

// Sleeps for `time`, or until `stop`.
void pause(std::chrono::milliseconds time, std::stop_token stop);

}  // namespace clickmill
