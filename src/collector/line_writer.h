// Turns what a client said about a click into a line of the event log: defaults of the context,
// what the request itself tells, privacy rules; and chooses the partition.
#pragma once

#include "base/types.h"
#include "collector/body_reader.h"
#include "collector/keys.h"
#include "collector/pages.h"
#include "collector/places.h"
#include "collector/user_agents.h"

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace clickmill::collector {

// What the request says beside its body.
struct Sender {
    std::shared_ptr<const WriteKey> key;
    std::shared_ptr<const Agent> agent;
    Place place;
    std::string_view platform_hint;  // Sec-CH-UA-Platform without its quotes
    bool is_mobile_hint = false;     // Sec-CH-UA-Mobile: ?1
    bool wants_privacy = false;      // Sec-GPC or DNT
    Moment received_at{};
};

// Lines of one partition, to be appended as one record.
struct Chunk {
    int32_t partition = 0;
    std::string lines;
    std::vector<uint32_t> indices;  // which events of the request
};

struct WriterOptions {
    int32_t partitions = 1;
    bool hash_user_ids = false;
    bool drop_private = false;
};

// One thread; reuse it, it keeps its buffers.
class LineWriter {
public:
    LineWriter(const WriterOptions& options, const PageNames& pages)
        : options_(options), pages_(pages) {}

    void begin(size_t expected_bytes);
    // Writes one event's line, or says why it is rejected. Changes `event`.
    Fault add(uint32_t index, Fields& event, const Fields& context, const Sender& sender);
    std::vector<Chunk> take() { return std::move(chunks_); }

private:
    void apply_context(Fields& event, const Fields& context);
    void merge_properties(Fields& event, const Fields& context);
    void apply_sender(Fields& event, const Sender& sender);
    void apply_privacy(Fields& event, const Sender& sender);
    Chunk& chunk_for(std::string_view placement);

    const WriterOptions options_;
    const PageNames& pages_;
    size_t expected_bytes_ = 0;
    std::vector<Chunk> chunks_;
    std::string properties_, other_, event_id_, user_id_;  // of the event being written
};

}  // namespace clickmill::collector
