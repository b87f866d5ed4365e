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

// What is read beside the texts: only what somebody uses, since it is read for every click.
enum class Reads {
    Labels,      // what every rollup may stand on
    Properties,  // and those, for rollups that stand on one
    Everything,  // and properties_json, client_timestamp and other, as they were sent
};

// One thread; reuse it, it keeps its buffers.
class LineReader {
public:
    explicit LineReader(Reads reads = Reads::Labels);
    ~LineReader();

    void read_also(Reads reads);

    // Reads every line of `payload`, behind which kPadding bytes can be read.
    // `fallback_received_at` stands in where a line has none (events that other Kafka clients
    // produced). Empty lines are skipped. The result and its texts live until the next call.
    std::span<const Line> read(std::string_view payload, Moment fallback_received_at);

    // The same for the JSON object of an event's properties alone: appends its scalars as text,
    // which live until forget(). False: read() would not take an event with them.
    bool read_properties(std::string_view json, std::vector<NamedValue>& properties);
    void forget();

private:
    struct State;
    std::unique_ptr<State> state_;
};

}  // namespace clickmill::event
