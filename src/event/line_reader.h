// Reads the lines of a record back into Events: the fold's only way in. Never throws, never crashes
// on bytes.
#pragma once

#include "event/event.h"

#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace clickmill::event {

// Bytes that must be readable behind a payload (simdjson reads ahead); their content does not
// matter.
inline constexpr size_t kPadding = 64;

// What one line of a record was.
struct Line {
    bool readable = false;
    Event event;             // when readable; texts live until the next read()
    std::string_view error;  // when not: a short reason, static text
};

// One thread; reuse it, it keeps its buffers.
class LineReader {
public:
    LineReader();
    ~LineReader();

    // Reads every line of `payload`, behind which kPadding bytes can be read.
    // `fallback_received_at` stands in where a line has none (events that other Kafka clients
    // produced). Empty lines are skipped. The result and its texts live until the next call.
    const std::vector<Line>& read(std::string_view payload, Moment fallback_received_at);

private:
    struct State;
    std::unique_ptr<State> state_;
};

}  // namespace clickmill::event
