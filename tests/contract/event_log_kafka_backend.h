// The event log on a real Kafka broker, for the contract.
#pragma once

#include "tests/contract/event_log_contract.h"

#include <vector>

namespace clickmill::event_log {

// One entry when there is a broker for tests, else none.
std::vector<Backend> kafka_backends();

}  // namespace clickmill::event_log
