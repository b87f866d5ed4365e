// Reads the lines of a record back into Events: the fold's only way in. Never throws, never crashes
// on bytes.
#pragma once

#include "event/event.h"

#include <memory>
#include <span>
#include <string_view>

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
    // Properties are read only when a rollup stands on one: `with_properties`.
    explicit LineReader(bool with_properties = false);
    ~LineReader();

    void read_properties(bool with_properties);

    // Reads every line of `payload`, behind which kPadding bytes can be read.
    // `fallback_received_at` stands in where a line has none (events that other Kafka clients
    // produced). Empty lines are skipped. The result and its texts live until the next call.
    std::span<const Line> read(std::string_view payload, Moment fallback_received_at);

private:
    struct State;
    std::unique_ptr<State> state_;
};

}  // namespace clickmill::event
