#include "event_log/embedded/record_codec.h"

#include "base/check.h"
#include "base/hash.h"
#include "event_log/event_log.h"

#include <zstd.h>

#include <array>
#include <cstring>

namespace clickmill::event_log {
namespace {

constexpr uint64_t kNumbersKey = 1;
constexpr uint64_t kPayloadKey = 2;
constexpr uint64_t kTextKey = 3;
constexpr size_t kReadAhead = 64;  // what event::LineReader needs behind a payload

uint64_t upper_half(const RecordNumbers& numbers) {
    const std::array<int64_t, 4> fields{numbers.offset.value, microseconds_of(numbers.append_time),
                                        int64_t{numbers.events}, numbers.total_events};
    std::array<char, sizeof(fields)> bytes{};
    for (size_t i = 0; i < bytes.size(); ++i) {
        bytes[i] = static_cast<char>(static_cast<uint64_t>(fields[i / 8]) >> (8 * (i % 8)));
    }
    return keyed_hash({bytes.data(), bytes.size()}, kNumbersKey) & 0xffff'ffff'0000'0000;
}

uint64_t lower_half(std::string_view stored) {
    return keyed_hash(stored, kPayloadKey) & 0xffff'ffff;
}

}  // namespace

int64_t checksum_of(const RecordNumbers& numbers, std::string_view stored) {
    return static_cast<int64_t>(upper_half(numbers) | lower_half(stored));
}

bool are_numbers_intact(const RecordNumbers& numbers, int64_t checksum) {
    return upper_half(numbers) == (static_cast<uint64_t>(checksum) & 0xffff'ffff'0000'0000);
}

bool is_payload_intact(std::string_view stored, int64_t checksum) {
    return lower_half(stored) == (static_cast<uint64_t>(checksum) & 0xffff'ffff);
}

int64_t checksum_of_text(std::string_view text) {
    return static_cast<int64_t>(keyed_hash(text, kTextKey));
}

struct Compressor::State {
    ZSTD_CCtx* context = ZSTD_createCCtx();
    ~State() { ZSTD_freeCCtx(context); }
};

Compressor::Compressor(int level) : state_(std::make_unique<State>()) {
    CHECK(state_->context != nullptr);
    CHECK(!ZSTD_isError(ZSTD_CCtx_setParameter(state_->context, ZSTD_c_compressionLevel, level)));
    CHECK(!ZSTD_isError(ZSTD_CCtx_setParameter(state_->context, ZSTD_c_checksumFlag, 1)));
}
Compressor::~Compressor() = default;

std::string Compressor::compress(std::string_view payload) {
    std::string stored(ZSTD_compressBound(payload.size()), '\0');
    const size_t size = ZSTD_compress2(state_->context, stored.data(), stored.size(),
                                       payload.data(), payload.size());
    CHECK(!ZSTD_isError(size));
    stored.resize(size);
    return stored;
}

struct Decompressor::State {
    ZSTD_DCtx* context = ZSTD_createDCtx();
    ~State() { ZSTD_freeDCtx(context); }
};

Decompressor::Decompressor() : state_(std::make_unique<State>()) {
    CHECK(state_->context != nullptr);
}
Decompressor::~Decompressor() = default;

std::optional<std::string> Decompressor::decompress(std::string_view stored) {
    const unsigned long long size = ZSTD_getFrameContentSize(stored.data(), stored.size());
    if (size == ZSTD_CONTENTSIZE_ERROR || size == ZSTD_CONTENTSIZE_UNKNOWN) return {};
    if (size > static_cast<unsigned long long>(kMaxRecordBytes)) return {};
    std::string payload;
    payload.reserve(size + kReadAhead);
    payload.resize(size);
    const size_t got = ZSTD_decompressDCtx(state_->context, payload.data(), payload.size(),
                                           stored.data(), stored.size());
    if (ZSTD_isError(got) || got != size) return {};
    return payload;
}

}  // namespace clickmill::event_log
