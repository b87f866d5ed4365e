// The bytes of one stored record: zstd around NDJSON, and the checksum over all of it. Specified in
// docs/design/event-log-format.md.
#pragma once

#include "base/types.h"

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace clickmill::event_log {

// What a row says beside its payload.
struct RecordNumbers {
    Offset offset;
    Moment append_time{};
    int32_t events = 0;
    int64_t total_events = 0;  // ever appended, with this record
    auto operator<=>(const RecordNumbers&) const = default;
};

// XXH3-64 twice: the upper 32 bits cover the numbers, the lower ones the payload as stored, so that
// the loss of a payload still counts its events. Stored: never change.
int64_t checksum_of(const RecordNumbers& numbers, std::string_view stored);
bool are_numbers_intact(const RecordNumbers& numbers, int64_t checksum);
bool is_payload_intact(std::string_view stored, int64_t checksum);

// XXH3-64 of `text` and what it is called; for the row that describes the log.
int64_t checksum_of_text(std::string_view text);

// One thread; reuse it.
class Compressor {
public:
    explicit Compressor(int level);
    ~Compressor();
    std::string compress(std::string_view payload);

private:
    struct State;
    std::unique_ptr<State> state_;
};

// One thread; reuse it.
class Decompressor {
public:
    Decompressor();
    ~Decompressor();
    // With 64 bytes of capacity behind its end. Nothing when `stored` is not the zstd of a record.
    std::optional<std::string> decompress(std::string_view stored);

private:
    struct State;
    std::unique_ptr<State> state_;
};

}  // namespace clickmill::event_log
