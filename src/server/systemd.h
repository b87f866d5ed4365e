// Tells systemd how we are: sd_notify(3) without its library. Does nothing where no one listens.
#pragma once

#include <chrono>
#include <optional>
#include <string_view>

namespace clickmill::server {

// Sends lines such as "READY=1" or "STOPPING=1\nSTATUS=..." to $NOTIFY_SOCKET. False: nobody there.
bool notify_systemd(std::string_view state);

// How often "WATCHDOG=1" is wanted: half of $WATCHDOG_USEC, when it is meant for this process.
std::optional<std::chrono::microseconds> watchdog_interval();

}  // namespace clickmill::server
