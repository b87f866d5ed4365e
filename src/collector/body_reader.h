// Reads the body of POST /v1/events: a key, defaults, events. Every byte of it is checked to be
// JSON before anything is accepted; a bad event is data, a bad body is refused whole.
// Format: docs/reference/events.md. Nothing here knows what time it is, who sends, or where events
// go.
#pragma once

#include "event/event.h"

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace clickmill::collector {

struct BodyLimits {
    size_t max_events = 1'000;
    size_t max_event_bytes = 32 << 10;   // as sent
    size_t max_context_bytes = 8 << 10;  // it is repeated in every line
};

// Why an event, or the whole body, was refused. Static texts.
struct Fault {
    std::string_view code;
    std::string_view message;
    int status = 400;  // of a body

    explicit operator bool() const { return !code.empty(); }
};

// One member of an object as it came.
struct Member {
    std::string_view name;      // escapes undone
    std::string_view raw_name;  // between its quotes
    std::string_view raw;       // its value
};

// What an event or the context says. Texts live as long as the body and the reader do.
struct Fields {
    event::Event event;               // texts, experiments and client_timestamp
    std::string_view alias_feature;   // button_id
    std::string_view alias_page;      // screen
    std::vector<Member> properties;   // scalars
    std::string_view properties_raw;  // the whole object
    std::vector<Member> unknown;
    Fault fault;  // the first one found

    void clear();
};

bool has_member(std::span<const Member> members, std::string_view name);

// One thread; reuse it, it keeps its buffers.
class BodyReader {
public:
    explicit BodyReader(const BodyLimits& limits);
    ~BodyReader();
    BodyReader(BodyReader&&) noexcept;

    // Reads all of `body`, which has at least 64 bytes of capacity behind its end and stays as long
    // as the texts are used. A fault refuses the body whole: 400, or 413 for too many events.
    Fault read(const std::string& body);

    std::string_view key() const;    // empty when the body has none
    int64_t client_dropped() const;  // events that the sender says it gave up; a claim
    const Fields& context() const;   // its unknown members include the body's sent_at
    std::span<Fields> events();      // the caller may change them

private:
    struct State;
    std::unique_ptr<State> state_;
};

}  // namespace clickmill::collector
